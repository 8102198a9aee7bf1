import functools
import io
import itertools
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from fsnas.analysis.distance_tables import per_tree, split_distance_summary, split_distance_table
from fsnas.analysis.method_distance import method_distance
from fsnas.analysis.split_distance import split_distance
from fsnas.analysis.splits import group_sizes, splits_table
from fsnas.errors import FsnasError
from fsnas.seeding import generator
from fsnas.splitting.cuts import partitions
from fsnas.splitting.trees import ROOT, Tree
from tests.reference import distances as slow
from tests.support.space import OPERATIONS, SPACE
from tests.support.splits import grown_tree, made_tree, node_spaces

TWO_GROUPS = [[np.flatnonzero(labels == k).tolist() for k in (0, 1)] for labels in partitions(5, 2).T]
NONE, SKIP, CONV1, CONV3, POOL = OPERATIONS
PEELED, PAIRED = [[NONE], [SKIP, CONV1, CONV3, POOL]], [[NONE, SKIP], [CONV1, CONV3, POOL]]


def forest(seeds=(0, 1, 2, 3), factors=(2, 2, 2), methods=("a", "b")):
    rng = np.random.default_rng(11)
    return [grown_tree(method, seed, factors, rng) for method in methods for seed in seeds]


def none_tree(seed=0):
    return Tree("one-shot", "random", seed, (), node_spaces(SPACE, []), SPACE)


def test_printed_values_of_two_groups_of_five_and_their_means_over_all_ordered_pairs():
    table, printed = (
        np.array([[split_distance(a, b, normalisation) for b in TWO_GROUPS] for a in TWO_GROUPS])
        for normalisation in ("corrected", "as_printed")
    )
    assert set(table.flat) == {0.0, 1.0, 1.5}
    np.testing.assert_allclose(np.unique(printed), [0, 8 / 9, 4 / 3], atol=1e-12)
    equal = [i for i, groups in enumerate(TWO_GROUPS) if sorted(map(len, groups)) == [2, 3]]
    assert len(TWO_GROUPS) == 15 and len(equal) == 10
    assert table.mean() == pytest.approx(56 / 45, abs=1e-12)  # 1.2444
    assert table[~np.eye(15, dtype=bool)].mean() == pytest.approx(4 / 3, abs=1e-12)
    assert table[np.ix_(equal, equal)].mean() == pytest.approx(1.2, abs=1e-12)


BAD = {
    "empty group": ([["a"], []], [["a"]], r"\[\['a'\], \[\]\] is no partition of \['a'\]"),
    "twice": ([["a", "b"], ["b"]], [["a", "b"]], r"\[\['a', 'b'\], \['b'\]\] is no partition of \['a', 'b'\]"),
    "other set": ([["a"], ["b"]], [["a"], ["c"]], r"\[\['a'\], \['c'\]\] is no partition of \['a', 'b'\]"),
    "missing": ([["a"], ["b"]], [["a"]], r"\[\['a'\]\] is no partition of \['a', 'b'\]"),
}


@pytest.mark.parametrize(("a", "b", "message"), BAD.values(), ids=BAD)
def test_what_is_no_pair_of_partitions_is_an_error(a, b, message):
    with pytest.raises(FsnasError, match=f"{message}; expected two partitions of the same set, each element in one"):
        split_distance(a, b)


def test_an_unknown_normalisation_is_an_error():
    with pytest.raises(FsnasError, match=r"normalisation is 'rand'; expected one of \['corrected', 'as_printed'\]"):
        split_distance([["a"]], [["a"]], "rand")


def test_pairs_of_ten_seeds_at_depth_three_are_those_of_the_paper():
    trees = forest(seeds=range(10), methods=("a",))
    table = split_distance_table(trees)
    assert (table.setting == "internal").sum() == 10 * 21 and (table.setting == "external").sum() == 2205
    trees_table = per_tree(table).set_index(["setting", "level", "seed"]).sort_index().pairs
    assert set(trees_table["internal", "all"]) == {21} and set(trees_table["external", "all"]) == {441}
    assert [set(trees_table["internal", level]) for level in "12"] == [{1}, {6}]
    assert ("internal", "0") not in trees_table.index.droplevel("seed")  # absent, not 0
    assert [set(trees_table["external", level]) for level in "012"] == [{9}, {36}, {144}]


