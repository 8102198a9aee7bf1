from dataclasses import replace

import pytest

from fsnas.errors import FsnasError
from fsnas.splitting.policies import make_policy
from tests.support.space import SPACE


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
    assert (policy.factors, policy.depth, policy.leaves) == (factors, len(factors), leaves)
    assert [policy.branching(level) for level in range(policy.depth)] == list(factors)


BAD = {
    "N < b": ("constant", {"branching": 3, "max_leaves": 2}, r"max_leaves is 2 and branching 3.*1 \(no split\) or at"),
    "b = 1": ("constant", {"branching": 1, "max_leaves": 4}, "branching is 1; expected 2 to 5"),
    "b > operations": ("constant", {"branching": 6, "max_leaves": 8}, "branching is 6; expected 2 to 5"),
    "too deep": ("constant", {"branching": 2, "max_leaves": 128}, "has 7 levels, but there are 6 edges"),
    "factor": ("schedule", {"schedule": [2, 6]}, "branching is 6 at level 1"),
    "empty": ("schedule", {"schedule": []}, "the schedule is empty"),
    "depth 0": ("exhaustive", {"depth": 0}, "depth is 0; expected at least 1"),
    "depth 7": ("exhaustive", {"depth": 7}, "has 7 levels"),
    "unknown": ("greedy", {}, r"there is no policy 'greedy'; expected one of \['constant', 'schedule', 'exhaustive'"),
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


def test_a_level_below_the_last_split_is_an_error():
    with pytest.raises(FsnasError, match="level 2 is not split: the policy has 2 levels"):
        make_policy(SPACE, "schedule", schedule=[2, 2]).branching(2)
