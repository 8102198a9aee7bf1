"""The same number of groups everywhere (Algorithm 1)."""

from typing import Annotated

from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace
from fsnas.splitting.policies._policy import Levels, levels


def policy(
    space: SearchSpace,
    *,
    branching: Annotated[int, {"ge": 1}, "groups of every split"] = 2,
    max_leaves: Annotated[int, {"ge": 1, "le": "architectures"}, "N, leaves"] = 4,
) -> Levels:
    """Split every node into ``branching`` groups while the leaves would not exceed ``max_leaves``.

    The algorithm as printed splits once even when ``max_leaves < branching``; that is refused here, and one leaf
    means no split.

    Raises
    ------
    FsnasError
        If ``1 < max_leaves < branching``, or as `levels`.
    """
    if not 2 <= branching <= len(space.operations):
        raise FsnasError(f"branching is {branching}; expected 2 to {len(space.operations)}, the number of operations")
    if 1 < max_leaves < branching:
        raise FsnasError(
            f"max_leaves is {max_leaves} and branching {branching}: one split gives {branching} leaves; "
            f"expected max_leaves of 1 (no split) or at least {branching}"
        )
    factors: list[int] = []
    while branching ** (len(factors) + 1) <= max_leaves:
        factors.append(branching)
    return levels(space, factors)