def test_every_pair_is_there_once_with_its_distance():
    trees = forest()
    table = split_distance_table(trees)
    found = {tuple(row[:-1]): row[-1] for row in table.itertuples(index=False, name=None)}
    expected = {}
    for method, setting in itertools.product("ab", ("internal", "external")):
        for one, a, other, b in slow.pairs(trees, method, setting):
            key = (method, setting, one.seed, a.path, a.level, other.seed, b.path, b.level)
            expected[key] = slow.split_distance(a.groups, b.groups)
    assert len(table) == len(found) and found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, abs=1e-12), key


def uneven():
    # Trees of one, two and three splits: a mean of means is not the mean of the pairs.
    sizes = ([PEELED], [PAIRED, PEELED], [PEELED, [[POOL], [NONE, SKIP, CONV1, CONV3]], PAIRED])
    return [made_tree(method, seed, size) for method in "ab" for seed, size in enumerate(sizes)]


@pytest.mark.parametrize(
    "make",
    [uneven, *(functools.partial(forest, factors=factors) for factors in ((2, 2, 2), (3, 2), (5,)))],
    ids=["uneven", "depth 3", "depth 2", "exhaustive"],
)
def test_means_of_trees_equal_the_twin(make):
    trees = make()
    table = per_tree(split_distance_table(trees)).set_index(["method", "setting", "level", "seed"])
    seen = 0
    for method, setting, level in itertools.product("ab", ("internal", "external"), ("all", "0", "1", "2")):
        for seed, (mean, pairs) in slow.tree_means(trees, method, setting, level).items():
            assert table.loc[(method, setting, level, seed), "mean"] == pytest.approx(mean, abs=1e-12)
            assert table.loc[(method, setting, level, seed), "pairs"] == pairs
            seen += 1
    assert seen == len(table)


def test_summary_is_over_the_means_of_the_trees():
    trees = forest()
    summary = split_distance_summary(split_distance_table(trees), seed=0, resamples=400)
    assert not summary.duplicated(["method", "setting", "level"]).any()
    for row in summary.itertuples():
        means = np.array([mean for mean, _ in slow.tree_means(trees, row.method, row.setting, row.level).values()])
        assert row.mean == pytest.approx(means.mean(), abs=1e-12) and row.n == len(means) == 4
        assert row.std == pytest.approx(means.std(ddof=1), abs=1e-12)
        assert row.ci_low <= row.mean + 1e-12 and row.mean <= row.ci_high + 1e-12
        assert row.pairs == sum(
            row.level in ("all", str(a.level)) and (row.level == "all" or a.level == b.level)
            for _, a, _, b in slow.pairs(trees, row.method, row.setting)
        )


@pytest.mark.parametrize("setting", ["internal", "external"])
@pytest.mark.parametrize("level", ["all", "2"])
def test_intervals_are_those_of_the_drawn_seeds(setting, level):
    trees, resamples = forest(seeds=(3, 5, 8, 9), methods=("a",)), 200
    summary = split_distance_summary(split_distance_table(trees), seed=7, resamples=resamples)
    found = summary.set_index(["setting", "level"]).loc[(setting, level), ["ci_low", "ci_high"]]
    weights = generator(7, "bootstrap", "a", setting, level).multinomial(4, np.full(4, 1 / 4), size=resamples)
    drawn = [[seed for seed, times in zip((3, 5, 8, 9), row, strict=True) for _ in range(times)] for row in weights]
    if setting == "internal":
        means = {seed: mean for seed, (mean, _) in slow.tree_means(trees, "a", setting, level).items()}
        expected = [np.mean([means[seed] for seed in seeds]) for seeds in drawn]
    else:
        sums, counts = Counter(), Counter()
        for one, a, other, b in slow.pairs(trees, "a", setting):
            if level == "all" or a.level == b.level == int(level):
                for pair in ((one.seed, other.seed), (other.seed, one.seed)):
                    sums[pair] += slow.split_distance(a.groups, b.groups)
                    counts[pair] += 1
        expected = slow.external_bootstrap(sums, counts, drawn)
    np.testing.assert_allclose(found.to_numpy(dtype=float), np.quantile(expected, [0.025, 0.975]), rtol=1e-10)


def test_what_has_no_pair_has_no_row():
    single = split_distance_summary(split_distance_table(forest(seeds=(4,), methods=("a",))), seed=0)
    assert set(single.setting) == {"internal"} and single[["std", "ci_low", "ci_high"]].isna().all(axis=None)
    unsplit = split_distance_table([none_tree(0), none_tree(1)])
    assert unsplit.empty and per_tree(unsplit).empty and split_distance_summary(unsplit, seed=0).empty
    assert list(split_distance_summary(unsplit, seed=0).columns) == list(single.columns)


