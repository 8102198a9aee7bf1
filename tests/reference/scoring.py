"""The scores of a node, one metric call after the other: gates from nested loops, means added up by hand."""

import numpy as np

from fsnas.metrics import load, metric_spec
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.supernet import GatedSupernet, Supernet
from tests.support.space import OPERATIONS


def gates_of(space: np.ndarray, mixing: str) -> np.ndarray:
    gates = np.zeros(space.shape)
    for k, row in enumerate(space):
        for o, enabled in enumerate(row):
            if enabled:
                gates[k, o] = 1 / np.count_nonzero(row) if mixing == "mean" else 1.0
    return gates


def perturbed(
    network: Supernet,
    space: np.ndarray,
    edge: int,
    o: int,
    perturbation: str,
    mixing: str,
    batch_norm: str = "batch",
) -> GatedSupernet:
    gates = gates_of(space, mixing)
    for other in range(len(OPERATIONS)):
        if perturbation == "isolate":
            gates[edge, other] = 1.0 if other == o else 0.0
        elif other == o:
            gates[edge, other] = 0.0
    return GatedSupernet(network, gates, batch_norm)


def score_node(
    networks: list[Supernet],
    space: np.ndarray,
    metric: str,
    repetitions: list[ScoringBatch],
    perturbation: str,
    mixing: str,
    batch_norm: str = "batch",
) -> tuple[np.ndarray, np.ndarray]:
    """The scores ``[r, edges, operations]`` (all NaN for an affinity metric) and affinities, NaN on other edges."""
    edges, n = space.shape
    scores = np.full((len(repetitions), edges, n), np.nan)
    affinity = np.full((edges, n, n), np.nan)
    for edge in range(edges):
        if not all(space[edge]):
            continue
        matrices = []
        for r, batch in enumerate(repetitions):
            how = (perturbation, mixing, batch_norm)
            models = [perturbed(networks[r], space, edge, o, *how) for o in range(n)]
            if metric_spec(metric).kind == "affinity":
                matrices.append(load(metric)(models, edge, batch))
                continue
            for o in range(n):
                scores[r, edge, o] = load(metric)(models[o], batch)
            matrices.append([[-abs(scores[r, edge, i] - scores[r, edge, j]) for j in range(n)] for i in range(n)])
        for i in range(n):
            for j in range(n):
                affinity[edge, i, j] = sum(float(matrix[i][j]) for matrix in matrices) / len(matrices)
    return scores, affinity
