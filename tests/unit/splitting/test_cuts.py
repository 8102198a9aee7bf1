import numpy as np
import pytest
from scipy.stats import chisquare

from fsnas.errors import FsnasError
from fsnas.splitting.cuts import MAX_OPERATIONS, best_cut, partitions, tied_with_best

PLANTED = [((0,), (1, 2, 3, 4)), ((0, 1, 2, 4), (3,)), ((0, 1), (2, 3, 4)), ((0, 2, 4), (1, 3))]


def cut(affinity, b=2, objective="mean", balance="none", seed=0):
    return best_cut(np.asarray(affinity), b, objective=objective, balance=balance, rng=np.random.default_rng(seed))


def planted(groups, offset=0.0):
    """Affinity 1 inside the groups and 0 between them, and some noise."""
    n = sum(map(len, groups))
    affinity = np.zeros((n, n))
    for group in groups:
        affinity[np.ix_(group, group)] = 1
    noise = np.random.default_rng(n).normal(0, 0.05, (n, n))
    return affinity + offset + noise + noise.T


@pytest.mark.parametrize("offset", [0.0, 100.0, -100.0])
@pytest.mark.parametrize("groups", PLANTED, ids=lambda groups: "|".join("".join(map(str, g)) for g in groups))
def test_mean_finds_planted_groups_of_both_sizes(groups, offset):
    assert set(cut(planted(groups, offset)).groups) == set(groups)


def test_sum_peels_one_operation_off_where_mean_finds_two_and_three():
    affinity = planted(((0, 1), (2, 3, 4)), offset=10)
    assert sorted(map(len, cut(affinity).groups)) == [2, 3]
    assert sorted(map(len, cut(affinity, objective="sum").groups)) == [1, 4]


def test_equal_balance_never_isolates_one_of_five():
    found = cut(planted(((0,), (1, 2, 3, 4))), balance="equal")
    assert sorted(map(len, found.groups)) == [2, 3]
    assert partitions(5, 2, "equal").shape == (5, 10) and partitions(5, 2).shape == (5, 15)


def cost_of(affinity, labels):
    pairs = [(i, j) for i in range(len(labels)) for j in range(i) if labels[i] != labels[j]]
    return np.mean([affinity[pair] for pair in pairs])


def test_groups_are_sorted_and_ordered_by_their_first_operation():
    assert cut(planted(((3, 1), (4, 2, 0)))).groups == ((0, 2, 4), (1, 3))


@pytest.mark.parametrize(("b", "balance", "count"), [(2, "none", 15), (2, "equal", 10), (3, "none", 25)])
def test_tied_optima_are_drawn_uniformly(b, balance, count):
    draws = 200 * count
    rng = np.random.default_rng(5)
    found = [best_cut(np.full((5, 5), 0.3), b, balance=balance, rng=rng) for _ in range(draws)]
    assert {(one.ties, one.degenerate) for one in found} == {(count, True)}
    _, drawn = np.unique([str(one.groups) for one in found], return_counts=True)
    assert len(drawn) == count and chisquare(drawn).pvalue > 1e-3


def test_only_the_tied_optima_are_drawn():
    affinity = np.ones((4, 4))
    affinity[:2, 2:] = affinity[2:, :2] = 0  # 01|23, and nothing else, is the cheapest
    assert {cut(affinity, seed=seed).groups for seed in range(20)} == {((0, 1), (2, 3))}
    ring = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]], float)  # 4 mirrored optima under sum
    found = [cut(ring, objective="sum", seed=seed) for seed in range(60)]
    costs = {
        tuple(labels): -cost_of(-ring, labels) * (labels[:, None] != labels).sum() / 2 for labels in partitions(4, 2).T
    }
    least = min(costs.values())
    optima = [labels for labels, value in costs.items() if abs(value - least) < 1e-12]
    assert {one.ties for one in found} == {len(optima)} and len({one.groups for one in found}) == len(optima)
    assert {one.degenerate for one in found} == {False}


def test_rounding_is_a_tie_and_a_real_difference_is_not():
    affinity = np.full((5, 5), 0.1)
    affinity[0, 1] = affinity[1, 0] = 0.1 + 1e-16
    assert cut(affinity).ties == 15 and cut(affinity).degenerate
    affinity[0, 1] = affinity[1, 0] = 0.1 + 1e-6
    assert cut(affinity).ties < 15 and not cut(affinity).degenerate


