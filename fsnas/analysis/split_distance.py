"""Partitions of a set, and the split distance between them."""

import itertools
from collections.abc import Hashable, Sequence
from typing import Literal, get_args

import numpy as np

from fsnas.errors import FsnasError

Partition = Sequence[Sequence[Hashable]]
Normalisation = Literal["corrected", "as_printed"]
NORMALISATIONS = get_args(Normalisation)


def split_distance(a: Partition, b: Partition, normalisation: str = "corrected") -> float:
    """Return the split distance of two partitions of the same set, a metric.

    Summed over the elements, the number of elements that share a group with it in one partition only, divided by
    ``2 (n - 1)``; ``as_printed`` divides by ``2 n - 1``.

    >>> split_distance([["a"], ["b", "c", "d", "e"]], [["a", "b"], ["c", "d", "e"]])
    1.0

    Parameters
    ----------
    a, b
        Groups of hashable elements; the order of groups and elements does not matter.
    normalisation
        ``corrected``: moving one element from one of two groups to the other costs 1. ``as_printed``: Definition 1.

    Raises
    ------
    FsnasError
        If a group is empty, an element is in two groups, the partitions are not of the same set, or the
        normalisation does not exist.

    References
    ----------
    Ly-Manson et al., "Understanding Few-Shot Neural Architecture Search with Zero-Cost Proxies" (2023), Definition 1.
    Mirkin and Chernyi (1970): the double sum is n (n - 1) (1 - Rand index).
    """
    return float(distance_matrix([a, b], normalisation)[0, 1])


def distance_matrix(partitions: Sequence[Partition], normalisation: str = "corrected") -> np.ndarray:
    """Return the `split_distance` of every two of ``partitions``: float64 ``[partitions, partitions]``."""
    if normalisation not in NORMALISATIONS:
        raise FsnasError(f"normalisation is {normalisation!r}; expected one of {list(NORMALISATIONS)}")
    if not partitions:
        return np.zeros((0, 0))
    elements = {element: i for i, element in enumerate(dict.fromkeys(itertools.chain(*partitions[0])))}
    labels = np.stack([_labels(partition, elements) for partition in partitions])
    together = (labels[:, :, None] == labels[:, None, :]).reshape(len(labels), -1).astype(np.int64)
    size = together.sum(axis=1)
    different = size[:, None] + size[None, :] - 2 * together @ together.T
    n = len(elements)
    z = max(2 * (n - 1), 1) if normalisation == "corrected" else 2 * n - 1
    return different / z


def _labels(partition: Partition, elements: dict[Hashable, int]) -> np.ndarray:
    """Return the group of every element: int64 ``[elements]``."""
    label = {element: i for i, group in enumerate(partition) for element in group}
    if label.keys() != elements.keys() or len(label) != sum(map(len, partition)) or not all(map(len, partition)):
        raise FsnasError(
            f"{list(partition)} is no partition of {list(elements)}; expected two partitions of the same set, each "
            "element in one group, and no empty group"
        )
    return np.array([label[element] for element in elements], dtype=np.int64)
