"""Split trees: nodes addressed by their path of branch digits, one split each, and the spaces of the leaves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Len, MinLen

from fsnas.errors import FsnasError
from fsnas.fields import Matches
from fsnas.spaces import SearchSpace
from fsnas.splitting.choices import MOST_GROUPS, Average, Balance, Objective

ROOT = "root"
NodePath = Annotated[str, Matches("^(root|[0-9]+)$")]
Name = Annotated[str, MinLen(1)]
Branches = Len(2, MOST_GROUPS)


@dataclass(frozen=True)
class Split:
    """One edge of one node, and the partition of its operations.

    Attributes
    ----------
    path
        Address of the node: ``root``, then branch digits (``0``, ``01``).
    edge
        Name of the edge, ``3<-0``.
    groups
        Operation names, a group per branch.
    cost, runner_up, ties, degenerate
        Of the cut, as in `fsnas.splitting.cuts.Cut`.
    edge_ties
        Over how many equally cheap edges the edge was drawn, or under the policy adaptive over how many equally clear
        choices of leaf, edge and number of groups; 1 is no tie, and 1 under the rules first and random.
    edge_costs
        Cost of the best cut of every edge considered; None where its affinities are not all finite.
    children
        Paths of the children, in the order of ``groups``.
    edge_clearness
        How clear the cut of every edge with a cost is (`fsnas.splitting.cuts.clearness`), if the policy asks for it.
    shares
        Of joint metrics, what the cut costs in the affinities that each adds (`fsnas.splitting.joint.combined`).
    """

    path: NodePath
    edge: str
    groups: Annotated[tuple[Annotated[tuple[str, ...], MinLen(1)], ...], Branches]
    cost: float
    runner_up: float | None
    ties: Annotated[int, Ge(1)]
    edge_ties: Annotated[int, Ge(1)]
    degenerate: bool
    edge_costs: dict[str, float | None]
    children: Annotated[tuple[NodePath, ...], Branches]
    edge_clearness: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)

    @property
    def level(self) -> int:
        """Return the depth of the node in the tree; 0 is the root."""
        return 0 if self.path == ROOT else len(self.path)

    @property
    def clearness(self) -> float | None:
        """Return how clear the cut is that was taken; None where the policy did not ask for it."""
        return self.edge_clearness.get(self.edge)


Rounds = Sequence[Sequence[Split]]


@dataclass(frozen=True)
class Level:
    """The content of splits.json: the splits of one round, ordered by level and path, and what made them.

    ``level`` is the number of the round, which under most policies splits this level; ``leaves`` is how many the tree
    has in the end.
    """

    method: Name
    metric: Name
    seed: int
    level: Annotated[int, Ge(0)]
    leaves: Annotated[int, Ge(2)]
    splits: tuple[Split, ...]
    objective: Objective
    balance: Balance
    edge: Name
    average: Average
    key: str
    settings: dict[str, Any]
    space: SearchSpace


@dataclass(frozen=True)
class Tuning:
    """Which of several candidates became the tree.

    Attributes
    ----------
    taken
        Its name.
    ties
        Over how many equally clear ones it was drawn; 1 is no tie.
    clearness
        Mean clearness of the cuts of every candidate, by name.
    """

    taken: Name
    ties: Annotated[int, Ge(1)]
    clearness: Annotated[dict[str, float], MinLen(1)]


@dataclass(frozen=True)
class Tree:
    """The splits of one method and seed, parents before children, and the sub-space of every leaf by its path.

    The number of a leaf is its place among them, in the order of their paths. ``tuning`` is there if the policy has
    chosen the tree among candidates.
    """

    method: Name
    metric: Name
    seed: int
    splits: tuple[Split, ...]
    leaves: dict[str, np.ndarray]
    space: SearchSpace
    tuning: Tuning | None = None

    def leaf(self, number: int) -> np.ndarray:
        """Return the sub-space of the leaf with this number."""
        return list(self.leaves.values())[number]


def children_paths(path: str, branching: int) -> tuple[str, ...]:
    """Return the paths of the children of the node at ``path``.

    >>> children_paths("root", 2), children_paths("0", 2)
    (('0', '1'), ('00', '01'))
    """
    prefix = "" if path == ROOT else path
    return tuple(f"{prefix}{branch}" for branch in range(branching))


def children_spaces(space: SearchSpace, sub_space: np.ndarray, split: Split) -> dict[str, np.ndarray]:
    """Return the sub-spaces of the children of a node by their paths: bool ``[edges, operations]`` each."""
    edge = space.edges.index(split.edge)
    groups = [[space.operations.index(name) for name in group] for group in split.groups]
    return {path: space.restrict(sub_space, edge, group) for path, group in zip(split.children, groups, strict=True)}


def node_spaces(space: SearchSpace, splits: Iterable[Split]) -> dict[str, np.ndarray]:
    """Return the sub-spaces of the nodes below ``splits``, by path; of the root where there are none.

    Given the splits of all levels above, parents before children, these are the nodes of the next level; given the
    splits of a whole tree, its leaves.

    Raises
    ------
    FsnasError
        If a split's node is not a child of the splits before it, or is split twice.
    """
    nodes = {ROOT: space.full()}
    for split in splits:
        if split.path not in nodes:
            raise FsnasError(
                f"node {split.path} cannot be split: it has no parent before it, or is there twice; expected one of "
                f"{sorted(nodes)}"
            )
        nodes |= children_spaces(space, nodes.pop(split.path), split)
    return dict(sorted(nodes.items()))


def new_nodes(space: SearchSpace, rounds: Rounds, leaves: float) -> dict[str, np.ndarray]:
    """Return the sub-spaces of the nodes that are new since the last of ``rounds``, by path: they are to be scored.

    There are none once the tree has as many ``leaves`` as it is to have.
    """
    nodes = node_spaces(space, [split for each in rounds for split in each])
    new = {path for split in rounds[-1] for path in split.children} if rounds else {ROOT}
    return {path: mask for path, mask in nodes.items() if path in new and len(nodes) < leaves}