def test_the_error_of_either_cost_makes_a_tie():
    costs = np.array([0.0, 1e-10, 1e-10])
    assert tied_with_best(costs, np.array([1e-3, 1e3, 1e-3])).tolist() == [True, True, False]
    assert tied_with_best(costs, np.array([1e3, 0.0, 0.0])).all()


@pytest.mark.parametrize("value", [0.0, -0.7, 1e308])
def test_equal_affinities_are_degenerate_and_two_values_are_not(value):
    assert cut(np.full((5, 5), value)).degenerate
    assert not cut(planted(((0, 1), (2, 3, 4)))).degenerate
    ties = np.kron(np.array([[1.0, 0], [0, 1]]), np.ones((2, 2)))[[0, 2, 1, 3]][:, [0, 2, 1, 3]]
    assert (found := cut(ties, b=3)).ties > 1 and not found.degenerate


def test_one_operation_each_has_no_runner_up():
    found = cut(planted(((0, 1), (2, 3, 4))), b=5)
    assert found.groups == ((0,), (1,), (2,), (3,), (4,))
    assert found.runner_up is None and found.ties == 1


def test_the_generator_alone_decides_a_tie():
    same = np.zeros((5, 5))
    assert cut(same, seed=1) == cut(same, seed=1)
    assert len({cut(same, seed=seed).groups for seed in range(40)}) > 5


def test_the_diagonal_is_not_read():
    affinity = planted(((0, 1), (2, 3, 4)))
    expected = cut(affinity)
    np.fill_diagonal(affinity, np.nan)
    assert cut(affinity) == expected


def test_affinities_near_the_largest_float_do_not_overflow():
    affinity = planted(((0, 1), (2, 3, 4))) * 1e308
    assert cut(affinity).groups == ((0, 1), (2, 3, 4))
    with pytest.raises(
        FsnasError, match=r"the sum of the affinities that are cut overflows float64 .*objective 'mean'"
    ):
        cut(np.full((5, 5), 1.5e308), objective="sum")


BAD = {
    "too many operations": (np.zeros((13, 13)), 2, {}, f"13 operations; cuts are exact for at most {MAX_OPERATIONS}"),
    "one group": (np.zeros((5, 5)), 1, {}, "cannot cut 5 operations into 1 groups; expected 2 to 5"),
    "too many groups": (np.zeros((5, 5)), 6, {}, "cannot cut 5 operations into 6 groups; expected 2 to 5"),
    "objective": (np.zeros((5, 5)), 2, {"objective": "max"}, r"objective is 'max'; expected one of \['mean', 'sum'\]"),
    "balance": (np.zeros((5, 5)), 2, {"balance": "some"}, r"balance is 'some'; expected one of \['none', 'equal'\]"),
    "not square": (np.zeros((5, 4)), 2, {}, r"shape \(5, 4\); expected \[operations, operations\]"),
}


@pytest.mark.parametrize(("affinity", "b", "how", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_cut_is_an_error(affinity, b, how, message):
    with pytest.raises(FsnasError, match=message):
        cut(affinity, b, **how)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_never_decides_a_cut(value):
    affinity = planted(((0, 1), (2, 3, 4)))
    affinity[1, 3] = affinity[3, 1] = value
    with pytest.raises(FsnasError, match=f"the affinity of operations 1 and 3 is {value}; expected finite"):
        cut(affinity)


def test_a_matrix_that_is_not_symmetric_is_an_error():
    affinity = planted(((0, 1), (2, 3, 4)))
    expected = cut(affinity)
    affinity[1, 3] += 1e-7  # float32 products
    assert cut(affinity).groups == expected.groups
    affinity[1, 3] += 1e-5
    with pytest.raises(FsnasError, match=r"operations 1 and 3 is .*, that of 3 and 1 is .*; expected a symmetric"):
        cut(affinity)


def test_twelve_operations_are_cut():
    assert set(cut(planted((tuple(range(5)), tuple(range(5, 12))))).groups) == {tuple(range(5)), tuple(range(5, 12))}
