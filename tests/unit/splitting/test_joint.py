"""Several metrics as one: what they are, what they give together, and which of them cannot be."""

import math

import numpy as np
import pytest

import fsnas
from fsnas.errors import FsnasError
from fsnas.splitting.affinities import NodeScores, affinities_of
from fsnas.splitting.choices import AVERAGES, COMBINATIONS
from fsnas.splitting.joint import Part, check_parts, combined, name_of, of_level, parts_of
from fsnas.splitting.node import split_node
from tests.reference import joint as twin
from tests.support.space import EDGES, SPACE
from tests.support.splits import random_affinities

FULL = SPACE.full()
NODE = SPACE.restrict(FULL, 1, (0, 1))  # edge 1 cannot be split
SHAPE = (3, *FULL.shape)


def scored(metric: str, scores: np.ndarray, mask=FULL) -> NodeScores:
    scores = np.where(mask.all(axis=1)[:, None], scores, np.nan)
    return NodeScores(SPACE, mask, scores, affinities_of(scores, "affinities"), metric=metric, path="0", seed=3)


def node(metric: str, seed: int, mask=FULL) -> NodeScores:
    return scored(metric, np.random.default_rng(seed).normal(size=SHAPE), mask)


def matched(metric: str, seed: int) -> NodeScores:
    """A node of a metric that gives affinities, as gm."""
    affinity = random_affinities(np.random.default_rng(seed))
    return NodeScores(SPACE, FULL, None, affinity, metric=metric, path="0", seed=3)


def upper(affinity: np.ndarray) -> dict:
    pairs = zip(*np.triu_indices(affinity.shape[1], 1), strict=True)
    return {(e, int(i), int(j)): affinity[e, i, j] for i, j in pairs for e in range(len(affinity))}


@pytest.mark.parametrize("mask", [FULL, NODE], ids=["root", "deeper"])
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("combine", ["zscore", "rank", "scores"])
def test_together_they_equal_the_loop_over_all_pairs(combine, average, mask):
    parts, nodes = parts_of({"snip": 2, "ntk": 0.5}), [node("snip", 0, mask), node("ntk", 1, mask)]
    found = combined(nodes, parts, combine=combine, average=average)
    expected = twin.combined(nodes, [2, 0.5], combine, average)
    assert upper(found.affinity) == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)
    assert (found.metric, found.path, found.seed, found.scores) == ("snip+ntk", "0", 3, None)
    assert np.array_equal(found.affinity, found.affinity.swapaxes(1, 2), equal_nan=True)
    assert np.isnan(found.affinity[1, 0, 1]) == (mask is NODE)


@pytest.mark.parametrize("combine", ["zscore", "rank"])
def test_a_metric_that_gives_affinities_takes_part(combine):
    nodes, parts = [matched("gm", 0), node("snip", 1)], parts_of(["gm", "snip"])
    found = combined(nodes, parts, combine=combine)
    expected = twin.combined(nodes, [1, 1], combine, "affinities")
    assert upper(found.affinity) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("combine", ["zscore", "rank"])
def test_equal_affinities_are_equal_together_and_a_metric_that_says_nothing_adds_nothing(combine):
    values = np.random.default_rng(0).integers(0, 3, SHAPE).astype(float)
    nodes, parts = [scored("snip", values), scored("lr", np.full(SHAPE, 7.0))], parts_of(["snip", "lr"])
    found = combined(nodes, parts, combine=combine)
    alone = combined(nodes[:1], parts[:1], combine=combine)
    difference = np.array([*upper(found.affinity).values()]) - np.array([*upper(alone.affinity).values()])
    assert np.allclose(difference, 0.5 if combine == "rank" else 0.0, atol=1e-12)
    expected = twin.combined(nodes, [1, 1], combine, "affinities")
    assert upper(found.affinity) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("combine", ["zscore", "rank", "scores"])
def test_an_edge_where_one_metric_is_not_finite_cannot_be_split_and_the_reason_says_which(combine):
    lost = np.random.default_rng(1).normal(size=SHAPE)
    lost[1, 4, 2] = np.nan
    bad = scored("ntk", lost)
    bad = NodeScores(**{**vars(bad), "reasons": ("edge 3<-1, nor_conv_1x1, repetition 1: the value is nan",)})
    found = combined([node("snip", 0), bad], parts_of(["snip", "ntk"]), combine=combine)
    expected = twin.combined([node("snip", 0), bad], [1, 1], combine, "affinities")
    known = {pair: value for pair, value in upper(found.affinity).items() if pair[0] != 4}
    assert known == pytest.approx({pair: expected[pair] for pair in known}, rel=1e-12, abs=1e-12)
    assert found.reasons == ("ntk, edge 3<-1, nor_conv_1x1, repetition 1: the value is nan",)
    split = split_node(found)
    assert split.edge_costs[EDGES[4]] is None and split.edge != EDGES[4]


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("combine", ["zscore", "scores", "by_level"])
@pytest.mark.parametrize("seed", range(5))
def test_a_joint_metric_of_one_makes_that_metrics_split(seed, combine, average):
    own = node("snip", seed)
    alone, joint = (
        split_node(own, average=average),
        split_node(combined([own], parts_of(["snip"]), combine=combine, average=average)),
    )
    for field in ("path", "edge", "groups", "ties", "edge_ties", "degenerate", "children"):
        assert getattr(joint, field) == getattr(alone, field)


