"""Scores of the perturbed supernets of a node, and the affinities of its operations."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fsnas.metrics import load, metric_spec
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates, perturb
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.spaces import SearchSpace
from fsnas.splitting.affinities import score_affinity
from fsnas.splitting.scores import NodeScores


def score_node(
    network: Supernet,
    sub_space: np.ndarray,
    metric: str,
    batches: Sequence[ScoringBatch],
    *,
    perturbation: str = "disable",
    mixing: str = "mean",
    options: dict[str, Any] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> NodeScores:
    """Evaluate ``metric`` on ``m(k, o)`` for every splittable edge ``k`` and operation ``o`` of ``sub_space``.

    Parameters
    ----------
    network
        The supernet whose weights the node shares; it is left as it was.
    batches
        The ``R`` batches, the same for all ``k`` and ``o``.
    options
        Options of the metric; what is not given has the metric's default.
    progress
        Gets one line an edge.
    """
    kind, function = metric_spec(metric).kind, load(metric)
    names, gates = network.space, mixing_gates(sub_space, mixing)
    edges, operations = sub_space.shape
    scores = np.full((len(batches), edges, operations), np.nan)
    affinity = np.full((edges, operations, operations), np.nan)
    reasons: list[str] = []
    for edge in names.splittable_edges(sub_space):
        enabled = np.flatnonzero(sub_space[edge])
        models = [GatedSupernet(network, perturb(gates, edge, int(o), perturbation)) for o in enabled]
        if kind == "affinity":
            found = [np.asarray(function(models, edge, batch, **(options or {}))) for batch in batches]
            reasons += _pair_reasons(found, names, edge, enabled)
            value = np.mean(found, axis=0)
        else:
            for r, batch in enumerate(batches):
                row = np.array([function(model, batch, **(options or {})) for model in models])
                lost = [(f, (int(o),)) for o, f in zip(enabled, row, strict=True) if not _finite(f)]
                reasons += [_reason(f, names, edge, which, r) for f, which in lost]
                scores[r, edge, enabled] = np.where(np.isfinite(row), row, np.nan)
            value = score_affinity(scores[:, edge, enabled])
            if np.isfinite(scores[:, edge, enabled]).all() and not np.isfinite(value).all():
                reasons.append(f"edge {names.edges[edge]}: the differences between its scores exceed float64")
        affinity[edge][np.ix_(enabled, enabled)] = np.where(np.isfinite(value), value, np.nan)
        progress(f"edge {names.edges[edge]} scored")
    return NodeScores(sub_space, None if kind == "affinity" else scores, affinity, tuple(reasons))


def _finite(value: float) -> bool:
    return bool(np.isfinite(value))


def _reason(value: float, space: SearchSpace, edge: int, operations: Sequence[int], repetition: int) -> str:
    names = " and ".join(space.operations[o] for o in operations)
    return f"edge {space.edges[edge]}, {names}, repetition {repetition}: the value is {value}"


def _pair_reasons(found: Sequence[np.ndarray], space: SearchSpace, edge: int, enabled: np.ndarray) -> list[str]:
    return [
        _reason(float(matrix[i, j]), space, edge, (int(enabled[i]), int(enabled[j])), r)
        for r, matrix in enumerate(found)
        for i in range(len(enabled))
        for j in range(i)
        if not _finite(float(matrix[i, j]))
    ]
