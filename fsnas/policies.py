"""Policies: into how many groups every node of a level is split, and so how deep the tree is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fsnas.errors import FsnasError
from fsnas.spaces import EDGES, OPERATIONS


@dataclass(frozen=True)
class Policy:
    """The branching factor of every level; the tree has ``depth`` levels of splits."""

    factors: tuple[int, ...]

    @property
    def depth(self) -> int:
        """Return the number of levels of splits."""
        return len(self.factors)

    def branching(self, level: int) -> int:
        """Return the number of groups of every split of ``level``."""
        return self.factors[level]


def constant(branching: int, max_leaves: int) -> Policy:
    """Split every node into ``branching`` groups while the leaves would not exceed ``max_leaves`` (Algorithm 1).

    Raises
    ------
    FsnasError
        If ``1 < max_leaves < branching``, or as `schedule`.
    """
    if max_leaves == 1:
        return none()
    if max_leaves < branching:
        raise FsnasError(
            f"max_leaves is {max_leaves} and branching {branching}: a split gives {branching} leaves; "
            f"expected max_leaves of 1 (no split) or at least {branching}"
        )
    factors, leaves = [], branching
    while branching > 1 and leaves <= max_leaves:
        factors.append(branching)
        leaves *= branching
    return schedule(factors or [branching])


def schedule(factors: Sequence[int]) -> Policy:
    """Split every node of level ``d`` into ``factors[d]`` groups.

    Raises
    ------
    FsnasError
        If a factor is below 2 or above the number of operations, or there are more levels than edges.
    """
    for level, factor in enumerate(factors):
        if not 2 <= factor <= len(OPERATIONS):
            raise FsnasError(
                f"branching is {factor} at level {level}; expected 2 to {len(OPERATIONS)}, the number of operations"
            )
    if len(factors) > len(EDGES):
        raise FsnasError(
            f"the policy has {len(factors)} levels, but there are {len(EDGES)} edges and each is split once; "
            "lower max_leaves or shorten the schedule"
        )
    return Policy(tuple(factors))


def exhaustive(depth: int = 1) -> Policy:
    """Give every operation a group of its own, on ``depth`` levels (Few-Shot NAS, Zhao et al. 2021)."""
    return schedule([len(OPERATIONS)] * depth)


def none() -> Policy:
    """Split nothing: one-shot NAS."""
    return Policy(())


def make_policy(name: str, **options: Any) -> Policy:
    """Return the policy ``name``: constant, schedule, exhaustive or none, with the arguments of its function."""
    if name == "schedule":
        return schedule(options["schedule"])
    policies: dict[str, Callable[..., Policy]] = {"constant": constant, "exhaustive": exhaustive, "none": none}
    if name not in policies:
        raise FsnasError(f"there is no policy {name!r}; expected one of {['schedule', *policies]}")
    return policies[name](**options)
