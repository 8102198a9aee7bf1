"""Policies: into how many groups every node of a level is split, and so how deep the tree is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fsnas.errors import FsnasError
from fsnas.registry import Option, options_of
from fsnas.spaces import SearchSpace
from fsnas.splitting.choices import MOST_GROUPS


@dataclass(frozen=True)
class Policy:
    """The branching factor of every level of splits; without factors nothing is split."""

    factors: tuple[int, ...]

    @property
    def depth(self) -> int:
        """Return the number of levels of splits."""
        return len(self.factors)

    @property
    def leaves(self) -> int:
        """Return the number of leaves of a tree; 1 where nothing is split."""
        return math.prod(self.factors)

    def branching(self, level: int) -> int:
        """Return the number of groups of every split of ``level``.

        Raises
        ------
        FsnasError
            If the policy does not split that level.
        """
        if not 0 <= level < self.depth:
            raise FsnasError(f"level {level} is not split: the policy has {self.depth} levels of splits, from 0 on")
        return self.factors[level]


def constant(
    space: SearchSpace,
    *,
    branching: Annotated[int, {"ge": 1}, "groups of every split"] = 2,
    max_leaves: Annotated[
        int, {"ge": 1, "le": "architectures"}, "N, levels are added while they have at most this many leaves"
    ] = 4,
) -> Policy:
    """Split every node into ``branching`` groups while the leaves would not exceed ``max_leaves`` (Algorithm 1).

    The algorithm as printed splits once even when ``max_leaves < branching``; that is refused here, and one leaf
    means no split.

    Raises
    ------
    FsnasError
        If ``1 < max_leaves < branching``, or as `schedule`.
    """
    if not 2 <= branching <= len(space.operations):
        raise FsnasError(f"branching is {branching}; expected 2 to {len(space.operations)}, the number of operations")
    if max_leaves == 1:
        return none(space)
    if max_leaves < branching:
        raise FsnasError(
            f"max_leaves is {max_leaves} and branching {branching}: one split gives {branching} leaves; "
            f"expected max_leaves of 1 (no split) or at least {branching}"
        )
    factors = [branching]
    while branching ** (len(factors) + 1) <= max_leaves:
        factors.append(branching)
    return schedule(space, schedule=factors)


def schedule(
    space: SearchSpace,
    *,
    schedule: Annotated[
        Sequence[Annotated[int, {"ge": 1, "le": "operations"}]],
        {"le": "edges"},
        "groups of the splits of each level, e.g. [2, 3]",
    ] = (),
) -> Policy:
    """Split every node of level ``d`` into ``schedule[d]`` groups.

    Raises
    ------
    FsnasError
        If there is no factor, one is below 2, above 10 or above the number of operations, or there are more levels than
        edges.
    """
    if not schedule:
        raise FsnasError("the schedule is empty; expected a branching factor per level, or the policy 'none'")
    if (largest := max(schedule)) > MOST_GROUPS:
        raise FsnasError(
            f"branching is {largest}; expected at most {MOST_GROUPS}: a node is addressed by the digits of its "
            "branches; leave out operations, or take fewer groups"
        )
    for level, factor in enumerate(schedule):
        if not 2 <= factor <= len(space.operations):
            raise FsnasError(
                f"branching is {factor} at level {level}; expected 2 to {len(space.operations)}, the number of "
                "operations"
            )
    if len(schedule) > len(space.edges):
        raise FsnasError(
            f"the policy has {len(schedule)} levels, but there are {len(space.edges)} edges and each is split once; "
            "lower max_leaves or depth, or shorten the schedule"
        )
    return Policy(tuple(schedule))


def exhaustive(space: SearchSpace, *, depth: Annotated[int, {"ge": 1, "le": "edges"}, "levels"] = 1) -> Policy:
    """Give every operation a group of its own, on ``depth`` levels (Few-Shot NAS, Zhao et al. 2021).

    Raises
    ------
    FsnasError
        If ``depth`` is below 1 or above the number of edges.
    """
    if depth < 1:
        raise FsnasError(f"depth is {depth}; expected at least 1, or the policy 'none'")
    return schedule(space, schedule=[len(space.operations)] * depth)


def none(space: SearchSpace) -> Policy:
    """Split nothing: one-shot NAS."""
    return Policy(())


POLICIES: dict[str, Callable[..., Policy]] = {each.__name__: each for each in (constant, schedule, exhaustive, none)}


def options(name: str) -> dict[str, Option]:
    """Return the options of the policy called ``name``; `FsnasError` if there is none."""
    if name not in POLICIES:
        raise FsnasError(f"there is no policy {name!r}; expected one of {list(POLICIES)}")
    return options_of(POLICIES[name])


def make_policy(space: SearchSpace, name: str, **given: Any) -> Policy:
    """Return the policy called ``name``.

    Raises
    ------
    FsnasError
        If the policy does not exist or does not know an option, or as the policy's function.
    """
    if unknown := {*given} - {*(known := options(name))}:
        raise FsnasError(f"the policy {name!r} has the options {list(known)}; found {sorted(unknown)}")
    return POLICIES[name](space, **given)
