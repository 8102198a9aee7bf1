"""Scores of the perturbed supernets of a node, on batches of a data set."""

import copy
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from fsnas.data.batches import random_crops, scoring_batches
from fsnas.data.dataset import Dataset
from fsnas.errors import FsnasError
from fsnas.metrics import load, metric_spec
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.choices import BATCH_NORMS
from fsnas.networks.gates import mixing_gates, perturb
from fsnas.networks.initial import initial_network
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.seeding import derive
from fsnas.spaces import SearchSpace
from fsnas.splitting.affinities import NodeScores, mean_affinity, score_affinity
from fsnas.splitting.choices import WEIGHTS
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
    weights: str = "trained",
    initialisation: str = "default",
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
    weights, initialisation
        ``trained``: the weights of ``network``; ``initial``: each repetition has a fresh network of the node's
        sub-space, of the size of ``network``, as `fsnas.networks.initial.initial_network` draws it.
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
    FsnasError
        If fresh networks are to be trained further, or there are no such weights.
    """
    mask = network.sub_space if sub_space is None else sub_space
    own, further = derive(seed, "scores", path), warmup is not None and warmup.epochs
    if weights not in WEIGHTS:
        raise FsnasError(f"weights is {weights!r}, expected one of {list(WEIGHTS)}")
    if weights == "initial" and further:
        raise FsnasError("weights is 'initial' and there is a warm-up, which would train them; expected one of the two")
    scored: Supernet | Iterable[Supernet] = network
    if weights == "initial":
        seeds = (derive(own, "initial weights", r) for r in range(repetitions))
        scored = (initial_network(network, mask, each, initialisation) for each in seeds)
    elif warmup is not None and further:
        scored = copy.deepcopy(network)
        train(scored, dataset, warmup, sub_space=mask, seed=derive(seed, "warm-up", path), progress=progress)
    drawn = scoring_batches(dataset, batch_size=batch_size, repetitions=repetitions, seed=own, device=network.device)
    crops = partial(random_crops, dataset, device=network.device)
    batches = [ScoringBatch(*batch, seed=derive(own, r), draw_crops=crops) for r, batch in enumerate(drawn)]
    return replace(score_node(scored, mask, metric, batches, **how), path=path, seed=seed)


def score_node(
    network: Supernet | Iterable[Supernet],
    sub_space: np.ndarray,
    metric: str,
    batches: Sequence[ScoringBatch],
    *,
    perturbation: str = "disable",
    mixing: str = "mean",
    batch_norm: str = "batch",
    options: dict[str, Any] | None = None,
) -> NodeScores:
    """Evaluate ``metric`` on ``m(k, o)`` for every splittable edge ``k`` and operation ``o`` of ``sub_space``.

    Parameters
    ----------
    network
        The supernet whose weights the node shares, or one for each batch; it is left as it was.
    batches
        The ``R`` batches, the same for all ``k`` and ``o``.
    batch_norm
        ``batch``: BatchNorm has the statistics of the batch; ``identity``: those of a fresh network in evaluation mode,
        a mean of 0 and a variance of 1.
    options
        Options of the metric; what is not given has the metric's default.
    """
    if batch_norm not in BATCH_NORMS:
        raise FsnasError(f"batch_norm is {batch_norm!r}, expected one of {list(BATCH_NORMS)}")
    kind, function = metric_spec(metric).kind, partial(load(metric), **(options or {}))
    networks = itertools.repeat(network) if isinstance(network, Supernet) else iter(network)
    gates = mixing_gates(sub_space, mixing)
    edges, operations = sub_space.shape
    scores = np.full((len(batches), edges, operations), np.nan)
    affinity = np.full((edges, operations, operations), np.nan)
    matrices: dict[int, list[np.ndarray]] = defaultdict(list)
    reasons: dict[int, list[str]] = defaultdict(list)
    for r, (batch, own) in enumerate(zip(batches, networks, strict=False)):
        space = own.space
        for edge in space.splittable_edges(sub_space):
            enabled = np.flatnonzero(sub_space[edge])
            models = [GatedSupernet(own, perturb(gates, edge, int(o), perturbation), batch_norm) for o in enabled]
            if kind == "affinity":
                matrix = np.asarray(function(models, edge, batch))
                pairs = np.argwhere(np.tril(~np.isfinite(matrix), -1))
                reasons[edge] += [_reason(float(matrix[i, j]), space, edge, enabled[[i, j]], r) for i, j in pairs]
                matrices[edge].append(matrix)
            else:
                row = np.array([function(model, batch) for model in models])
                lost = np.flatnonzero(~np.isfinite(row))
                reasons[edge] += [_reason(row[i], space, edge, enabled[[i]], r) for i in lost]
                scores[r, edge, enabled] = np.where(np.isfinite(row), row, np.nan)
    for edge in space.splittable_edges(sub_space):
        enabled = np.flatnonzero(sub_space[edge])
        value = mean_affinity(matrices[edge]) if kind == "affinity" else score_affinity(scores[:, edge, enabled])
        if kind == "score" and np.isfinite(scores[:, edge, enabled]).all() and not np.isfinite(value).all():
            reasons[edge].append(f"edge {space.edges[edge]}: the differences between its scores exceed float64")
        affinity[edge][np.ix_(enabled, enabled)] = np.where(np.isfinite(value), value, np.nan)
    told = tuple(itertools.chain.from_iterable(reasons[edge] for edge in sorted(reasons)))
    return NodeScores(space, sub_space, None if kind == "affinity" else scores, affinity, told, metric=metric)


def _reason(value: float, space: SearchSpace, edge: int, operations: np.ndarray, repetition: int) -> str:
    names = " and ".join(space.operations[o] for o in operations)
    return f"edge {space.edges[edge]}, {names}, repetition {repetition}: the value is {value}"
