"""Split trees: nodes addressed by their path of branch digits, one split each, and the spaces of the leaves."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fsnas.cuts import best_cut
from fsnas.errors import ScoreError
from fsnas.seeding import generator
from fsnas.spaces import EDGES, OPERATIONS, full_space, restrict, splittable_edges


@dataclass(frozen=True)
class Split:
    path: str
    edge: str
    groups: tuple[tuple[str, ...], ...]
    cost: float
    runner_up: float | None
    ties: int
    edge_ties: int
    degenerate: bool
    edge_costs: dict
    children: tuple[str, ...]

    @property
    def level(self):
        return 0 if self.path == "root" else len(self.path)


@dataclass(frozen=True)
class Tree:
    method: str
    metric: str
    seed: int
    splits: tuple
    leaves: dict


def split_node(path, space, affinity, branching, *, objective, balance, edge_rule, seed, metric):
    cuts = {}
    for e in splittable_edges(space):
        a = affinity[e]
        off = a[~np.eye(len(a), dtype=bool)]
        if np.isfinite(off).all():
            rng = generator(seed, "cut", metric, path, EDGES[e])
            cuts[e] = best_cut(a, branching, objective=objective, balance=balance, rng=rng)
    if not cuts:
        raise ScoreError(f"metric {metric}, seed {seed}, node {path}: no edge can be split")
    rng = generator(seed, "edge", metric, path)
    edges = list(cuts)
    if edge_rule == "first":
        pool = edges[:1]
    elif edge_rule == "random":
        pool = edges
    else:
        best = min(c.cost for c in cuts.values())
        pool = [e for e in edges if cuts[e].cost <= best + 1e-12 * max(1, abs(best))]
    edge = int(rng.choice(pool))
    cut = cuts[edge]
    prefix = "" if path == "root" else path
    return Split(
        path,
        EDGES[edge],
        tuple(tuple(OPERATIONS[o] for o in g) for g in cut.groups),
        cut.cost,
        cut.runner_up,
        cut.ties,
        len(pool) if edge_rule == "best" else 1,
        cut.degenerate,
        {EDGES[e]: (cuts[e].cost if e in cuts else None) for e in splittable_edges(space)},
        tuple(f"{prefix}{i}" for i in range(len(cut.groups))),
    )


def children_spaces(space, split):
    edge = EDGES.index(split.edge)
    return {
        c: restrict(space, edge, [OPERATIONS.index(o) for o in g])
        for c, g in zip(split.children, split.groups, strict=True)
    }


def node_spaces(splits: Iterable[Split]):
    nodes = {"root": full_space()}
    for split in splits:
        nodes.update(children_spaces(nodes.pop(split.path), split))
    return nodes
