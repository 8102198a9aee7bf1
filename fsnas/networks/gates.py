"""Gates: the factor of every operation of every edge in the mixture, float64 ``[edges, operations]``."""

from typing import Literal, get_args

import numpy as np

from fsnas.errors import FsnasError

Mixing = Literal["mean", "sum"]
Perturbation = Literal["disable", "isolate"]


def mixing_gates(sub_space: np.ndarray, mixing: str = "mean") -> np.ndarray:
    """Return the gates of the mixture over ``sub_space``: zero where an operation is disabled.

    ``mean`` gives every enabled operation 1 / (operations enabled on its edge); ``sum`` gives 1 (equation 2).
    """
    if mixing not in get_args(Mixing):
        raise FsnasError(f"mixing is {mixing!r}, expected {' or '.join(map(repr, get_args(Mixing)))}")
    gates = sub_space.astype(np.float64)
    return gates / sub_space.sum(axis=1, keepdims=True) if mixing == "mean" else gates


def path_gates(architecture: np.ndarray, operations: int) -> np.ndarray:
    """Return the gates of one architecture, one operation index per edge: 1 on its operation; of -1 there is none."""
    return (np.asarray(architecture)[:, None] == np.arange(operations)).astype(np.float64)


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
        raise FsnasError(f"perturbation is {perturbation!r}, expected {' or '.join(map(repr, get_args(Perturbation)))}")
    return perturbed
