"""Split trees: nodes addressed by their path of branch digits, one split each, and the spaces of the leaves."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fsnas.cuts import Cut, best_cut, tied_with_best
from fsnas.errors import FsnasError, ScoreError
from fsnas.seeding import generator
from fsnas.spaces import EDGES, OPERATIONS, full_space, restrict, splittable_edges

EDGE_RULES = ("best", "first", "random")
ROOT = "root"


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
        Of the cut, as in `fsnas.cuts.Cut`.
    edge_ties
        Over how many equally cheap edges the edge was drawn; 1 is no tie, and 1 under the rules first and random.
    edge_costs
        Cost of the best cut of every edge considered; None where its affinities are not all finite.
    children
        Paths of the children, in the order of ``groups``.
    """

    path: str
    edge: str
    groups: tuple[tuple[str, ...], ...]
    cost: float
    runner_up: float | None
    ties: int
    edge_ties: int
    degenerate: bool
    edge_costs: dict[str, float | None]
    children: tuple[str, ...]

    @property
    def level(self) -> int:
        """Return the depth of the node in the tree; 0 is the root."""
        return 0 if self.path == ROOT else len(self.path)


@dataclass(frozen=True)
class Tree:
    """The splits of one method and seed, parents before children, and the space of every leaf by its path."""

    method: str
    metric: str
    seed: int
    splits: tuple[Split, ...]
    leaves: dict[str, np.ndarray]


def children_paths(path: str, branching: int) -> tuple[str, ...]:
    """Return the paths of the children of the node at ``path``.

    >>> children_paths("root", 2), children_paths("0", 2)
    (('0', '1'), ('00', '01'))
    """
    prefix = "" if path == ROOT else path
    return tuple(f"{prefix}{branch}" for branch in range(branching))


def split_node(
    path: str,
    space: np.ndarray,
    affinity: np.ndarray,
    branching: int,
    *,
    objective: str,
    balance: str,
    edge_rule: str,
    seed: int,
    metric: str,
) -> Split:
    """Cut every edge that can be split, and take one of them.

    Parameters
    ----------
    path
        Address of the node.
    space
        bool ``[edges, operations]``; only edges that hold all operations can be split.
    affinity
        float64 ``[edges, operations, operations]``; an edge with a value off the diagonal that is not finite is
        left out.
    branching
        Number of groups.
    objective, balance
        Of `fsnas.cuts.best_cut`.
    edge_rule
        ``best`` (the cheapest cut), ``first`` (the lowest index) or ``random``.
    seed, metric
        With path and edge they name the streams that draw ties, so no draw depends on another.

    Raises
    ------
    ScoreError
        If no edge can be split; the message names metric, seed and node.
    FsnasError
        If the shapes do not fit, the edge rule does not exist, or as `fsnas.cuts.best_cut`.
    """
    affinity = np.asarray(affinity, dtype=np.float64)
    if affinity.shape != (*space.shape, space.shape[1]):
        raise FsnasError(
            f"affinities of node {path} have the shape {affinity.shape}; expected {(*space.shape, space.shape[1])}"
        )
    considered = splittable_edges(space)
    cuts: dict[int, Cut] = {}
    for edge in considered:
        if np.isfinite(affinity[edge][~np.eye(space.shape[1], dtype=bool)]).all():
            rng = generator(seed, "cut", metric, path, EDGES[edge])
            try:
                cuts[edge] = best_cut(affinity[edge], branching, objective=objective, balance=balance, rng=rng)
            except FsnasError as error:
                raise FsnasError(f"metric {metric}, seed {seed}, node {path}, edge {EDGES[edge]}: {error}") from error
    if not cuts:
        raise ScoreError(_nothing_to_split(path, considered, seed, metric))
    edge, edge_ties = _choose_edge(cuts, edge_rule, generator(seed, "edge", metric, path))
    cut = cuts[edge]
    return Split(
        path=path,
        edge=EDGES[edge],
        groups=tuple(tuple(OPERATIONS[o] for o in group) for group in cut.groups),
        cost=cut.cost,
        runner_up=cut.runner_up,
        ties=cut.ties,
        edge_ties=edge_ties,
        degenerate=cut.degenerate,
        edge_costs={EDGES[e]: cuts[e].cost if e in cuts else None for e in considered},
        children=children_paths(path, branching),
    )


def _choose_edge(cuts: dict[int, Cut], edge_rule: str, rng: np.random.Generator) -> tuple[int, int]:
    """Return the edge that ``edge_rule`` takes, and over how many equally cheap ones it was drawn."""
    edges = sorted(cuts)
    if edge_rule == "first":
        return edges[0], 1
    if edge_rule == "random":
        return edges[rng.integers(len(edges))], 1
    if edge_rule != "best":
        raise FsnasError(f"the edge rule is {edge_rule!r}; expected one of {list(EDGE_RULES)}")
    costs, magnitudes = (np.array([getattr(cuts[e], name) for e in edges]) for name in ("cost", "magnitude"))
    with np.errstate(over="ignore"):
        tied = np.flatnonzero(tied_with_best(costs, magnitudes))
    return edges[tied[rng.integers(len(tied))]], len(tied)


def _nothing_to_split(path: str, considered: list[int], seed: int, metric: str) -> str:
    """Return the message for a node without an edge that can be split."""
    where = f"metric {metric}, seed {seed}, node {path}: no edge can be split"
    if not considered:
        return f"{where}: none holds all {len(OPERATIONS)} operations any more; use fewer levels"
    names = ", ".join(EDGES[edge] for edge in considered)
    return (
        f"{where}: every edge that holds all operations ({names}) has a score that is not finite; expected finite "
        "scores on at least one; see the reasons kept in this node's scores.h5, and change the metric's options or "
        "its batch"
    )


def children_spaces(space: np.ndarray, split: Split) -> dict[str, np.ndarray]:
    """Return the spaces of the children of a node by their paths: bool ``[edges, operations]`` each."""
    edge = EDGES.index(split.edge)
    groups = [[OPERATIONS.index(name) for name in group] for group in split.groups]
    return {path: restrict(space, edge, group) for path, group in zip(split.children, groups, strict=True)}


def node_spaces(splits: Iterable[Split]) -> dict[str, np.ndarray]:
    """Return the spaces of the nodes below ``splits``, by path; of the root where there are none.

    Given the splits of all levels above, parents before children, these are the nodes of the next level; given the
    splits of a whole tree, its leaves.

    Raises
    ------
    FsnasError
        If a split's node is not a child of the splits before it, or is split twice.
    """
    nodes = {ROOT: full_space()}
    for split in splits:
        if split.path not in nodes:
            raise FsnasError(
                f"node {split.path} cannot be split: it has no parent before it, or is there twice; expected one of "
                f"{sorted(nodes)}"
            )
        nodes |= children_spaces(nodes.pop(split.path), split)
    return dict(sorted(nodes.items()))
