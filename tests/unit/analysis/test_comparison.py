import io
import math
import re

import numpy as np
import pandas as pd
import pytest

from fsnas.analysis.distance_tables import PAIR_COLUMNS, SUMMARY_COLUMNS, TREE_COLUMNS
from fsnas.analysis.explained_variance import LEAF_COLUMNS, VARIANCE_COLUMNS, explained_variance, leaf_truth
from fsnas.analysis.few_shot import QUANTITIES, few_shot_summary
from fsnas.analysis.found import FOUND_COLUMNS, found_table
from fsnas.analysis.method_distance import METHOD_COLUMNS
from fsnas.analysis.proxies import VALUE_COLUMNS
from fsnas.analysis.rank_correlation import RANK_COLUMNS, SCOPES, rank_correlations
from fsnas.analysis.splits import SPLIT_COLUMNS
from fsnas.analysis.stats import bootstrap_mean
from fsnas.analysis.training_cost import COST_COLUMNS, TIMES, cost_table
from fsnas.benchmark.table import ArchitectureTable
from fsnas.errors import FsnasError
from fsnas.search.result import Evaluation, SearchRecord, SearchResult
from fsnas.seeding import generator
from fsnas.spaces import architectures
from fsnas.splitting.trees import Tree, node_spaces
from tests.reference import ranking as slow
from tests.support.config import ROOT
from tests.support.space import SPACE
from tests.support.splits import grown_tree

ALL = [SPACE.architecture_string(architecture) for architecture in architectures(SPACE.full())]
RNG = np.random.default_rng(8)
SOME = [ALL[i] for i in RNG.choice(len(ALL), 80, replace=False)]
TRUTH = dict(zip(SOME, np.round(RNG.uniform(80, 94, 80), 0).tolist(), strict=True))  # many ties


def one_shot(seed=0, method="none"):
    return Tree(method, "random", seed, (), node_spaces(SPACE, []), SPACE)


def tree_of(method="gm", seed=0, factors=(2, 2)):
    return grown_tree(method, seed, factors, np.random.default_rng(seed + 1))


def leaf_by_hand(tree, name):
    operations = SPACE.parse(name)
    return next(path for path, space in tree.leaves.items() if all(space[edge, o] for edge, o in enumerate(operations)))


def evaluated(names=SOME, seed=0, **changed):
    accuracy = np.round(np.random.default_rng(seed).uniform(0.1, 0.9, len(names)), 1)
    for place, value in changed.items():
        accuracy[int(place[1:])] = value
    return ArchitectureTable(tuple(names), {"accuracy": accuracy, "loss": -accuracy}, {})


def record(method, seed, *searches):
    return SearchRecord(method, "gm", seed, searches, "key", {})


def found(tree, names, sampler="random", best=0):
    evaluations = [Evaluation(leaf_by_hand(tree, name), name, 1.0, 0.5 - i / 100) for i, name in enumerate(names)]
    return SearchResult(sampler, tuple(evaluations), best)


def costs(method="gm", seed=0, **changed):
    row = dict.fromkeys(COST_COLUMNS, 1) | {"method": method, "seed": seed, "search": "sampled"}
    row |= {"root_seconds": 1.5, "scoring_seconds": 2.0, "leaf_seconds": 4.0}
    return row | {"root_device_seconds": 1.0, "scoring_device_seconds": 0.5, "leaf_device_seconds": 3.0} | changed


# Rank correlations


def test_rank_correlations_are_those_of_the_twins():
    tree, table = tree_of(), evaluated(a3=np.nan)
    truth = TRUTH | {SOME[0]: np.nan}
    del truth[SOME[1]]
    rows = rank_correlations([tree], {("gm", 0): table}, truth).set_index("scope")
    kept = [i for i in range(80) if i not in (0, 1, 3)]
    a = [table.columns["accuracy"][i] for i in kept]
    b = [truth[SOME[i]] for i in kept]
    leaves = [leaf_by_hand(tree, SOME[i]) for i in kept]
    assert rows.loc["all", ["n", "leaves"]].tolist() == [77, len(set(leaves))]
    for name, twin in (("kendall", slow.kendall), ("spearman", slow.spearman)):
        assert rows.loc["all", name] == pytest.approx(twin(a, b), abs=1e-12)
        assert rows.loc["within", name] == pytest.approx(slow.within(leaves, a, b, twin), abs=1e-12)