def test_two_seeds_have_one_pair_of_trees_and_so_no_external_spread():
    summary = split_distance_summary(split_distance_table(forest(seeds=(0, 1))), seed=0)
    external, internal = (summary[summary.setting == setting] for setting in ("external", "internal"))
    assert external[["std", "ci_low", "ci_high"]].isna().all(axis=None) and (external.n == 2).all()
    assert internal[["std", "ci_low", "ci_high"]].notna().all(axis=None)


def test_the_same_trees_in_any_order_give_the_same_numbers():
    trees = forest()
    key = ["method", "setting", "seed_a", "path_a", "seed_b", "path_b"]
    tables = [
        split_distance_table(order).astype({k: "str" for k in key}).sort_values(key, ignore_index=True)
        for order in (trees, trees[::-1])
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_methods_are_comparable_where_their_trees_split_into_the_same_numbers_of_groups():
    rng = np.random.default_rng(5)
    shapes = {"two": (2, 2), "deep": (2, 2, 2), "three": (3,), "mixed": (2, 3), "same": (3, 2)}
    shapes |= dict.fromkeys(("all", "every"), (5,))
    trees = [grown_tree(method, seed, shape, rng) for method, shape in shapes.items() for seed in (0, 1)]
    table = method_distance([*trees, none_tree()], seed=0, resamples=10)
    found = {(row.method_a, row.method_b) for row in table.itertuples() if row.comparable}
    alike = [{"two", "deep"}, {"three"}, {"mixed", "same"}]
    one_split = {("three", "three")}  # has no pair, and so no row
    assert found == {pair for group in alike for pair in itertools.product(group, repeat=2)} - one_split


def test_methods_are_compared_seed_by_seed():
    trees = forest(seeds=(0, 1, 2))
    table = method_distance(trees, seed=0, resamples=100).set_index(["method_a", "method_b"])
    a, b = (sorted((t for t in trees if t.method == m), key=lambda t: t.seed) for m in "ab")
    between = [
        np.mean([slow.split_distance(x.groups, y.groups) for x in one.splits for y in other.splits])
        for one, other in zip(a, b, strict=True)
    ]
    assert table.loc[("a", "b"), "mean"] == pytest.approx(np.mean(between), abs=1e-12)
    assert table.loc[("a", "b"), "std"] == pytest.approx(np.std(between, ddof=1), abs=1e-12)
    weights = generator(0, "bootstrap", "a", "b").multinomial(3, np.full(3, 1 / 3), size=100)
    interval = np.quantile(weights @ between / 3, [0.025, 0.975])
    np.testing.assert_allclose(table.loc[("a", "b"), ["ci_low", "ci_high"]].to_numpy(float), interval, rtol=1e-10)
    assert table.loc[("a", "b")].equals(table.loc[("b", "a")]) and set(table.n) == {3}
    internal = [mean for mean, _ in slow.tree_means(trees, "a", "internal").values()]
    assert table.loc[("a", "a"), "mean"] == pytest.approx(np.mean(internal), abs=1e-12)


def test_methods_without_a_common_pair_have_no_row():
    trees = [*forest(seeds=(0, 1), methods=("a",)), *forest(seeds=(5,), methods=("b",)), none_tree()]
    table = method_distance(trees, seed=0, resamples=10)
    assert set(zip(table.method_a, table.method_b, strict=True)) == {("a", "a"), ("b", "b")}


def test_splits_and_group_sizes_are_counted():
    trees = [made_tree("x", seed, [PEELED, PAIRED, PEELED[::-1]]) for seed in (0, 1)] + [none_tree()]
    table = splits_table(trees)
    assert len(table) == 6 and list(table.sizes[:3]) == ["1|4", "2|3", "1|4"]
    assert table.groups[0] == "none | skip_connect nor_conv_1x1 nor_conv_3x3 avg_pool_3x3"
    assert list(table.path[:3]) == [ROOT, "0", "1"] and list(table.level[:3]) == [0, 1, 1]
    sizes = group_sizes(trees).set_index(["method", "sizes"])
    assert sizes["count"].to_dict() == {("x", "1|4"): 4, ("x", "2|3"): 2}
    assert (sizes[["ties", "edge_ties", "degenerate"]] == 0).all(axis=None)
    written = pd.read_csv(io.StringIO(table.to_csv(index=False)), dtype={"path": str})
    assert list(written.path) == list(table.path)
