"""The split of one node: the cut of every edge that can be split, and the edge that is taken."""

from dataclasses import dataclass

import numpy as np

from fsnas.errors import FsnasError, ScoreError
from fsnas.seeding import generator
from fsnas.splitting.affinities import NodeScores, averaged
from fsnas.splitting.choices import EDGE_RULES
from fsnas.splitting.cuts import Clearness, Cut, best_cut, clearness, cut_cost, tied_with_best
from fsnas.splitting.trees import Split, children_paths


@dataclass(frozen=True)
class NodeCuts:
    """The best cut of every edge of a node that can be split, into the same number of groups.

    Attributes
    ----------
    considered
        Indices of the edges that hold all operations.
    cuts
        By index of the edge; one with an affinity off the diagonal that is not finite has none.
    clearness
        Of these cuts, where it was asked for.
    """

    scores: NodeScores
    branching: int
    objective: str
    considered: list[int]
    cuts: dict[int, Cut]
    clearness: dict[int, Clearness]

    def split(self, edge: int, edge_ties: int) -> Split:
        """Return the split of the node on this edge, which was drawn over so many."""
        space, cut, shares = self.scores.space, self.cuts[edge], self.scores.shares.items()
        return Split(
            path=self.scores.path,
            edge=space.edges[edge],
            groups=tuple(tuple(space.operations[o] for o in group) for group in cut.groups),
            cost=cut.cost,
            runner_up=cut.runner_up,
            ties=cut.ties,
            edge_ties=edge_ties,
            degenerate=cut.degenerate,
            edge_costs={space.edges[e]: self.cuts[e].cost if e in self.cuts else None for e in self.considered},
            children=children_paths(self.scores.path, self.branching),
            shares={metric: cut_cost(of[edge], cut.groups, self.objective) for metric, of in shares},
            edge_clearness={space.edges[e]: found.value for e, found in self.clearness.items()},
        )


def cut_node(
    scores: NodeScores,
    branching: int,
    *,
    objective: str = "mean",
    balance: str = "none",
    average: str = "affinities",
    clear: bool = False,
) -> NodeCuts:
    """Cut every edge of a node that can be split; arguments and errors as `split_node`, but that all may have none."""
    space, path, stream = scores.space, scores.path, (scores.metric, scores.path)
    affinity = np.asarray(averaged(scores, average), dtype=np.float64)
    expected = (*scores.sub_space.shape, len(space.operations))
    if affinity.shape != expected:
        raise FsnasError(f"affinities of node {path} have the shape {affinity.shape}; expected {expected}")
    considered = space.splittable_edges(scores.sub_space)
    how, cuts, found = {"objective": objective, "balance": balance}, dict[int, Cut](), dict[int, Clearness]()
    for e in considered:
        if np.isfinite(affinity[e][~np.eye(len(space.operations), dtype=bool)]).all():
            rng = generator(scores.seed, "cut", *stream, space.edges[e])
            try:
                cuts[e] = best_cut(affinity[e], branching, **how, rng=rng)
                if clear:
                    found[e] = clearness(affinity[e], branching, **how, seed=scores.seed)
            except FsnasError as error:
                raise FsnasError(f"{_place(scores)}, edge {space.edges[e]}: {error}") from error
    return NodeCuts(scores, branching, objective, considered, cuts, found)


def split_node(
    scores: NodeScores,
    branching: int = 2,
    *,
    objective: str = "mean",
    balance: str = "none",
    edge: str = "best",
    average: str = "affinities",
    clear: bool = False,
) -> Split:
    """Cut every edge of a node that can be split, and take one of them.

    Parameters
    ----------
    scores
        Of the node. Only edges that hold all operations can be split; one with an affinity off the diagonal that is not
        finite is left out. Its seed, metric and path name, with the edge, the streams that draw ties, so no draw
        depends on another.
    branching
        Number of groups.
    objective, balance
        Of `fsnas.splitting.cuts.best_cut`.
    edge
        ``best`` (the cheapest cut), ``first`` (the lowest index), ``random``, or the name of an edge.
    average
        Over repetitions, as in `fsnas.splitting.affinities.averaged`.
    clear
        Whether to find out how clear the cut of every edge is (`fsnas.splitting.cuts.clearness`), too.

    Raises
    ------
    ScoreError
        If no edge can be split; the message names metric, seed and node.
    FsnasError
        If the shapes do not fit, the edge does not exist or cannot be split, or as `fsnas.splitting.cuts.best_cut`.
    """
    how = {"objective": objective, "balance": balance, "average": average}
    node = cut_node(scores, branching, clear=clear, **how)
    if not node.cuts:
        raise ScoreError(_nothing_to_split(scores, node.considered))
    return node.split(
        *_choose_edge(scores, node.cuts, edge, generator(scores.seed, "edge", scores.metric, scores.path))
    )


def _choose_edge(scores: NodeScores, cuts: dict[int, Cut], edge: str, rng: np.random.Generator) -> tuple[int, int]:
    """Return the edge that ``edge`` means, and over how many equally cheap ones it was drawn."""
    edges, names = sorted(cuts), scores.space.edges
    if edge == "first":
        return edges[0], 1
    if edge == "random":
        return edges[rng.integers(len(edges))], 1
    if edge in names:
        if names.index(edge) not in cuts:
            raise ScoreError(
                f"{_place(scores)}: the edge {edge} cannot be split, since it no longer holds all operations or has a "
                f"score that is not finite; expected one of {', '.join(names[e] for e in edges)}"
            )
        return names.index(edge), 1
    if edge != "best":
        raise FsnasError(f"the edge is {edge!r}; expected one of {list(EDGE_RULES)}, or of {', '.join(names)}")
    costs, magnitudes = (np.array([getattr(cuts[e], name) for e in edges]) for name in ("cost", "magnitude"))
    with np.errstate(over="ignore"):
        tied = np.flatnonzero(tied_with_best(costs, magnitudes))
    return edges[tied[rng.integers(len(tied))]], len(tied)


def _place(scores: NodeScores) -> str:
    return f"metric {scores.metric}, seed {scores.seed}, node {scores.path}"


def _nothing_to_split(scores: NodeScores, considered: list[int]) -> str:
    """Return the message for a node without an edge that can be split."""
    space, where = scores.space, f"{_place(scores)}: no edge can be split"
    if not considered:
        return f"{where}: none holds all {len(space.operations)} operations any more; use fewer levels"
    names = ", ".join(space.edges[edge] for edge in considered)
    return (
        f"{where}: every edge that holds all operations ({names}) has a score that is not finite; expected finite "
        "scores on at least one; see the reasons kept in this node's scores.h5, and change the metric's options or "
        "its batch"
    )
