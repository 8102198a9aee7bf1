"""Min-cut of the operations of one edge into groups: exact by enumeration, and ties are drawn, never ordered away."""

import functools
from dataclasses import dataclass

import numpy as np

from fsnas.errors import FsnasError

MAX_OPERATIONS = 12
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Cut:
    groups: tuple[tuple[int, ...], ...]
    cost: float
    runner_up: float | None
    ties: int
    degenerate: bool


@functools.cache
def partitions(n: int, b: int) -> np.ndarray:
    rows = np.zeros((1, 1), dtype=np.int8)
    for i in range(1, n):
        grown = []
        for label in range(min(i + 1, b)):
            fits = rows[rows.max(axis=1) + 1 >= label]
            grown.append(np.column_stack([fits, np.full(len(fits), label, dtype=np.int8)]))
        rows = np.concatenate(grown)
    rows = rows[rows.max(axis=1) == b - 1]
    return rows[np.lexsort(rows.T[::-1])]


def best_cut(affinity, b, *, objective="mean", balance="none", rng):
    affinity = np.asarray(affinity, dtype=np.float64)
    n = len(affinity)
    i, j = np.triu_indices(n, 1)
    pairs = affinity[i, j]
    if n > MAX_OPERATIONS:
        raise FsnasError(f"{n} operations")
    if not np.isfinite(pairs).all():
        raise FsnasError("non-finite")
    labels = partitions(n, b)
    if balance == "equal":
        sizes = np.stack([(labels == g).sum(axis=1) for g in range(b)], axis=1)
        labels = labels[sizes.max(axis=1) - sizes.min(axis=1) <= 1]
    cut = labels[:, i] != labels[:, j]
    scale = max(np.abs(pairs).max(initial=0.0), np.finfo(float).tiny)
    costs = cut @ (pairs / scale)
    if objective == "mean":
        costs = costs / cut.sum(axis=1)
    best = costs.min()
    tied = np.flatnonzero(costs <= best + TOLERANCE * max(1, abs(best)))
    chosen = labels[rng.choice(tied)]
    rest = np.delete(costs, tied)
    runner = best if len(tied) > 1 else (rest.min() if len(rest) else None)
    groups = tuple(tuple(map(int, np.flatnonzero(chosen == g))) for g in range(b))
    degenerate = bool(np.ptp(pairs) <= TOLERANCE * scale)
    return Cut(groups, float(best * scale), None if runner is None else float(runner * scale), len(tied), degenerate)
