import numpy as np
import pytest
from scipy.stats import chisquare

from fsnas.errors import FsnasError, ScoreError
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.node import split_node
from tests.support.space import EDGES, OPERATIONS, SPACE
from tests.support.splits import random_affinities


def split(
    affinity, branching=2, *, path="root", space=None, seed=0, metric="snip",
    objective="mean", balance="none", edge="best",
):  # fmt: skip
    space = SPACE.full() if space is None else space
    scores = NodeScores(SPACE, space, None, affinity, path=path, metric=metric, seed=seed)
    return split_node(scores, branching, objective=objective, balance=balance, edge=edge)


@pytest.fixture
def affinities():
    return random_affinities(np.random.default_rng(3))


@pytest.mark.parametrize("edge", SPACE.edges)
def test_a_named_edge_is_taken_with_its_own_best_cut(edge, affinities):
    found = split(affinities, edge=edge)
    assert found.edge == edge and found.edge_ties == 1 and found.cost == found.edge_costs[edge]


def test_a_named_edge_that_cannot_be_split_is_refused(affinities):
    space = SPACE.restrict(SPACE.full(), 0, [1, 2])
    with pytest.raises(ScoreError, match="node root: the edge 1<-0 cannot be split.*expected one of 2<-0, 2<-1, 3<-0"):
        split(affinities, space=space, edge="1<-0")


def test_best_takes_the_edge_with_the_cheapest_cut(affinities):
    found = split(affinities)
    assert list(found.edge_costs) == list(EDGES)
    assert found.edge == min(found.edge_costs, key=found.edge_costs.get)
    assert found.cost == min(found.edge_costs.values())
    assert sorted(name for group in found.groups for name in group) == sorted(OPERATIONS)
    assert (found.path, found.children, found.level, found.edge_ties) == ("root", ("0", "1"), 0, 1)


def test_first_takes_the_lowest_edge_that_can_be_split(affinities):
    space = SPACE.restrict(SPACE.full(), 0, [1, 2])
    found = split(affinities, path="1", space=space, edge="first")
    assert found.edge == EDGES[1] and list(found.edge_costs) == list(EDGES[1:]) and found.children == ("10", "11")


def test_random_draws_every_edge_equally_often(affinities):
    found = [split(affinities, edge="random", seed=seed).edge for seed in range(600)]
    counts = [found.count(edge) for edge in EDGES]
    assert chisquare(counts).pvalue > 1e-3 and len({split(affinities, edge="random").edge for _ in range(5)}) == 1


def test_equally_cheap_edges_are_drawn_and_counted():
    affinities = np.broadcast_to(random_affinities(np.random.default_rng(0))[0], (6, 5, 5))
    found = [split(affinities, seed=seed) for seed in range(600)]
    assert {one.edge_ties for one in found} == {6} and {one.ties for one in found} == {1}
    assert {split(affinities, edge=rule).edge_ties for rule in ("first", "random")} == {1}
    assert chisquare([[one.edge for one in found].count(edge) for edge in EDGES]).pvalue > 1e-3


def test_edges_with_huge_affinities_are_still_told_apart():
    affinities = np.zeros((6, 5, 5))
    affinities[:, 0, 1:3] = affinities[:, 1:3, 0] = [1.7e308, -1.7e308]  # they cancel, their absolute values overflow
    affinities[:, 3, 4] = affinities[:, 4, 3] = [1e300, 2e300, 3e300, 4e300, -1e300, 5e300]
    found = split(affinities, branching=5, objective="sum")
    assert (found.edge, found.cost, found.edge_ties) == (EDGES[4], -1e300, 1)


def test_an_edge_that_is_not_finite_is_recorded_and_never_taken(affinities):
    cheapest = EDGES.index(split(affinities).edge)
    affinities[cheapest, 0, 1] = affinities[cheapest, 1, 0] = np.nan
    for rule in ("best", "first", "random"):
        found = split(affinities, edge=rule)
        assert found.edge_costs[EDGES[cheapest]] is None and found.edge != EDGES[cheapest]
        assert sum(cost is None for cost in found.edge_costs.values()) == 1


def test_the_draw_of_an_edge_does_not_depend_on_the_others(affinities):
    affinities[2] = 0.5
    tied = split(affinities, space=SPACE.restrict(SPACE.full(), 0, [1]), edge="best")
    forced = affinities.copy()
    forced[[0, 1, 3, 4, 5]] = np.nan
    alone = split(forced)
    assert alone.edge == EDGES[2] and alone.ties == 15 and alone.degenerate
    forced[1] = affinities[1] + 100
    assert split(forced).groups == alone.groups and tied.edge_costs[EDGES[2]] == alone.cost


def test_seed_node_metric_and_edge_each_draw_a_tie_of_their_own():
    same = np.full((6, 5, 5), 0.5)

    def draws(**how):
        found = [split(same, seed=seed, edge="first", **how).groups for seed in range(20)]
        assert len(set(found)) > 5
        return found

    others = ({"path": "0"}, {"path": "01"}, {"metric": "gm"}, {"space": SPACE.restrict(SPACE.full(), 0, [1])})
    assert draws() == draws() and all(draws(**how) != draws() for how in others)


def test_seed_node_and_metric_each_draw_an_edge_of_their_own():
    same = np.full((6, 5, 5), 0.5)
    for rule in ("best", "random"):
        ways = ({}, {"path": "0"}, {"metric": "gm"})
        found = [tuple(split(same, seed=seed, edge=rule, **how).edge for seed in range(20)) for how in ways]
        assert len(set(found)) == 3 and all(len(set(edges)) > 3 for edges in found)


def test_rounding_does_not_tell_edges_apart():
    affinity, rng = random_affinities(np.random.default_rng(0))[0] * 0.1, np.random.default_rng(1)
    orders = [rng.permutation(5) for _ in EDGES]
    found = split(np.stack([affinity[np.ix_(order, order)] for order in orders]))
    assert len(set(found.edge_costs.values())) > 1, "the sums are rounded differently"
    assert found.edge_ties == 6


@pytest.mark.parametrize("branching", [2, 3, 4, 5])
def test_every_branching_factor_gives_as_many_groups_and_children(affinities, branching):
    found = split(affinities, branching, path="02")
    assert len(found.groups) == branching == len(found.children)
    assert found.children == tuple(f"02{k}" for k in range(branching)) and found.level == 2


def test_a_node_without_finite_scores_names_metric_seed_and_node():
    with pytest.raises(ScoreError, match=r"metric snip, seed 7, node 01: no edge can be split.*not finite.*scores\.h5"):
        split(np.full((6, 5, 5), np.nan), path="01", seed=7)


def test_a_node_without_a_full_edge_says_so(affinities):
    space = SPACE.full()
    space[:, 0] = False
    with pytest.raises(ScoreError, match="metric snip, seed 0, node root.*none holds all 5 operations any more"):
        split(affinities, space=space)


def test_wrong_shapes_and_rules_are_errors(affinities):
    with pytest.raises(FsnasError, match=r"affinities of node root have the shape \(5, 5\); expected \(6, 5, 5\)"):
        split(affinities[0])
    with pytest.raises(FsnasError, match=r"the edge is 'worst'; expected one of \['best', 'first', 'random'\], or"):
        split(affinities, edge="worst")
    with pytest.raises(FsnasError, match="metric snip, seed 0, node root, edge 1<-0: objective is 'least'"):
        split(affinities, objective="least")