def test_one_leaf_has_one_ranking_and_without_truth_there_is_none():
    one, none = (rank_correlations([one_shot()], {("none", 0): evaluated()}, truth) for truth in (TRUTH, {}))
    assert one["scope"].tolist() == ["all", "within"] and (one["n"] == 80).all() and (one["leaves"] == 1).all()
    assert one["kendall"].nunique() == one["spearman"].nunique() == 1
    assert none[["kendall", "spearman"]].isna().all(axis=None) and (none[["n", "leaves"]] == 0).all(axis=None)
    assert rank_correlations([one_shot()], {}, TRUTH).empty


def test_leaves_that_cannot_be_ranked_are_not_counted():
    tree = tree_of(factors=(2, 2, 2))
    leaves = list(tree.leaves)
    names = [next(name for name in ALL if leaf_by_hand(tree, name) == leaf) for leaf in leaves]
    names += [name for name in ALL if leaf_by_hand(tree, name) == leaves[0]][1:3]
    truth = {name: float(i) for i, name in enumerate(names)}
    table = ArchitectureTable(tuple(names), {"accuracy": np.arange(len(names)) / 10}, {})
    rows = rank_correlations([tree], {("gm", 0): table}, truth).set_index("scope")
    assert rows.loc["all", ["kendall", "n", "leaves"]].tolist() == pytest.approx([1, 10, 8], abs=1e-12)
    assert rows.loc["within", ["kendall", "n", "leaves"]].tolist() == pytest.approx([1, 3, 1], abs=1e-12)


def test_evaluations_of_other_architectures_are_looked_up_on_their_own():
    trees = [tree_of(seed=0), tree_of(seed=1)]
    tables = {("gm", 0): evaluated(), ("gm", 1): evaluated(SOME[::-1][:50], seed=1)}
    together = rank_correlations(trees, tables, TRUTH)
    apart = [rank_correlations([tree], {("gm", tree.seed): tables["gm", tree.seed]}, TRUTH) for tree in trees]
    pd.testing.assert_frame_equal(together, pd.concat(apart, ignore_index=True))


def test_rows_come_by_method_in_the_order_of_the_trees_and_by_seed():
    trees = [tree_of("b", 1), tree_of("a", 0), tree_of("b", 0), tree_of("a", 1)]
    order = [("b", 0), ("b", 1), ("a", 0), ("a", 1)]
    tables = {key: evaluated() for key in sorted(order)}
    searches = {(t.method, t.seed): record(t.method, t.seed, found(t, SOME[:2])) for t in trees}
    for table in (rank_correlations(trees, tables, TRUTH), leaf_truth(trees, TRUTH), explained_variance(trees, TRUTH)):
        assert list(dict.fromkeys(table[["method", "seed"]].itertuples(index=False, name=None))) == order
    table = found_table(trees, searches, TRUTH)
    assert list(table[["method", "seed"]].itertuples(index=False, name=None)) == order


def test_evaluations_without_a_tree_are_an_error():
    message = r"there are evaluations of method 'snpi' \(did you mean 'snip'\?\) and seed 0, but no such tree; expected"
    with pytest.raises(FsnasError, match=message):
        rank_correlations([tree_of("snip")], {("snpi", 0): evaluated()}, TRUTH)
    with pytest.raises(FsnasError, match=r"a search of method 'gm' and seed 3, .* seeds \[0\]"):
        found_table([tree_of()], {("gm", 3): record("gm", 3)}, TRUTH)
    with pytest.raises(FsnasError, match="two trees have the method 'gm' and the seed 0"):
        explained_variance([tree_of(), tree_of()], TRUTH)


# What is in a split


def test_the_truth_per_leaf_is_pandas_description():
    tree = tree_of()
    table = leaf_truth([tree], TRUTH | {ALL[0]: np.nan}).set_index("leaf")
    assert list(table.index) == list(tree.leaves) and table["n"].sum() == 80
    leaves = pd.Series([leaf_by_hand(tree, name) for name in TRUTH])
    expected = pd.Series([*TRUTH.values()]).groupby(leaves).describe()
    np.testing.assert_allclose(table.drop(columns=["method", "seed"]).loc[expected.index], expected, atol=1e-10)


