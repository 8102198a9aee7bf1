"""A number of groups for each level."""

from typing import Annotated

from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace
from fsnas.splitting.policies._policy import Levels, levels


def policy(
    space: SearchSpace,
    *,
    schedule: Annotated[
        list[Annotated[int, {"ge": 1, "le": "operations"}]],
        {"le": "edges"},
        "groups of the splits of each level, e.g. [2, 3]",
    ] = (),  # type: ignore[assignment]
) -> Levels:
    """Split every node of level ``d`` into ``schedule[d]`` groups.

    Raises
    ------
    FsnasError
        If there is no factor, or as `levels`.
    """
    if not schedule:
        raise FsnasError("the schedule is empty; expected a branching factor per level, or the policy 'none'")
    return levels(space, schedule)
