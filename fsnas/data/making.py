"""A data set from its source: read, split, with the statistics of its training part."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from fsnas.data.dataset import Dataset
from fsnas.data.sources.cifar import read_cifar
from fsnas.data.sources.digits import read_digits
from fsnas.data.sources.imagefolder import RESIZES, SMALLEST, read_image_folder
from fsnas.data.splits import SPLITS, TEST_SHARE, Images, balanced, halves, official_split
from fsnas.errors import DataError

SOURCES = ("digits", "cifar10", "cifar100", "imagefolder")


def make_dataset(
    name: str,
    source: str,
    *,
    folder: str | None,
    download: bool,
    split: str,
    split_file: str | None,
    seed: int,
    image_size: int | None,
    resize: str = "squash",
    progress: Callable[[str], None] = lambda line: None,
) -> Dataset:
    """Read a data set from its source and split it.

    Parameters
    ----------
    source
        ``digits``, ``cifar10``, ``cifar100`` or ``imagefolder``.
    folder
        Where images lie or are downloaded to; not used by ``digits``.
    split
        ``balanced`` halves each class of the training images with ``seed``; ``nasbench201`` takes the official
        split of CIFAR-10 from ``split_file``.
    image_size
        Width and height in pixels to which an image folder is resized; None wants images of one size.
    resize
        How, where an image is not square: ``squash``, or ``centre_crop``.
    progress
        Gets a line for all that a reader of the data should know.

    Returns
    -------
    Dataset
        Images in the order of the source: of scikit-learn; of torchvision, test images last; of sorted classes and
        files, those of test/ last.

    Raises
    ------
    DataError
        If images cannot be read, downloaded or split; the message names the file or folder.
    """
    _check_options(source, split, split_file, image_size, resize)
    official = official_split(str(split_file)) if split == "nasbench201" else None
    if source == "digits":
        found = read_digits(seed)
    elif source == "imagefolder":
        found = _image_folder(_folder(folder, source), image_size, resize, seed, progress)
    else:
        found = read_cifar(source, _folder(folder, source), download)
    rest = np.setdiff1d(np.arange(len(found.labels)), found.test)
    splits = (official or halves(found, rest, seed)) | {"test": found.test}
    mean, std = _statistics(found.images, splits["train"])
    counts = ", ".join(f"{len(splits[part])} {part}" for part in ("train", "valid", "test"))
    _, c, h, w = found.images.shape
    progress(f"{len(found.images)} images of {len(found.classes)} classes, {w}x{h} pixels, channels: {c}; {counts}")
    return Dataset(name, found.images, found.labels, found.classes, splits, mean, std)


def _check_options(source: str, split: str, split_file: str | None, image_size: int | None, resize: str) -> None:
    """Raise `DataError` for options that do not exist or do not go together, before anything is read."""
    for option, found, allowed in (("source", source, SOURCES), ("split", split, SPLITS), ("resize", resize, RESIZES)):
        if found not in allowed:
            raise DataError(f"data.{option}: found {found!r}, expected one of {', '.join(allowed)}")
    if split == "nasbench201" and (source != "cifar10" or not split_file):
        raise DataError(
            "data.split 'nasbench201' is the split of source cifar10 in torchvision's order and needs data.split_file; "
            f"found source {source!r} and split_file {split_file!r}. NAS-Bench-201 trains on all training images of "
            "CIFAR-100 and halves its test images: take 'balanced' there"
        )
    if image_size is not None and source != "imagefolder":
        raise DataError(
            f"data.image_size: found {image_size}, but the images of {source} are not resized; expected null"
        )
    if image_size is not None and image_size < SMALLEST:
        raise DataError(f"data.image_size: found {image_size}, expected at least {SMALLEST}, which a network can take")


def _folder(folder: str | None, source: str) -> Path:
    if not folder:
        raise DataError(f"the source {source!r} needs data.folder, the folder of its images; found none")
    return Path(folder).expanduser()


def _statistics(images: np.ndarray, train: np.ndarray, chunk: int = 4096) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation per channel of the training part, float64, pixels in [0, 1]."""
    counts = np.zeros((images.shape[1], 256), dtype=np.int64)
    for start in range(0, len(train), chunk):
        part = images[train[start : start + chunk]]
        for channel in range(images.shape[1]):
            counts[channel] += np.bincount(part[:, channel].ravel(), minlength=256)
    if (np.count_nonzero(counts, axis=1) == 1).any():
        channel = int(np.flatnonzero(np.count_nonzero(counts, axis=1) == 1)[0])
        raise DataError(
            f"channel {channel} has the same value in all training images; expected images that differ; save images "
            "without colours as grey ones, or add others"
        )
    values, total = np.arange(256) / 255, counts.sum(axis=1)
    mean = counts @ values / total
    std = np.sqrt((counts * (values - mean[:, None]) ** 2).sum(axis=1) / total)
    return mean, std


def _image_folder(folder: Path, size: int | None, resize: str, seed: int, progress: Callable[[str], None]) -> Images:
    """Return the images of ``folder``; without a folder ``test/`` a seeded sixth of each class is the test part."""
    found = read_image_folder(folder, size=size, resize=resize, progress=progress)
    test = found.test
    if test is None:
        test, _ = balanced(found.labels, np.arange(len(found.labels)), TEST_SHARE, seed, "test")
        progress(
            f"{folder}: has no test/, so that one in {TEST_SHARE} images of each class tests, {len(test)} drawn by "
            f"data.seed {seed}"
        )
    return Images(found.images, found.labels, found.classes, test)