def test_a_leaf_without_truth_has_an_empty_row():
    tree = tree_of()
    table = leaf_truth([tree], {SOME[0]: 90.0}).set_index("leaf")
    only = table.loc[leaf_by_hand(tree, SOME[0])]
    assert only[["n", "mean", "min", "median", "max"]].tolist() == [1, 90, 90, 90, 90] and np.isnan(only["std"])
    assert table["n"].tolist().count(0) == 3 and table["mean"].isna().sum() == 3


def test_explained_variance_is_the_twins():
    tree = tree_of()
    row = explained_variance([tree], TRUTH).iloc[0]
    leaves = [leaf_by_hand(tree, name) for name in TRUTH]
    assert row["eta_squared"] == pytest.approx(slow.eta_squared(leaves, [*TRUTH.values()]), abs=1e-12)
    assert row["leaves"] == len(set(leaves)) and row["n"] == 80
    assert row["expected"] == pytest.approx((row["leaves"] - 1) / 79, abs=1e-12)


def test_edges_of_explained_variance():
    assert explained_variance([one_shot()], TRUTH).iloc[0, 2:].tolist() == [1, 80, 0, 0]
    none = explained_variance([tree_of()], {})
    assert none[["leaves", "n"]].iloc[0].tolist() == [0, 0] and none[["eta_squared", "expected"]].isna().all(axis=None)
    same = explained_variance([tree_of()], dict.fromkeys(SOME, 93.1)).iloc[0]
    assert np.isnan(same["eta_squared"]) and same["n"] == 80


# Found


def test_found_architectures_are_compared_with_all_that_have_a_truth():
    tree = tree_of()
    ranked = sorted(TRUTH, key=TRUTH.get, reverse=True)
    searches = {("gm", 0): record("gm", 0, found(tree, ranked[5:9], best=2), found(tree, ranked[:1], "tpe"))}
    table = found_table([tree], searches, TRUTH)
    assert table["sampler"].tolist() == ["random", "tpe"] and table["evaluations"].tolist() == [4, 1]
    for row, name in zip(table.itertuples(), (ranked[7], ranked[0]), strict=True):
        mine = [TRUTH[other] for other in TRUTH if leaf_by_hand(tree, other) == leaf_by_hand(tree, name)]
        assert (row.architecture, row.leaf) == (name, leaf_by_hand(tree, name))
        assert row.test_accuracy == TRUTH[name] and row.optimum == max(TRUTH.values())
        assert row.regret == max(TRUTH.values()) - TRUTH[name] >= 0
        assert row.rank == 1 + sum(other > TRUTH[name] for other in TRUTH.values()) and row.of == 80
        assert (row.oracle, row.oracle_n) == (max(mine), len(mine))
    assert table["valid_accuracy"].tolist() == [0.48, 0.5]
    assert table["rank"][1] == 1 and table["regret"][1] == 0


OTHER = next(name for name in ALL if name not in TRUTH)


def found_alone(names, truth, own=None):
    """The table of one search per name, in a tree of one leaf."""
    tree = one_shot()
    return found_table([tree], {("none", 0): record("none", 0, *(found(tree, [name]) for name in names))}, truth, own)


def test_the_best_of_equals_share_the_rank():
    truth = dict(zip(SOME[:4], [90.0, 92.0, 92.0, 91.0], strict=True))
    assert found_alone(SOME[:4], truth)["rank"].tolist() == [4, 1, 1, 3]


def test_found_architectures_that_were_trained_on_their_own_have_a_truth():
    without = found_alone([OTHER, SOME[0]], TRUTH)
    assert without.loc[0, ["test_accuracy", "regret", "rank"]].isna().all()
    assert without.loc[0, ["optimum", "of", "oracle", "oracle_n"]].tolist() == [94, 80, 94, 80]
    row, second = found_alone([OTHER, SOME[0]], TRUTH, {OTHER: 95.0, SOME[0]: 1.0, SOME[1]: np.nan}).itertuples()
    assert (row.test_accuracy, row.optimum, row.regret, row.rank, row.of, row.oracle) == (95, 95, 0, 1, 81, 95)
    assert second.test_accuracy == TRUTH[SOME[0]], "the benchmark goes first"
    assert (second.optimum, second.of) == (94, 80), "what another search found changes nothing"


