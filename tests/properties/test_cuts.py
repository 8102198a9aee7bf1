"""Laws of the cut, on random affinities with ties, negative and huge values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsnas.splitting.choices import BALANCES, OBJECTIVES
from fsnas.splitting.cuts import best_cut, partitions
from tests.properties.settings import repeatable
from tests.reference import cuts as slow

RNG_SEED = st.integers(0, 2**32 - 1)
# Few different whole numbers make ties; their sums are exact, so that a tie of the twin is a tie.
KINDS = ("normal", "ties", "negative", "huge", "tiny")


@st.composite
def problems(draw, most: int = 6):
    """``(affinity, b)`` of 2 to ``most`` operations."""
    n = draw(st.integers(2, most))
    rng, kind = np.random.default_rng(draw(RNG_SEED)), draw(st.sampled_from(KINDS))
    if kind == "ties":
        values = rng.integers(-1, 2, (n, n)).astype(float) * 6
    else:
        values = rng.normal(size=(n, n)) * {"huge": 1e300, "tiny": 1e-300}.get(kind, 1.0)
    values = -np.abs(values) if kind == "negative" else values
    return np.triu(values, 1) + np.triu(values, 1).T, draw(st.integers(2, n))


def cut(affinity, b, objective="mean", balance="none", seed=0):
    return best_cut(affinity, b, objective=objective, balance=balance, rng=np.random.default_rng(seed))


def as_sets(groups):
    return frozenset(map(frozenset, groups))


def agrees_with_brute_force(affinity, b, objective, balance):
    scale = np.abs(affinity).sum() * (1 if objective == "sum" else 1 / max(len(affinity) - 1, 1))
    optima, cost, runner_up = slow.best_cuts(affinity, b, objective, balance, 1e-13 * scale)
    found = cut(affinity, b, objective, balance)
    assert as_sets(found.groups) in optima
    assert found.ties == len(optima)
    assert found.cost == pytest.approx(cost, rel=1e-10, abs=1e-12 * scale)
    if found.ties > 1:
        assert found.runner_up == found.cost
    elif runner_up is None:
        assert found.runner_up is None
    else:
        assert found.runner_up == pytest.approx(runner_up, rel=1e-10, abs=1e-12 * scale)


@pytest.mark.parametrize("balance", BALANCES)
@pytest.mark.parametrize("objective", OBJECTIVES)
@repeatable
@given(problem=problems())
def test_cut_is_the_best_of_all_partitions(objective, balance, problem):
    agrees_with_brute_force(*problem, objective, balance)


@pytest.mark.parametrize("balance", BALANCES)
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("b", range(2, 9))
def test_cut_of_eight_operations_into_any_number_of_groups(b, objective, balance):
    rng = np.random.default_rng(b)
    for values in (rng.normal(size=(8, 8)), rng.integers(0, 3, (8, 8)).astype(float)):
        agrees_with_brute_force(np.triu(values, 1) + np.triu(values, 1).T, b, objective, balance)


@pytest.mark.parametrize("n", range(1, 9))
def test_partitions_are_those_of_the_twin(n):
    for balance in BALANCES:
        for b in range(1, n + 1):
            table = partitions(n, b, balance)
            groups = [as_sets([np.flatnonzero(labels == k).tolist() for k in range(b)]) for labels in table.T]
            assert len(set(groups)) == len(groups)
            assert set(groups) == set(map(as_sets, slow.partitions(n, b, balance)))


@repeatable
@given(problem=problems(), seed=RNG_SEED)
def test_permuting_the_operations_permutes_the_cut(problem, seed):
    affinity, b = problem
    order = np.random.default_rng(seed).permutation(len(affinity))
    plain, permuted = cut(affinity, b), cut(affinity[np.ix_(order, order)], b)
    assert (plain.ties, plain.degenerate) == (permuted.ties, permuted.degenerate)
    assert permuted.cost == pytest.approx(plain.cost, rel=1e-10, abs=1e-12 * np.abs(affinity).max())
    if plain.ties == 1:
        assert as_sets([[int(order[o]) for o in group] for group in permuted.groups]) == as_sets(plain.groups)


@repeatable
@given(problem=problems(), constant=st.integers(-50, 50))
def test_a_constant_added_to_all_affinities_changes_no_cut_under_mean(problem, constant):
    affinity, b = problem
    scale = max(np.abs(affinity).max(), 1e-290)
    shifted = affinity + constant * scale
    plain, moved = cut(affinity, b), cut(shifted, b)
    assert plain.groups == moved.groups and plain.ties == moved.ties
    assert moved.cost == pytest.approx(plain.cost + constant * scale, rel=1e-10, abs=1e-10 * scale)


@repeatable
@given(problem=problems(), factor=st.sampled_from([2.0**-20, 0.5, 4.0, 2.0**20]))
def test_a_factor_changes_no_cut(problem, factor):
    affinity, b = problem
    plain, scaled = cut(affinity, b), cut(affinity * factor, b)
    assert plain.groups == scaled.groups and plain.ties == scaled.ties and plain.degenerate == scaled.degenerate
