"""Data sets: images of digits, CIFAR or class folders, split into train, valid and test parts.

Nothing here imports torch; torchvision is imported only where CIFAR is read.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.errors import DataError
from fsnas.seeding import generator

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
NASBENCH201_START = [0, 5, 7, 11, 13, 15, 16, 17, 20, 24]  # of the official training part


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
    """Images as they come: training images first, then ``test`` test images."""

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
        Pixels to which an image folder is resized; None wants images of one size.

    Raises
    ------
    DataError
        If images cannot be read, downloaded or split; the message names the file or folder.
    """
    if source == "digits":
        found = _digits(seed)
    elif source in ("cifar10", "cifar100"):
        found = _cifar(source, _folder(folder, source), download)
    elif source == "imagefolder":
        found = _image_folder(_folder(folder, source), image_size)
    else:
        raise DataError(f"there is no source {source!r}; expected digits, cifar10, cifar100 or imagefolder")
    if split == "nasbench201":
        splits = _official_split(source, split_file)
    else:
        rest = np.setdiff1d(np.arange(len(found.labels)), found.test)
        valid, train = _balanced(found.labels, rest, 2, seed, "valid")
        splits = {"train": train, "valid": valid}
    splits["test"] = found.test
    mean, std = _statistics(found.images, splits["train"])
    return Dataset(name, found.images, found.labels, found.classes, splits, mean, std)


def _folder(folder: str | None, source: str) -> Path:
    if not folder:
        raise DataError(f"the source {source!r} needs data.folder, the folder of its images; found none")
    return Path(folder).expanduser()


