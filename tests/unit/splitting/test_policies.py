from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare

from fsnas.errors import FsnasError, ScoreError
from fsnas.splitting.policies import Policy, make_policy
from fsnas.splitting.trees import new_nodes
from tests.support.growing import affinities_by_path, grown, rounds_of
from tests.support.space import EDGES, SPACE
from tests.support.splits import random_affinities


@pytest.mark.parametrize(
    ("name", "options", "factors", "leaves"),
    [
        ("constant", {"branching": 2, "max_leaves": 8}, (2, 2, 2), 8),  # the paper
        ("constant", {"branching": 3, "max_leaves": 8}, (3,), 3),
        ("constant", {"branching": 2, "max_leaves": 2}, (2,), 2),
        ("constant", {"branching": 2, "max_leaves": 7}, (2, 2), 4),
        ("constant", {"branching": 2, "max_leaves": 64}, (2,) * 6, 64),
        ("constant", {"branching": 5, "max_leaves": 25}, (5, 5), 25),
        ("constant", {"branching": 2, "max_leaves": 1}, (), 1),
        ("constant", {"branching": 5, "max_leaves": 5}, (5,), 5),
        ("schedule", {"schedule": [3, 2, 4]}, (3, 2, 4), 24),
        ("exhaustive", {"depth": 1}, (5,), 5),
        ("exhaustive", {"depth": 6}, (5,) * 6, 15_625),
        ("none", {}, (), 1),
    ],
)
def test_a_policy_knows_its_levels_and_the_number_of_its_leaves(name, options, factors, leaves):
    policy = make_policy(SPACE, name, **options)
    assert (policy.factors, policy.rounds, policy.leaves) == (factors, len(factors), leaves)


BAD = {
    "N < b": ("constant", {"branching": 3, "max_leaves": 2}, r"max_leaves is 2 and branching 3.*1 \(no split\) or at"),
    "b = 1": ("constant", {"branching": 1, "max_leaves": 4}, "branching is 1; expected 2 to 5"),
    "b > operations": ("constant", {"branching": 6, "max_leaves": 8}, "branching is 6; expected 2 to 5"),
    "too deep": ("constant", {"branching": 2, "max_leaves": 128}, "has 7 levels, but there are 6 edges"),
    "factor": ("schedule", {"schedule": [2, 6]}, "branching is 6 at level 1"),
    "empty": ("schedule", {"schedule": []}, "the schedule is empty"),
    "depth 0": ("exhaustive", {"depth": 0}, "depth is 0; expected at least 1"),
    "depth 7": ("exhaustive", {"depth": 7}, "has 7 levels"),
    "unknown": ("greedy", {}, "no policy 'greedy'. Known policies: adaptive, constant, exhaustive, none, sch"),
    "adaptive with one group per operation": (
        "adaptive",
        {"max_branching": 5},
        "max_branching is 5; expected 2 to 4, fewer than there are operations",
    ),
    "adaptive with more leaves than any tree": (
        "adaptive",
        {"max_leaves": 730},
        "max_leaves is 730, but with 6 edges and at most 3 groups a split no tree has more than 729",
    ),
    "tuned with a prime": (
        "tuned",
        {"max_leaves": 7},
        "max_leaves is 7, which no schedule has: expected a product of at",
    ),
    "tuned without a split": ("tuned", {"max_leaves": 1}, "max_leaves is 1, which no schedule has"),
    "tuned too deep": ("tuned", {"max_leaves": 4096 * 2}, "max_leaves is 8192, which no schedule has"),
    "options": ("exhaustive", {"levels": 1}, r"'exhaustive' has the options \['depth'\]; found \['levels'\]"),
}


@pytest.mark.parametrize(("name", "options", "message"), BAD.values(), ids=BAD)
def test_an_impossible_policy_is_an_error(name, options, message):
    with pytest.raises(FsnasError, match=message):
        make_policy(SPACE, name, **options)


def test_more_groups_than_digits_are_refused():
    """The child 10 of the root would be the child 0 of its child 1."""
    space = replace(SPACE, operations=tuple(f"operation {i}" for i in range(12)))
    assert make_policy(space, "schedule", schedule=[10]).leaves == 10
    with pytest.raises(FsnasError, match="branching is 12; expected at most 10: a node is addressed by the digits"):
        make_policy(space, "exhaustive", depth=2)


@pytest.mark.parametrize("name", ["adaptive", "tuned"])
def test_three_operations_have_no_clear_cut(name):
    """Whatever the order of the affinities of three pairs, the two that cost least can be cut."""
    space = replace(SPACE, operations=SPACE.operations[:3])
    with pytest.raises(FsnasError, match="needs at least 4 operations, found 3.*take constant or schedule"):
        make_policy(space, name)