def test_a_truth_that_is_nan_is_none():
    row = found_alone(SOME[:1], {SOME[0]: np.nan}, {SOME[0]: 50.0}).iloc[0]
    assert row[["test_accuracy", "rank", "of"]].tolist() == [50, 1, 1]
    row = found_alone(SOME[:1], {}).iloc[0]
    assert row[["test_accuracy", "optimum", "regret", "rank", "oracle"]].isna().all() and row["of"] == 0


def test_whole_ranks_are_written_without_a_point():
    lines = found_alone([SOME[0], OTHER], TRUTH).to_csv(index=False).splitlines()
    better = sum(value > TRUTH[SOME[0]] for value in TRUTH.values())
    assert [line.split(",")[10] for line in lines[1:]] == [str(1 + better), ""]


def test_an_architecture_outside_its_leaf_is_an_error():
    tree = tree_of()
    wrong = next(leaf for leaf in tree.leaves if leaf != leaf_by_hand(tree, SOME[0]))
    for leaf in (wrong, "none"):
        search = SearchResult("random", (Evaluation(leaf, SOME[0], 1.0, 0.5),), 0)
        with pytest.raises(FsnasError, match=f"method gm and seed 0 found .* in leaf '{leaf}', which does not hold it"):
            found_table([tree], {("gm", 0): record("gm", 0, search)}, TRUTH)


# Costs


def test_costs_are_ordered_and_checked():
    rows = [costs("b", 1), costs("a", 1), costs("b", 0), costs("a", 0)]
    table = cost_table([dict(reversed(row.items())) for row in rows])
    assert list(table.columns) == COST_COLUMNS
    assert [*zip(table.method, table.seed, strict=True)] == [("b", 0), ("b", 1), ("a", 0), ("a", 1)]
    assert list(cost_table([]).columns) == COST_COLUMNS


# Summary


def tables():
    """All four tables of two methods with leaves and one without, over three seeds."""
    trees = [tree_of(method, seed) for method in ("snip", "gm") for seed in (2, 0, 1)]
    trees = [trees[0], *(one_shot(seed) for seed in (0, 1, 2)), *trees[1:]]
    trained = [tree for tree in trees if tree.method != "snip"]
    evaluations = {(tree.method, tree.seed): evaluated(seed=tree.seed) for tree in trained}
    searches = {}
    for tree in trained:
        both = found(tree, SOME[tree.seed :]), found(tree, SOME[9:], "tpe")
        searches[tree.method, tree.seed] = record(tree.method, tree.seed, *both)
    rank = rank_correlations(trees, evaluations, TRUTH)
    cost = cost_table([costs(tree.method, tree.seed, leaf_seconds=float(tree.seed)) for tree in trained])
    return rank, explained_variance(trees, TRUTH), found_table(trees, searches, TRUTH), cost


def test_the_summary_has_one_row_a_method_and_those_without_leaves_come_last():
    summary = few_shot_summary(*tables(), seed=7, resamples=50)
    assert summary["method"].tolist() == ["none", "gm", "snip"] and (summary["n"] == 3).all()
    names = [f"{name}{end}" for name in QUANTITIES for end in ("", "_ci_low", "_ci_high")]
    basis = ["sampler", "architectures_all", "architectures_within", "expected", "of", "oracle_n"]
    assert list(summary.columns) == ["method", "n", *names, *basis, "root_epochs", "leaf_epochs", *TIMES]
    of_tree = ["method", "n", "eta_squared", "eta_squared_ci_low", "eta_squared_ci_high", "expected"]
    last = summary.iloc[2].drop(of_tree)
    assert last.isna().all() and np.isfinite(summary["eta_squared"][2])
    assert summary.iloc[:2].notna().all(axis=None)


