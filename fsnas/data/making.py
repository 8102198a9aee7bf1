"""A data set from its source: read, split, with the statistics of its training part."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fsnas.data import sources
from fsnas.data.dataset import Dataset
from fsnas.data.splits import SPLITS, Images, halves
from fsnas.errors import DataError, nearest


def make_dataset(
    name: str,
    source: str = "",
    *,
    folder: str | None = None,
    download: bool = False,
    split: str = "balanced",
    split_file: str | None = None,
    seed: int = 0,
    image_size: int | None = None,
    resize: str = "squash",
    progress: Callable[[str], None] = lambda line: None,
) -> Dataset:
    """Read a data set from its source and split it.

    Parameters
    ----------
    source
        Name of a file in `fsnas.data.sources`; default ``name``.
    folder, download, image_size, resize
        For the sources that take them: where images lie or are downloaded to, whether they may be, to how many pixels
        a side they are resized (None: not at all), and how, where they are not square.
    split
        ``balanced`` halves each class of the training images with ``seed``; ``nasbench201`` takes the official
        split of CIFAR-10 from ``split_file``.
    progress
        Gets a line for all that a reader of the data should know.

    Raises
    ------
    ConfigError
        If there is no such source, or it does not take what is given.
    DataError
        If images cannot be read, downloaded or split; the message names the file or folder.
    """
    source = source or name
    if split not in SPLITS:
        raise DataError(f"data.split: found {split!r}{nearest(split, [*SPLITS])}, expected one of {', '.join(SPLITS)}")
    sources.check(source, folder=folder, split=split, split_file=split_file, image_size=image_size)
    given: dict[str, Any] = {"folder": folder, "download": download, "image_size": image_size, "resize": resize}
    given |= {"split_file": split_file if split != "balanced" else None, "seed": seed, "progress": progress}
    found: Images = sources.load(source)(**sources.taken(source, given))
    rest = np.setdiff1d(np.arange(len(found.labels)), found.test)
    splits = (found.official or halves(found, rest, seed)) | {"test": found.test}
    mean, std = _statistics(found.images, splits["train"])
    counts = ", ".join(f"{len(splits[part])} {part}" for part in ("train", "valid", "test"))
    _, c, h, w = found.images.shape
    progress(f"{len(found.images)} images of {len(found.classes)} classes, {w}x{h} pixels, channels: {c}; {counts}")
    return Dataset(name, found.images, found.labels, found.classes, splits, mean, std)


def _statistics(images: np.ndarray, train: np.ndarray, chunk: int = 4096) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation per channel of the training part, float64, pixels in [0, 1]."""
    counts = np.zeros((images.shape[1], 256), dtype=np.int64)
    for start in range(0, len(train), chunk):
        part = images[train[start : start + chunk]]
        for channel in range(images.shape[1]):
            counts[channel] += np.bincount(part[:, channel].ravel(), minlength=256)
    same = np.flatnonzero(np.count_nonzero(counts, axis=1) == 1)
    if len(same):
        raise DataError(
            f"channel {same[0]} has the same value in all training images; expected images that differ; save images "
            "without colours as grey ones, or add others"
        )
    values, total = np.arange(256) / 255, counts.sum(axis=1)
    mean = counts @ values / total
    std = np.sqrt((counts * (values - mean[:, None]) ** 2).sum(axis=1) / total)
    return mean, std