CANDIDATES = {4: ["2-2", "4"], 8: ["2-2-2", "2-4", "4-2"], 6: ["2-3", "3-2"], 2: ["2"], 64: None}


@pytest.mark.parametrize(("leaves", "expected"), CANDIDATES.items())
def test_the_candidates_are_all_schedules_with_so_many_leaves(leaves, expected):
    policy = make_policy(SPACE, "tuned", max_leaves=leaves)
    found = list(policy.candidates)
    assert found == expected or len(found) == 13
    assert (policy.rounds, policy.leaves) == (0, leaves) and {one.leaves for one in policy.grown.values()} == {leaves}
    assert all(name == "-".join(map(str, one.factors)) for name, one in policy.candidates.items())


def test_candidates_are_alike_while_their_numbers_of_groups_are():
    grown = make_policy(SPACE, "tuned", max_leaves=8).grown
    alike = [[grown["2-2-2"].alike(grown[name], rounds) for rounds in range(3)] for name in grown]
    assert alike == [[True, True, True], [True, True, False], [True, False, False]]
    policy = make_policy(SPACE, "adaptive")
    assert policy.alike(policy, 3) and not policy.alike(grown["2-4"], 1) and policy.alike(grown["2-4"], 0)


AFFINITIES = affinities_by_path(SPACE, 0)


def test_rounds_after_the_tree_is_full_are_empty_and_score_nothing():
    policy = make_policy(SPACE, "adaptive", max_leaves=8, max_branching=4)
    rounds = rounds_of(policy, SPACE, AFFINITIES)
    counts = [len(each) for each in rounds]
    assert len(counts) == 7 and counts == sorted(counts, reverse=True) and {*counts} == {0, 1}
    assert [*new_nodes(SPACE, [], 8)] == ["root"] and not new_nodes(SPACE, rounds[: sum(counts)], 8)
    assert [*new_nodes(SPACE, rounds[:1], 8)] == [*rounds[0][0].children]
    before = new_nodes(SPACE, rounds[: sum(counts) - 1], 8)
    assert [*before] == [*rounds[sum(counts) - 2][0].children], "only the nodes that are new"


def test_equally_clear_cuts_are_drawn_and_counted_whatever_their_scale():
    one = random_affinities(np.random.default_rng(0))[0]
    same = np.stack([one * 10.0**k + k for k in range(6)])
    policy = make_policy(SPACE, "adaptive", max_leaves=2)
    found = [grown(policy, SPACE, lambda path: same, seed).splits[0] for seed in range(300)]
    assert {split.edge_ties for split in found} == {6} and {split.ties for split in found} == {1}
    assert chisquare([[split.edge for split in found].count(edge) for edge in EDGES]).pvalue > 1e-3
    assert found[0] == grown(policy, SPACE, lambda path: same, 0).splits[0]


def test_equally_clear_candidates_are_drawn_and_counted():
    flat = np.full((6, 5, 5), 0.5)
    policy = make_policy(SPACE, "tuned", max_leaves=8)
    found = [grown(policy, SPACE, lambda path: flat, seed).tuning for seed in range(60)]
    assert {tuning.ties for tuning in found} == {3} and {tuning.taken for tuning in found} == {*policy.candidates}
    assert all(tuning.clearness == dict.fromkeys(policy.candidates, 0.0) for tuning in found)


def test_a_leaf_without_finite_scores_is_not_split_and_an_edge_neither():
    def affinities(path):
        found = AFFINITIES(path).copy()
        found[2 if path == "root" else slice(None)] = np.nan
        return found if path in ("root", "0") else AFFINITIES(path)

    tree = grown(make_policy(SPACE, "adaptive", max_leaves=6), SPACE, affinities)
    assert "0" in tree.leaves and tree.splits[0].edge_costs[EDGES[2]] is None
    assert {*tree.splits[0].edge_clearness} == {*EDGES} - {EDGES[2]}


def test_a_tree_that_can_grow_no_further_is_an_error():
    with pytest.raises(
        ScoreError, match="metric made, seed 3, round 1: the tree has [23] of its 5 leaves, and no leaf"
    ):
        grown(
            make_policy(SPACE, "adaptive", max_leaves=5),
            SPACE,
            lambda path: AFFINITIES(path) if path == "root" else np.full((6, 5, 5), np.nan),
            seed=3,
        )


class Broken(Policy):
    def splits(self, leaves, number, **how):
        return []


def test_a_policy_that_does_not_keep_its_word_is_an_error():
    with pytest.raises(FsnasError, match="method made, seed 0: the tree has 1 leaves after all rounds, and its policy"):
        grown(Broken(2, 3), SPACE, AFFINITIES)
    with pytest.raises(FsnasError, match="a policy of 3 leaves and 0 rounds grows no tree"):
        Broken(0, 3)