def test_the_summary_is_the_mean_over_seeds():
    rank, variance, found_, cost = tables()
    summary = few_shot_summary(rank, variance, found_, cost, seed=7, resamples=50).set_index("method")
    by_hand = rank[(rank["method"] == "gm") & (rank["scope"] == "within")]["kendall"].to_numpy()
    assert summary.loc["gm", "kendall_within"] == pytest.approx(by_hand.mean(), abs=1e-12)
    expected = bootstrap_mean(by_hand, generator(7, "bootstrap", "gm", "kendall_within"), 50)
    assert tuple(summary.loc["gm", ["kendall_within_ci_low", "kendall_within_ci_high"]]) == expected
    first = found_[(found_["method"] == "gm") & (found_["sampler"] == "random")]
    assert summary.loc["gm", "regret"] == pytest.approx(first["regret"].mean(), abs=1e-12)
    assert summary.loc["gm", "rank"] == pytest.approx(first["rank"].astype(float).mean(), abs=1e-12)
    assert summary.loc["gm", "seconds"] == pytest.approx(1.5 + 2 + (0 + 1 + 2) / 3, abs=1e-12)
    assert summary.loc["gm", "device_seconds"] == pytest.approx(1.0 + 0.5 + 3.0, abs=1e-12)
    all_, within = (rank[(rank["method"] == "gm") & (rank["scope"] == scope)]["n"].mean() for scope in SCOPES)
    assert tuple(summary.loc["gm", ["architectures_all", "architectures_within"]]) == (all_, within)
    assert summary.loc["gm", "expected"] == pytest.approx(variance[variance["method"] == "gm"]["expected"].mean())
    assert tuple(summary.loc["gm", ["sampler", "of"]]) == ("random", first["of"].mean())
    assert summary.loc["none", "eta_squared"] == 0 == summary.loc["none", "eta_squared_ci_high"]


def test_the_summary_of_tables_read_back_is_the_same():
    made = tables()
    read = [pd.read_csv(io.StringIO(table.to_csv(index=False)), dtype={"leaf": str}) for table in made]
    pd.testing.assert_frame_equal(
        few_shot_summary(*made, seed=7, resamples=50), few_shot_summary(*read, seed=7, resamples=50)
    )


def test_one_seed_or_no_leaves_leave_gaps_without_warnings(recwarn):
    trees = [tree_of()]
    empty = rank_correlations(trees, {}, {}), explained_variance(trees, {}), found_table(trees, {}, {}), cost_table([])
    row = few_shot_summary(*empty, seed=0, resamples=9).iloc[0]
    assert row["method"] == "gm" and row["n"] == 1 and row.drop(["method", "n"]).isna().all()
    rank = rank_correlations(trees, {("gm", 0): evaluated()}, TRUTH)
    row = few_shot_summary(rank, *empty[1:], seed=0, resamples=9).iloc[0]
    assert np.isfinite(row["kendall_all"]) and math.isnan(row["kendall_all_ci_low"])
    assert not recwarn.list


def test_a_time_that_is_not_known_is_not_zero():
    rank, variance, found_, _ = tables()
    cost = cost_table([costs("gm", 0, scoring_seconds=None), costs("gm", 1, scoring_seconds=None), costs("none", 0)])
    seconds = few_shot_summary(rank, variance, found_, cost, seed=7, resamples=9).set_index("method")["seconds"]
    assert np.isnan(seconds["gm"]) and seconds["none"] == 7.5


TABLES = {
    "rank_correlation": RANK_COLUMNS,
    "leaf_truth": LEAF_COLUMNS,
    "explained_variance": VARIANCE_COLUMNS,
    "found_architectures": FOUND_COLUMNS,
    "training_cost": COST_COLUMNS,
    "split_distance": PAIR_COLUMNS,
    "split_distance_per_tree": TREE_COLUMNS,
    "split_distance_summary": SUMMARY_COLUMNS,
    "method_distance": METHOD_COLUMNS,
    "splits": SPLIT_COLUMNS,
    "proxies": VALUE_COLUMNS,
}


@pytest.mark.parametrize("name", TABLES)
def test_the_page_of_formats_names_the_columns_in_their_order(name):
    page = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| `{name}\.csv` \|.*\| (.*) \|$", page, re.MULTILINE)[1]
    said = re.findall(r"\w+", re.sub(r"\([^()]*(\([^()]*\)[^()]*)*\)", "", row))
    assert [word for word in said if word in TABLES[name]] == list(TABLES[name])