def test_ties_of_a_joint_metric_of_one_are_drawn_as_that_metrics():
    same = scored("snip", np.zeros(SHAPE))
    alone, joint = split_node(same), split_node(combined([same], parts_of(["snip"])))
    assert (joint.edge, joint.groups, joint.ties, joint.edge_ties) == (alone.edge, alone.groups, 15, 6)
    assert joint.degenerate and alone.degenerate


@pytest.mark.parametrize("objective", ["mean", "sum"])
@pytest.mark.parametrize("combine", ["zscore", "rank"])
def test_the_shares_of_a_cut_add_up_to_its_cost(combine, objective):
    parts = parts_of({"snip": 2, "gm": 1, "ntk": 3})
    split = split_node(
        combined([node("snip", 0), matched("gm", 1), node("ntk", 2)], parts, combine=combine), objective=objective
    )
    assert list(split.shares) == ["snip", "gm", "ntk"]
    assert sum(split.shares.values()) == pytest.approx(split.cost, rel=1e-12)


def test_where_scores_are_added_a_share_is_what_the_cut_costs_in_that_metric_alone():
    own = {"snip": node("snip", 0), "ntk": node("ntk", 1)}
    split = split_node(combined([*own.values()], parts_of({"snip": 1, "ntk": -2}), combine="scores"))
    groups = [[SPACE.operations.index(name) for name in group] for group in split.groups]
    for metric, weight in (("snip", 1), ("ntk", 2)):
        affinity = own[metric].affinity[EDGES.index(split.edge)]
        across = [affinity[i, j] for i in groups[0] for j in groups[1]]
        assert split.shares[metric] == pytest.approx(weight * sum(across) / len(across), rel=1e-12)
    assert split_node(own["snip"]).shares == {}


def test_parts_have_weights_and_options():
    assert parts_of("snip") == (Part("snip"),)
    assert parts_of(["ntk", "lr"]) == (Part("ntk"), Part("lr"))
    mixed = parts_of({"gradnorm": 2, "ntk": {"weight": 0.5, "samples": 8}, "lr": {}, "gm": None})
    assert mixed == (Part("gradnorm", {}, 2), Part("ntk", {"samples": 8}, 0.5), Part("lr"), Part("gm"))
    assert name_of(mixed) == "gradnorm+ntk+lr+gm"


def test_by_level_metrics_take_turns():
    parts = parts_of(["ntk", "lr"])
    assert [name_of(of_level(parts, "by_level", level)) for level in range(3)] == ["ntk", "lr", "ntk"]
    assert all(of_level(parts, combine, 1) == parts for combine in COMBINATIONS if combine != "by_level")


WRONG = {
    "no metric": ([], "zscore", "there is no metric; expected at least one"),
    "no such combination": (["snip"], "mean", r"combine is 'mean', expected one of \['zscore', 'rank', 'scores', 'by_"),
    "weight 0": ({"snip": 0}, "scores", "the weight of snip is 0, expected a number not 0"),
    "weight below 0": ({"snip": 1, "ntk": -1}, "rank", "the weight of ntk is -1, expected a number above 0"),
    "weight nan": ({"snip": math.nan}, "zscore", "the weight of snip is nan, expected a number above 0"),
    "affinities are no scores": (["gm", "snip"], "scores", "but gm gives affinities and no scores; take zscore, rank"),
    "a weight by level": ({"ntk": 2, "lr": 1}, "by_level", "the weight of ntk is 2, but by level each metric is alone"),
    "more than levels": (
        ["ntk", "lr", "snip"],
        "by_level",
        "3 metrics for 2 levels: by level snip would never be used",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_joined_is_refused(case):
    metrics, combine, message = WRONG[case]
    with pytest.raises(FsnasError, match=message):
        check_parts(parts_of(metrics), combine, 2)


def test_a_whole_tree_of_joint_metrics_is_that_of_its_splits():
    data = fsnas.make_dataset("digits")
    supernet = SPACE.network(channels=2, cells=1, **data.dimensions)
    how = {"batch_size": 16, "repetitions": 2, "seed": 1}
    metrics = {"snip": 2, "ntk": {"samples": 4}}
    tree = fsnas.grow(supernet, data, metrics, combine="rank", **how)
    assert (tree.method, tree.metric, len(tree.leaves)) == ("snip+ntk", "snip+ntk", 4)
    options = {"snip": {}, "ntk": {"samples": 4}}
    own = [fsnas.score(supernet, data, metric, options=options[metric], **how) for metric in metrics]
    assert split_node(combined(own, parts_of(metrics), combine="rank")) == tree.splits[0]
    by_level = fsnas.grow(supernet, data, ["synflow", "snip"], combine="by_level", **how)
    assert by_level.splits[0].groups == fsnas.grow(supernet, data, "synflow", **how).splits[0].groups
    assert [[*split.shares] for split in by_level.splits] == [["synflow"], ["snip"], ["snip"]]
