"""The leaves of a tree: which of them holds an architecture."""

from collections.abc import Mapping

import numpy as np

from fsnas.errors import FsnasError
from fsnas.spaces import EDGES, OPERATIONS, architecture_string


def as_indices(architectures: np.ndarray) -> np.ndarray:
    """Return ``architectures`` as int64 ``[n, edges]``: one operation index per edge.

    Raises
    ------
    FsnasError
        If the array has another shape, or an index that is no operation.
    """
    given = np.asarray(architectures)
    if not given.size and given.ndim <= 2:
        return np.empty((0, len(EDGES)), dtype=np.int64)
    if given.ndim != 2 or given.shape[1] != len(EDGES) or given.dtype.kind not in "iu":
        raise FsnasError(
            f"architectures have the shape {given.shape} and the type {given.dtype}, expected integers "
            f"[architectures, {len(EDGES)}]: one operation index per edge"
        )
    indices = given.astype(np.int64)
    unknown = (indices < 0) | (indices >= len(OPERATIONS))
    if unknown.any():
        row, edge = np.argwhere(unknown)[0]
        raise FsnasError(
            f"architecture {row} has the operation {indices[row, edge]} on edge {EDGES[edge]}, expected an index of "
            f"{list(OPERATIONS)}: 0 to {len(OPERATIONS) - 1}"
        )
    return indices


def held_edges(space: np.ndarray, architectures: np.ndarray) -> np.ndarray:
    """Return on which edges ``space`` holds the operation of each of ``architectures [n, edges]``: bool, same shape."""
    return space[np.arange(len(EDGES)), architectures]


def leaf_of(leaves: Mapping[str, np.ndarray], architectures: np.ndarray) -> np.ndarray:
    """Return the path of the one leaf that holds each architecture: str ``[n]``.

    Parameters
    ----------
    leaves
        Space of every leaf by its path: bool ``[edges, operations]`` each.
    architectures
        int ``[n, edges]``: one operation index per edge.

    Raises
    ------
    FsnasError
        If an architecture is in none of the leaves, or in several.
    """
    indices = as_indices(architectures)
    paths = np.array([*leaves], dtype=str)
    held = np.array([held_edges(space, indices).all(axis=1) for space in leaves.values()], dtype=bool)
    held = held.reshape(len(paths), len(indices))
    wrong = np.flatnonzero(held.sum(axis=0) != 1)
    if len(wrong):
        found = paths[held[:, wrong[0]]].tolist()
        raise FsnasError(
            f"the architecture {architecture_string(indices[wrong[0]])} is in {found or 'none'} of the leaves "
            f"{paths.tolist()}, expected in one ({len(wrong)} of {len(indices)} architectures are not): the leaves "
            "must be those of one whole tree"
        )
    return paths[held.argmax(axis=0)] if len(indices) else np.empty(0, dtype=paths.dtype)
