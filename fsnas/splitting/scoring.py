"""Scores of the perturbed supernets of a node, on batches of a data set."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from fsnas.data.batches import random_crops, scoring_batches
from fsnas.data.dataset import Dataset
from fsnas.metrics import load, metric_spec
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates, perturb
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.seeding import derive
from fsnas.spaces import SearchSpace
from fsnas.splitting.affinities import NodeScores, mean_affinity, score_affinity
from fsnas.splitting.trees import ROOT
from fsnas.training.loop import train
from fsnas.training.recipe import Recipe


def score(
    network: Supernet,
    dataset: Dataset,
    metric: str,
    *,
    path: str = ROOT,
    sub_space: np.ndarray | None = None,
    seed: int = 0,
    batch_size: int = 64,
    repetitions: int = 1,
    warmup: Recipe | None = None,
    progress: Callable[[str], None] = lambda line: None,
    **how: Any,
) -> NodeScores:
    """Score every operation of every edge of one node: ``metric`` on the supernet without it.

    Parameters
    ----------
    network
        The supernet whose weights the node shares, on its device; it is left as it was.
    path, sub_space
        Which node of the tree, and what it holds, bool ``[edges, operations]``; default the root, and all that
        ``network`` holds.
    batch_size, repetitions
        Images of a batch, and how many batches; drawn from the training part, the same for every metric of a seed.
    warmup
        How a copy of the network is trained further on the node's sub-space first; None: not at all.
    progress
        Gets the lines of that training.
    how
        As `score_node`.

    Raises
    ------
    DataError
        If the data set has too few images.
    """
    mask = network.sub_space if sub_space is None else sub_space
    if warmup is not None and warmup.epochs:
        network = copy.deepcopy(network)
        train(network, dataset, warmup, sub_space=mask, seed=derive(seed, "warm-up", path), progress=progress)
    own = derive(seed, "scores", path)
    drawn = scoring_batches(dataset, batch_size=batch_size, repetitions=repetitions, seed=own, device=network.device)
    crops = partial(random_crops, dataset, device=network.device)
    batches = [ScoringBatch(*batch, seed=derive(own, r), draw_crops=crops) for r, batch in enumerate(drawn)]
    return replace(score_node(network, mask, metric, batches, **how), path=path, seed=seed)


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
    space, gates = network.space, mixing_gates(sub_space, mixing)
    edges, operations = sub_space.shape
    scores = np.full((len(batches), edges, operations), np.nan)
    affinity = np.full((edges, operations, operations), np.nan)
    reasons: list[str] = []
    for edge in space.splittable_edges(sub_space):
        enabled = np.flatnonzero(sub_space[edge])
        models = [GatedSupernet(network, perturb(gates, edge, int(o), perturbation)) for o in enabled]
        if kind == "affinity":
            found = [np.asarray(function(models, edge, batch, **(options or {}))) for batch in batches]
            for r, matrix in enumerate(found):
                pairs = np.argwhere(np.tril(~np.isfinite(matrix), -1))
                reasons += [_reason(float(matrix[i, j]), space, edge, enabled[[i, j]], r) for i, j in pairs]
            value = mean_affinity(found)
        else:
            for r, batch in enumerate(batches):
                row = np.array([function(model, batch, **(options or {})) for model in models])
                lost = np.flatnonzero(~np.isfinite(row))
                reasons += [_reason(row[i], space, edge, enabled[[i]], r) for i in lost]
                scores[r, edge, enabled] = np.where(np.isfinite(row), row, np.nan)
            value = score_affinity(scores[:, edge, enabled])
            if np.isfinite(scores[:, edge, enabled]).all() and not np.isfinite(value).all():
                reasons.append(f"edge {space.edges[edge]}: the differences between its scores exceed float64")
        affinity[edge][np.ix_(enabled, enabled)] = np.where(np.isfinite(value), value, np.nan)
    return NodeScores(space, sub_space, None if kind == "affinity" else scores, affinity, tuple(reasons), metric=metric)


def _reason(value: float, space: SearchSpace, edge: int, operations: np.ndarray, repetition: int) -> str:
    names = " and ".join(space.operations[o] for o in operations)
    return f"edge {space.edges[edge]}, {names}, repetition {repetition}: the value is {value}"
