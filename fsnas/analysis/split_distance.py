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
    """Return the split distance of every two of ``partitions``: float64 ``[partitions, partitions]``.

    Raises
    ------
    FsnasError
        As `split_distance`.
    """
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
    labels = np.full(len(elements), -1, dtype=np.int64)
    for label, group in enumerate(partition):
        if not group:
            raise FsnasError(f"a group of {list(partition)} is empty; expected non-empty groups")
        for element in group:
            place = elements.get(element)
            if place is None:
                raise FsnasError(f"{element!r} is not in {list(elements)}; expected two partitions of the same set")
            if labels[place] >= 0:
                raise FsnasError(f"{element!r} is twice in {list(partition)}; expected each element in one group")
            labels[place] = label
    if (labels < 0).any():
        missing = [element for element, place in elements.items() if labels[place] < 0]
        raise FsnasError(f"{missing} are not in {list(partition)}; expected two partitions of the same set")
    return labels