def _balanced(
    labels: np.ndarray, indices: np.ndarray, share: int, seed: int, part: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return a seeded, class-balanced ``1 / share`` of ``indices`` and the rest, both sorted."""
    rng = generator(seed, "split", part)
    taken: list[np.ndarray] = []
    for label in np.unique(labels[indices]):
        members = rng.permutation(indices[labels[indices] == label])
        taken.append(members[: len(members) // share])
    first = np.sort(np.concatenate(taken)).astype(np.int64)
    return first, np.setdiff1d(indices, first).astype(np.int64)


def _statistics(images: np.ndarray, train: np.ndarray, chunk: int = 4096) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation per channel of the training part, float64, pixels in [0, 1]."""
    counts = np.zeros((images.shape[1], 256), dtype=np.int64)
    for start in range(0, len(train), chunk):
        part = images[train[start : start + chunk]]
        for channel in range(images.shape[1]):
            counts[channel] += np.bincount(part[:, channel].ravel(), minlength=256)
    values, total = np.arange(256) / 255, counts.sum(axis=1)
    mean = counts @ values / total
    std = np.sqrt(np.maximum(counts @ values**2 / total - mean**2, 0.0))
    if (std < 1e-6).any():
        channel = int(np.flatnonzero(std < 1e-6)[0])
        raise DataError(f"channel {channel} has the same value in all training images; expected images that differ")
    return mean, std


def _digits(seed: int) -> _Source:
    """Return scikit-learn's 1,797 handwritten digits as 8x8 images; a seeded sixth of each class is the test part."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / 16)).astype(np.uint8)[:, None]
    labels = bunch.target.astype(np.int64)
    test, _ = _balanced(labels, np.arange(len(labels)), 6, seed, "test")
    return _Source(images, labels, tuple(str(digit) for digit in range(10)), test)


def _cifar(source: str, folder: Path, download: bool) -> _Source:
    """Return CIFAR-10 or CIFAR-100 through torchvision, which checks its files against their checksums."""
    from torchvision.datasets import CIFAR10, CIFAR100

    kind: Any = {"cifar10": CIFAR10, "cifar100": CIFAR100}[source]
    if download:
        _download(kind, source, folder)
    try:
        parts = [kind(str(folder), train=train, download=False) for train in (True, False)]
    except RuntimeError as error:
        raise DataError(
            f"{folder / kind.base_folder}: {source} is missing or does not fit its checksums ({error}); remove what "
            f"is there and set data.download to true, or set data.folder to the folder that holds {kind.base_folder}/"
        ) from error
    images = np.concatenate([part.data for part in parts]).transpose(0, 3, 1, 2)
    labels = np.concatenate([np.asarray(part.targets, dtype=np.int64) for part in parts])
    test = np.arange(len(parts[0].data), len(labels))
    return _Source(np.ascontiguousarray(images), labels, tuple(parts[0].classes), test)


def _download(kind: Any, source: str, folder: Path) -> None:
    """Download and unpack into a temporary folder; only what passed its checksums reaches ``folder``."""
    try:
        kind(str(folder), train=True, download=False)
        return  # it lies there already, and passes its checksums
    except RuntimeError:
        folder.mkdir(parents=True, exist_ok=True)
    target = folder / kind.base_folder
    with tempfile.TemporaryDirectory(prefix=f".{source}-", dir=folder) as temporary:
        try:
            kind(temporary, train=True, download=True)
        except Exception as error:  # urllib, tarfile and torchvision each raise their own
            raise DataError(
                f"{source} could not be downloaded from {kind.url} into {folder} ({type(error).__name__}: {error}); "
                f"nothing was kept. Check the network and run again, or put {kind.base_folder}/ there yourself"
            ) from error
        if target.exists():
            shutil.rmtree(target)
        (Path(temporary) / kind.base_folder).replace(target)


def _image_folder(folder: Path, size: int | None) -> _Source:
    """Return the images of ``folder/train/CLASS/*`` and ``folder/test/CLASS/*``."""
    parts = {part: _classes(folder / part) for part in ("train", "test")}
    for part, other in (("test", "train"), ("train", "test")):
        for name in parts[part]:
            if name not in parts[other]:
                raise DataError(
                    f"{folder / part / name}: the class {name!r} is in {part}, but not in {other}; expected the same "
                    f"classes in both, in {other}: {', '.join(parts[other])}"
                )
    classes = tuple(parts["train"])
    files = [file for part in ("train", "test") for name in classes for file in parts[part][name]]
    labels = [classes.index(name) for part in ("train", "test") for name in classes for _ in parts[part][name]]
    images = _read_images(files, size)
    count = sum(map(len, parts["train"].values()))
    return _Source(images, np.array(labels, dtype=np.int64), classes, np.arange(count, len(files)))


def _classes(folder: Path) -> dict[str, list[Path]]:
    """Return the image files of every class folder, both sorted; hidden files are passed over."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected train/ and test/ with one folder of images per class")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not names:
        raise DataError(f"{folder}: holds no class folders; expected one folder of images per class")
    found = {}
    for name in names:
        files = sorted(path for path in (folder / name).iterdir() if not path.name.startswith("."))
        for file in files:
            if file.suffix.lower() not in EXTENSIONS:
                raise DataError(f"{file}: not an image; expected files ending in {', '.join(EXTENSIONS)}")
        if not files:
            raise DataError(f"{folder / name}: the class has no images; add some or remove the folder")
        found[name] = files
    return found


def _read_images(files: list[Path], size: int | None) -> np.ndarray:
    """Return all images as uint8 ``[n, c, h, w]``: one channel where all are grey, else three."""
    arrays: list[np.ndarray] = []
    for file in files:
        array = _read_image(file, size)
        if arrays and array.shape[:2] != arrays[0].shape[:2]:
            (h, w), (first_h, first_w) = array.shape[:2], arrays[0].shape[:2]
            raise DataError(
                f"{file}: {w}x{h} pixels, but {files[0]} has {first_w}x{first_h}; expected images of one size, or "
                "set data.image_size to resize them"
            )
        arrays.append(array)
    if all(array.ndim == 2 for array in arrays):
        return np.stack(arrays)[:, None]
    colour = [np.repeat(array[:, :, None], 3, axis=2) if array.ndim == 2 else array for array in arrays]
    return np.ascontiguousarray(np.stack(colour).transpose(0, 3, 1, 2))


def _read_image(file: Path, size: int | None) -> np.ndarray:
    """Return one image, uint8 ``[h, w]`` if grey, else ``[h, w, 3]``."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            grey = image.mode in ("1", "L", "LA", "I", "I;16")
            converted = image.convert("L" if grey else "RGB")
        if size is not None:
            converted = converted.resize((size, size), Image.Resampling.BILINEAR)
        return np.asarray(converted)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{file}: cannot be read as an image ({error}); replace or remove it") from error


def _official_split(source: str, split_file: str | None) -> dict[str, np.ndarray]:
    """Return NAS-Bench-201's train and valid indices of CIFAR-10 from its own split file."""
    if source != "cifar10" or not split_file:
        raise DataError(
            "data.split 'nasbench201' is the split of cifar10 in torchvision's order and needs data.split_file; "
            f"found source {source!r} and split_file {split_file!r}. (For CIFAR-100 NAS-Bench-201 splits the test set.)"
        )
    try:
        content = json.loads(Path(split_file).read_text(encoding="utf-8"))
        parts = {
            part: np.array(sorted(int(i) for i in content[part][1]), dtype=np.int64) for part in ("train", "valid")
        }
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(
            f"{split_file}: cannot be read as NAS-Bench-201's split ({type(error).__name__}: {error}); expected "
            "cifar-split.txt of AutoDL-Projects, JSON with lists of indices under 'train' and 'valid'"
        ) from error
    both = np.concatenate([parts["train"], parts["valid"]])
    if list(map(len, parts.values())) != [25_000, 25_000] or not np.array_equal(np.sort(both), np.arange(50_000)):
        raise DataError(
            f"{split_file}: holds {len(parts['train'])} and {len(parts['valid'])} indices; expected 25000 and 25000 "
            "different ones that cover 0 to 49999"
        )
    if parts["train"][:10].tolist() != NASBENCH201_START:
        raise DataError(
            f"{split_file}: the training part starts with {parts['train'][:10].tolist()}, the official one with "
            f"{NASBENCH201_START}; get cifar-split.txt from AutoDL-Projects"
        )
    return parts
