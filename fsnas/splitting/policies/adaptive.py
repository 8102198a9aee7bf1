"""The clearest cut first: every round splits one leaf, until there are enough."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np

from fsnas.errors import FsnasError, ScoreError
from fsnas.seeding import generator
from fsnas.spaces import SearchSpace
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.cuts import tied_with_best
from fsnas.splitting.node import cut_node
from fsnas.splitting.policies._policy import Policy, most_branching
from fsnas.splitting.trees import Split


class Adaptive(Policy):
    """Split the leaf, on the edge and into the number of groups whose cut is clearest."""

    takes_edge = True

    def __init__(self, leaves: int, branching: int) -> None:
        super().__init__(leaves - 1, leaves)
        self.branching = branching

    def splits(self, leaves: Mapping[str, NodeScores], number: int, *, edge: str = "best", **how: Any) -> list[Split]:
        """Return the one split of a round; equally clear ones are counted in its ``edge_ties``, and one is drawn.

        Only what leaves the number of leaves within reach is looked at.

        Raises
        ------
        ScoreError
            If no leaf can be split any more.
        """
        nodes = [cut_node(leaves[path], b, clear=True, **how) for path, b in self._fitting(leaves)]
        choices = [(node, e) for node in nodes for e in node.cuts]
        one = next(iter(leaves.values()))
        if not choices:
            raise ScoreError(
                f"metric {one.metric}, seed {one.seed}, round {number}: the tree has {len(leaves)} of its "
                f"{self.leaves} leaves, and no leaf has an edge that holds all operations and finite scores on it; "
                "lower max_leaves, raise max_branching, or see the reasons kept in scores.h5"
            )
        clear = np.array([node.clearness[e] for node, e in choices])
        tied = np.flatnonzero(tied_with_best(-clear[:, 0], clear[:, 1]))
        rng = generator(one.seed, "adaptive", one.metric, number)
        node, taken = choices[tied[rng.integers(len(tied))]]
        return [node.split(taken, len(tied))]

    def _fitting(self, leaves: Mapping[str, NodeScores]) -> Iterator[tuple[str, int]]:
        """Yield the leaves, and into how many groups each may be split: not too many, nor too few to go on."""
        edges = {path: len(one.space.splittable_edges(one.sub_space)) for path, one in leaves.items()}
        within_reach = sum(self.branching**left for left in edges.values())
        for path, left in edges.items():
            for b in range(2, min(self.branching, self.leaves - len(leaves) + 1) + 1):
                if left and within_reach - (self.branching - b) * self.branching ** (left - 1) >= self.leaves:
                    yield path, b


def policy(
    space: SearchSpace,
    *,
    max_leaves: Annotated[int, {"ge": 1, "le": "architectures"}, "N, leaves; constant: in whole levels, at most"] = 4,
    max_branching: Annotated[
        int, {"ge": 2, "le": "operations"}, "most groups of a split, fewer than there are operations"
    ] = 3,
) -> Adaptive:
    """Split the leaf with the clearest cut, into 2 to ``max_branching`` groups, until there are ``max_leaves``.

    How clear a cut is says `fsnas.splitting.cuts.clearness`. Three groups are the most by default: into one group less
    than operations every order of the affinities has the same best cut, so that it is never clear.

    Raises
    ------
    FsnasError
        If no tree can have so many leaves, or a split so many groups.
    """
    if not 2 <= max_branching <= (most := most_branching(space)):
        raise FsnasError(f"max_branching is {max_branching}; expected 2 to {most}, fewer than there are operations")
    if max_leaves > max_branching ** len(space.edges):
        raise FsnasError(
            f"max_leaves is {max_leaves}, but with {len(space.edges)} edges and at most {max_branching} groups a split "
            f"no tree has more than {max_branching ** len(space.edges)}; lower it, or raise max_branching"
        )
    return Adaptive(max_leaves, max_branching)
