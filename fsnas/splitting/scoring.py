"""Scores of the perturbed supernets of a node, and the affinities of its operations."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fsnas.metrics import load, metric_spec
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates, perturb
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.spaces.nas_bench_201 import EDGES, OPERATIONS, splittable_edges
from fsnas.splitting.affinities import score_affinity
from fsnas.splitting.scores import NodeScores


def score_node(
    network: Supernet,
    space: np.ndarray,
    metric: str,
    repetitions: Sequence[ScoringBatch],
    *,
    perturbation: str = "disable",
    mixing: str = "mean",
    options: dict[str, Any] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> NodeScores:
    """Evaluate ``metric`` on ``m(k, o)`` for every splittable edge ``k`` and operation ``o`` of ``space``.

    Parameters
    ----------
    network
        The supernet whose weights the node shares; it is left as it was.
    repetitions
        The ``R`` batches, the same for all ``k`` and ``o``.
    options
        Options of the metric; what is not given has the metric's default.
    progress
        Gets one line an edge.
    """
    kind, function = metric_spec(metric).kind, load(metric)
    gates = mixing_gates(space, mixing)
    edges, operations = space.shape
    scores = np.full((len(repetitions), edges, operations), np.nan)
    affinity = np.full((edges, operations, operations), np.nan)
    reasons: list[str] = []
    for edge in splittable_edges(space):
        enabled = np.flatnonzero(space[edge])
        models = [GatedSupernet(network, perturb(gates, edge, int(o), perturbation)) for o in enabled]
        if kind == "affinity":
            found = [np.asarray(function(models, edge, batch, **(options or {}))) for batch in repetitions]
            reasons += _pair_reasons(found, edge, enabled)
            value = np.mean(found, axis=0)
        else:
            for r, batch in enumerate(repetitions):
                row = np.array([function(model, batch, **(options or {})) for model in models])
                reasons += [_reason(f, edge, (int(o),), r) for o, f in zip(enabled, row, strict=True) if not _finite(f)]
                scores[r, edge, enabled] = np.where(np.isfinite(row), row, np.nan)
            value = score_affinity(scores[:, edge, enabled])
        affinity[edge][np.ix_(enabled, enabled)] = np.where(np.isfinite(value), value, np.nan)
        progress(f"edge {EDGES[edge]} scored")
    return NodeScores(space, None if kind == "affinity" else scores, affinity, tuple(reasons))


def _finite(value: float) -> bool:
    return bool(np.isfinite(value))


def _reason(value: float, edge: int, operations: Sequence[int], repetition: int) -> str:
    names = " and ".join(OPERATIONS[o] for o in operations)
    return f"edge {EDGES[edge]}, {names}, repetition {repetition}: the value is {value}"


def _pair_reasons(found: Sequence[np.ndarray], edge: int, enabled: np.ndarray) -> list[str]:
    return [
        _reason(float(matrix[i, j]), edge, (int(enabled[i]), int(enabled[j])), r)
        for r, matrix in enumerate(found)
        for i in range(len(enabled))
        for j in range(i)
        if not _finite(float(matrix[i, j]))
    ]
