"""Gates: the factor of every operation of every edge in the mixture."""

import numpy as np

from fsnas.errors import FsnasError
from fsnas.spaces.nas_bench_201 import NODES, OPERATIONS, SOURCES, TARGETS


def mixing_gates(space: np.ndarray, mixing: str = "mean") -> np.ndarray:
    """Return the gates of the mixture over ``space``: float64 ``[edges, operations]``, zero where disabled.

    ``mean`` gives every enabled operation 1 / (operations enabled on its edge); ``sum`` gives 1 (equation 2).
    """
    if mixing not in ("mean", "sum"):
        raise FsnasError(f"mixing is {mixing!r}, expected 'mean' or 'sum'")
    gates = space.astype(np.float64)
    return gates / space.sum(axis=1, keepdims=True) if mixing == "mean" else gates


def path_gates(path: np.ndarray) -> np.ndarray:
    """Return the gates of one architecture, given as one operation index per edge: one-hot float64 rows."""
    return np.eye(len(OPERATIONS))[np.asarray(path)]


def active_gates(gates: np.ndarray) -> np.ndarray:
    """Return ``gates`` with zero for every operation that cannot matter: on no path from the input to the output.

    `none` carries nothing; behind a node without input everything is zero, and before a node that nobody reads
    everything is lost. Perturbing such an edge then leaves exactly the same network, and not one that differs by
    rounding, which would decide a cut.
    """
    carries = (gates != 0) & (np.array(OPERATIONS) != "none")
    edges = list(zip(SOURCES, TARGETS, carries.any(axis=1), strict=True))
    reached, read = {0}, {NODES - 1}
    for source, target, open_ in edges:  # in the order of their targets
        reached |= {target} if open_ and source in reached else set()
    for source, target, open_ in reversed(edges):
        read |= {source} if open_ and target in read else set()
    matters = [source in reached and target in read for source, target, _ in edges]
    return np.where(carries & np.array(matters)[:, None], gates, 0.0)


def perturb(gates: np.ndarray, edge: int, operation: int, perturbation: str = "disable") -> np.ndarray:
    """Return the gates of ``m(k, o)``: ``operation`` disabled on ``edge``, or isolated on it.

    ``disable`` (the paper) puts its gate to zero and renormalises nothing; ``isolate`` (GM-NAS) keeps only it
    on the edge, with gate 1.
    """
    perturbed = gates.copy()
    if perturbation == "disable":
        perturbed[edge, operation] = 0.0
    elif perturbation == "isolate":
        perturbed[edge] = 0.0
        perturbed[edge, operation] = 1.0
    else:
        raise FsnasError(f"perturbation is {perturbation!r}, expected 'disable' or 'isolate'")
    return perturbed
