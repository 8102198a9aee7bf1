"""Scores of the perturbed supernets of a node, and the affinities of its operations."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fsnas.metrics import load, metric_spec
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates, perturb
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.spaces import SearchSpace
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
            for r, matrix in enumerate(found):
                pairs = np.argwhere(np.tril(~np.isfinite(matrix), -1))
                reasons += [_reason(float(matrix[i, j]), names, edge, enabled[[i, j]], r) for i, j in pairs]
            value = np.mean(found, axis=0)
        else:
            for r, batch in enumerate(batches):
                row = np.array([function(model, batch, **(options or {})) for model in models])
                lost = np.flatnonzero(~np.isfinite(row))
                reasons += [_reason(row[i], names, edge, enabled[[i]], r) for i in lost]
                scores[r, edge, enabled] = np.where(np.isfinite(row), row, np.nan)
            value = score_affinity(scores[:, edge, enabled])
            if np.isfinite(scores[:, edge, enabled]).all() and not np.isfinite(value).all():
                reasons.append(f"edge {names.edges[edge]}: the differences between its scores exceed float64")
        affinity[edge][np.ix_(enabled, enabled)] = np.where(np.isfinite(value), value, np.nan)
    return NodeScores(sub_space, None if kind == "affinity" else scores, affinity, tuple(reasons))


def score_affinity(scores: np.ndarray) -> np.ndarray:
    """Return ``-|f_i - f_j|`` averaged over repetitions: ``[r, n]`` to float64 ``[n, n]`` (few-shot paper, sec. 3)."""
    return -np.abs(scores[:, :, None] - scores[:, None, :]).mean(axis=0)


def _reason(value: float, space: SearchSpace, edge: int, operations: np.ndarray, repetition: int) -> str:
    names = " and ".join(space.operations[o] for o in operations)
    return f"edge {space.edges[edge]}, {names}, repetition {repetition}: the value is {value}"
