"""A group for each operation (Few-Shot NAS, Zhao et al. 2021)."""

from typing import Annotated

from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace
from fsnas.splitting.policies._policy import Levels, levels


def policy(space: SearchSpace, *, depth: Annotated[int, {"ge": 1, "le": "edges"}, "levels"] = 1) -> Levels:
    """Give every operation a group of its own, on ``depth`` levels.

    Raises
    ------
    FsnasError
        If ``depth`` is below 1 or above the number of edges.
    """
    if depth < 1:
        raise FsnasError(f"depth is {depth}; expected at least 1, or the policy 'none'")
    return levels(space, [len(space.operations)] * depth)
