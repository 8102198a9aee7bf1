"""What a policy is, and the policy that splits all nodes of a level into the same number of groups."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.choices import MOST_GROUPS
from fsnas.splitting.node import split_node
from fsnas.splitting.trees import Split


class Policy(ABC):
    """How a tree grows: in rounds, each of which scores the nodes that are new, and splits some leaves.

    Attributes
    ----------
    rounds
        How many there are at most; those after the tree has all of its leaves are empty.
    leaves
        How many the tree has in the end.
    candidates
        Of a policy that grows several trees and takes the one with the clearest cuts: the policy of each, by name. It
        has no round itself.
    by_level
        Whether round ``d`` splits all nodes of level ``d``, so that a list says something for each level.
    takes_edge
        Whether it takes the edges by a rule of its own, so that there is no other one.
    """

    by_level = False
    takes_edge = False

    def __init__(self, rounds: int, leaves: int, candidates: Mapping[str, "Policy"] | None = None) -> None:
        if leaves < 1 or leaves > 1 and not (rounds or candidates):
            raise FsnasError(
                f"a policy of {leaves} leaves and {rounds} rounds grows no tree; expected 1 leaf or a round"
            )
        self.rounds, self.leaves, self.candidates = rounds, leaves, dict(candidates or {})

    @property
    def grown(self) -> dict[str, "Policy"]:
        """Return the policies of the trees that are grown: those of the candidates, or itself, without a name."""
        return self.candidates or {"": self}

    def alike(self, other: "Policy", rounds: int) -> bool:
        """Return whether trees of this policy and of another one are surely the same after so many rounds."""
        return other is self or not rounds

    @abstractmethod
    def splits(self, leaves: Mapping[str, NodeScores], number: int, **how: Any) -> list[Split]:
        """Return the splits of one round.

        Parameters
        ----------
        leaves
            The scores of all nodes that are leaves now, by path; there are fewer than there are to be.
        number
            Of the round, from 0 on.
        how
            The arguments of `split_node` that the method says: objective, balance, edge, average.
        """


class Levels(Policy):
    """Split all nodes of level ``d`` into ``factors[d]`` groups; without factors nothing is split.

    With ``clear`` each split says how clear the cuts were.
    """

    by_level = True

    def __init__(self, factors: Sequence[int], *, clear: bool = False) -> None:
        super().__init__(len(factors), math.prod(factors))
        self.factors, self.clear = tuple(factors), clear

    def alike(self, other: Policy, rounds: int) -> bool:
        """Return whether both split the levels above into the same numbers of groups."""
        return isinstance(other, Levels) and other.factors[:rounds] == self.factors[:rounds]

    def splits(self, leaves: Mapping[str, NodeScores], number: int, **how: Any) -> list[Split]:
        """Return a split of every node."""
        return [split_node(scores, self.factors[number], clear=self.clear, **how) for scores in leaves.values()]


def levels(space: SearchSpace, factors: Sequence[int], **options: Any) -> Levels:
    """Return `Levels` with these factors.

    Raises
    ------
    FsnasError
        If one is below 2, above 10 or above the number of operations, or there are more than edges.
    """
    if (largest := max(factors, default=2)) > MOST_GROUPS:
        raise FsnasError(
            f"branching is {largest}; expected at most {MOST_GROUPS}: a node is addressed by the digits of its "
            "branches; leave out operations, or take fewer groups"
        )
    for level, factor in enumerate(factors):
        if not 2 <= factor <= len(space.operations):
            raise FsnasError(
                f"branching is {factor} at level {level}; expected 2 to {len(space.operations)}, the number of "
                "operations"
            )
    if len(factors) > len(space.edges):
        raise FsnasError(
            f"the policy has {len(factors)} levels, but there are {len(space.edges)} edges and each is split once; "
            "lower max_leaves or depth, or shorten the schedule"
        )
    return Levels(factors, **options)


def most_branching(space: SearchSpace) -> int:
    """Return the most groups of a split, for policies that look for clear cuts: one fewer than operations.

    Raises
    ------
    FsnasError
        If there are fewer than 4 operations: no cut of these is clearer than another.
    """
    if len(space.operations) < 4:
        raise FsnasError(
            f"a policy that looks for clear cuts needs at least 4 operations, found {len(space.operations)}: in any "
            "order the affinities of these have the same best cut; take constant or schedule"
        )
    return min(len(space.operations) - 1, MOST_GROUPS)
