"""A data set in memory."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images in memory, and which of them train, validate and test.

    Attributes
    ----------
    name
        Of the data set.
    images, labels
        uint8 ``[n, c, h, w]`` and int64 ``[n]``.
    classes
        Names of the labels.
    splits
        ``train``, ``valid`` and ``test`` to sorted int64 indices.
    mean, std
        float64 ``[c]`` of the training part, pixels in [0, 1].
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    splits: dict[str, np.ndarray]
    mean: np.ndarray
    std: np.ndarray

    @property
    def dimensions(self) -> dict[str, int]:
        """Return what a network must know of the images: the number of ``classes``, and ``in_channels``."""
        return {"classes": len(self.classes), "in_channels": self.images.shape[1]}
