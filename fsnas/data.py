"""Data sets: images of digits, CIFAR or class folders, split into train, valid and test parts.

Nothing here imports torch; torchvision is imported only where CIFAR is read.
"""

import json
import socket
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.errors import DataError
from fsnas.imagefolder import RESIZES, SMALLEST, read_image_folder
from fsnas.seeding import generator

SOURCES = ("digits", "cifar10", "cifar100", "imagefolder")
SPLITS = ("balanced", "nasbench201")
TEST_SHARE = 6  # one in so many images of each class tests, where the source has no test part
NASBENCH201_START = [0, 5, 7, 11, 13, 15, 16, 17, 20, 24]  # of the official training part
STALLED = 60  # seconds without a byte after which a download has failed


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class _Source:
    """Images in the order of their source, and the sorted indices of those that test."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    test: np.ndarray


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
    official = _official_split(str(split_file)) if split == "nasbench201" else None
    if source == "digits":
        found = _digits(seed)
    elif source == "imagefolder":
        found = _image_folder(_folder(folder, source), image_size, resize, seed, progress)
    else:
        found = _cifar(source, _folder(folder, source), download)
    rest = np.setdiff1d(np.arange(len(found.labels)), found.test)
    splits = (official or _halves(found, rest, seed)) | {"test": found.test}
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


def _balanced(
    labels: np.ndarray, indices: np.ndarray, share: int, seed: int, part: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return a seeded, class-balanced ``1 / share`` of ``indices``, at least one a class, and the rest, both sorted."""
    rng = generator(seed, "split", part)
    taken: list[np.ndarray] = []
    for label in np.unique(labels[indices]):
        members = rng.permutation(indices[labels[indices] == label])
        taken.append(members[: max(1, len(members) // share)])
    first = np.sort(np.concatenate(taken)).astype(np.int64)
    return first, np.setdiff1d(indices, first).astype(np.int64)


def _halves(found: _Source, rest: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return a seeded train and valid half of each class among ``rest``; train has the odd one."""
    counts = np.bincount(found.labels[rest], minlength=len(found.classes))
    if counts.min() < 2:
        name = found.classes[int(counts.argmin())]
        raise DataError(
            f"the class {name!r} has {counts.min()} training images; expected at least 2, one to train and one to "
            "validate; add images or remove the class"
        )
    valid, train = _balanced(found.labels, rest, 2, seed, "valid")
    return {"train": train, "valid": valid}


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


def _digits(seed: int) -> _Source:
    """Return scikit-learn's 1,797 handwritten digits as 8x8 images; a seeded sixth of each class is the test part."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / 16)).astype(np.uint8)[:, None]
    labels = bunch.target.astype(np.int64)
    test, _ = _balanced(labels, np.arange(len(labels)), TEST_SHARE, seed, "test")
    return _Source(images, labels, tuple(str(digit) for digit in range(10)), test)


def _image_folder(folder: Path, size: int | None, resize: str, seed: int, progress: Callable[[str], None]) -> _Source:
    """Return the images of ``folder``; without a folder ``test/`` a seeded sixth of each class is the test part."""
    found = read_image_folder(folder, size=size, resize=resize, progress=progress)
    test = found.test
    if test is None:
        test, _ = _balanced(found.labels, np.arange(len(found.labels)), TEST_SHARE, seed, "test")
        progress(
            f"{folder}: has no test/, so that one in {TEST_SHARE} images of each class tests, {len(test)} drawn by "
            f"data.seed {seed}"
        )
    return _Source(found.images, found.labels, found.classes, test)


def _cifar(source: str, folder: Path, download: bool) -> _Source:
    """Return CIFAR-10 or CIFAR-100 through torchvision, which opens no file whose checksum is not the known one.

    Taken from the unpacked files in ``folder``, else from the archive there, else from the network if allowed.
    """
    from torchvision.datasets import CIFAR10, CIFAR100

    kind: Any = {"cifar10": CIFAR10, "cifar100": CIFAR100}[source]
    try:
        parts = _load_cifar(kind, folder) or _load_archive(kind, folder)
        if not parts and download:
            _download(kind, source, folder)
            parts = _load_cifar(kind, folder)
        if not parts:
            raise DataError(
                f"{_cifar_problem(kind, folder)}; remove what is damaged and set data.download to true, or set "
                f"data.folder to the folder that holds {kind.base_folder}/ or {kind.filename} (from {kind.url})"
            )
    except OSError as error:
        raise DataError(f"{folder}: {source} cannot be read or written there ({error}); set data.folder") from error
    images = np.concatenate([part.data.transpose(0, 3, 1, 2) for part in parts])
    labels = np.concatenate([np.asarray(part.targets, dtype=np.int64) for part in parts])
    test = np.arange(len(parts[0].data), len(labels))
    return _Source(images, labels, tuple(parts[0].classes), test)


def _load_cifar(kind: Any, folder: Path) -> list[Any]:
    """Return torchvision's training and test set, or nothing if a file is missing or fails its checksum."""
    try:
        return [kind(str(folder), train=train, download=False) for train in (True, False)]
    except RuntimeError:
        return []


def _load_archive(kind: Any, folder: Path) -> list[Any]:
    """Return the two sets from the archive in ``folder``, unpacked elsewhere for the moment; nothing if not intact."""
    from torchvision.datasets.utils import check_integrity, extract_archive

    if not check_integrity(folder / kind.filename, kind.tgz_md5):
        return []
    with tempfile.TemporaryDirectory(prefix="fsnas-") as temporary:
        try:
            with _confined():
                extract_archive(folder / kind.filename, temporary)
        except tarfile.FilterError as error:
            raise DataError(f"{folder / kind.filename}: {error}; remove the file, it is none of CIFAR") from error
        return _load_cifar(kind, Path(temporary))


@contextmanager
def _confined() -> Iterator[None]:
    """Let no member of an archive out of the folder that it is unpacked into (Python's default from 3.14 on)."""
    before = vars(tarfile.TarFile).get("extraction_filter")
    tarfile.TarFile.extraction_filter = staticmethod(tarfile.data_filter)
    try:
        yield
    finally:
        tarfile.TarFile.extraction_filter = before


def _cifar_problem(kind: Any, folder: Path) -> str:
    """Return which file of CIFAR is missing or damaged in ``folder``."""
    from torchvision.datasets.utils import calculate_md5

    if not folder.is_dir():
        return f"{folder}: no such folder"
    unpacked, archive = folder / kind.base_folder, folder / kind.filename
    expected = [(unpacked / name, md5) for name, md5 in [*kind.train_list, *kind.test_list] if unpacked.is_dir()]
    expected += [(unpacked / kind.meta["filename"], kind.meta["md5"])] if unpacked.is_dir() else []
    expected += [(archive, kind.tgz_md5)] if archive.exists() else []
    for file, md5 in expected:
        if not file.is_file():
            return f"{file}: missing"
        if calculate_md5(file) != md5:
            return f"{file}: damaged, its md5 is {calculate_md5(file)}, expected {md5}"
    return f"{folder}: holds neither {kind.base_folder}/ nor {kind.filename}"


def _download(kind: Any, source: str, folder: Path) -> None:
    """Download and unpack into a temporary folder; only files that passed their checksums reach ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    timeout = socket.getdefaulttimeout()
    with tempfile.TemporaryDirectory(prefix=f".{source}-", dir=folder) as temporary:
        try:
            socket.setdefaulttimeout(STALLED)
            with _confined():
                kind(temporary, train=True, download=True)
        except Exception as error:  # urllib, tarfile and torchvision each raise their own
            raise DataError(
                f"{source} could not be downloaded from {kind.url} into {folder} ({type(error).__name__}: {error}); "
                f"nothing was kept. Check the network and run again, or put {kind.filename} there yourself"
            ) from error
        finally:
            socket.setdefaulttimeout(timeout)
        target = folder / kind.base_folder
        target.mkdir(exist_ok=True)
        for file in (Path(temporary) / kind.base_folder).iterdir():
            file.replace(target / file.name)


def _official_split(split_file: str) -> dict[str, np.ndarray]:
    """Return NAS-Bench-201's train and valid indices of CIFAR-10 from its own split file."""
    try:
        content = json.loads(Path(split_file).expanduser().read_text(encoding="utf-8"))
        parts = {
            part: np.array(sorted(int(i) for i in content[part][1]), dtype=np.int64) for part in ("train", "valid")
        }
    except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise DataError(
            f"{split_file}: cannot be read as NAS-Bench-201's split ({type(error).__name__}: {error}); expected "
            "cifar-split.txt of AutoDL-Projects, JSON with lists of indices under 'train' and 'valid'"
        ) from error
    both = np.concatenate([parts["train"], parts["valid"]])
    if list(map(len, parts.values())) != [25_000, 25_000] or not np.array_equal(np.sort(both), np.arange(50_000)):
        raise DataError(
            f"{split_file}: holds {len(parts['train'])} and {len(parts['valid'])} indices, {len(np.unique(both))} "
            "different ones; expected 25000 and 25000, each of 0 to 49999 once; get cifar-split.txt of AutoDL-Projects"
        )
    if parts["train"][:10].tolist() != NASBENCH201_START:
        raise DataError(
            f"{split_file}: the training part starts with {parts['train'][:10].tolist()}, the official one with "
            f"{NASBENCH201_START}; get cifar-split.txt from AutoDL-Projects"
        )
    return parts
