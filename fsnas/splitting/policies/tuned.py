"""The number of groups of each level as a search problem: every schedule is grown, and the clearest tree taken."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.policies._policy import Levels, Policy, most_branching
from fsnas.splitting.trees import Split


class Tuned(Policy):
    """Grow a tree by each of several schedules, and take the one whose cuts are clearest in the mean."""

    def splits(self, leaves: Mapping[str, NodeScores], number: int, **how: Any) -> list[Split]:
        """Return nothing: its candidates split."""
        return []


def schedules(leaves: int, most: int) -> Iterator[tuple[int, ...]]:
    """Yield every schedule of 2 to ``most`` groups whose product is ``leaves``, in lexicographic order.

    >>> list(schedules(8, 4))
    [(2, 2, 2), (2, 4), (4, 2)]
    """
    if leaves == 1:
        yield ()
    for first in range(2, min(leaves, most) + 1):
        if leaves % first == 0:
            yield from ((first, *rest) for rest in schedules(leaves // first, most))


def policy(
    space: SearchSpace,
    *,
    max_leaves: Annotated[int, {"ge": 1, "le": "architectures"}, "N, leaves"] = 4,
) -> Tuned:
    """Grow a tree by every schedule with exactly ``max_leaves`` leaves, fewer groups than operations everywhere.

    How clear a cut is says `fsnas.splitting.cuts.clearness`.

    Raises
    ------
    FsnasError
        If there is no such schedule.
    """
    most, depth = most_branching(space), len(space.edges)
    found = [factors for factors in schedules(max_leaves, most) if 0 < len(factors) <= depth]
    if not found:
        raise FsnasError(
            f"max_leaves is {max_leaves}, which no schedule has: expected a product of at most {depth} numbers of "
            f"groups, each from 2 to {most} (fewer than there are operations), e.g. 4"
        )
    return Tuned(0, max_leaves, {"-".join(map(str, factors)): Levels(factors, clear=True) for factors in found})
