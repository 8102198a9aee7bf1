"""data/{dataset}.h5: images, labels, split and statistics of a data set, with a checksum on every array."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fsnas.artifacts.files import check_format
from fsnas.artifacts.hdf5 import encoded, reading, writing
from fsnas.data.dataset import Dataset
from fsnas.errors import ArtifactError

FORMAT, VERSION = "fsnas.dataset", 1
PARTS = ("train", "valid", "test")
KINDS = {"images": np.uint8, "labels": np.int64, "mean": np.float64, "std": np.float64}
KINDS |= {f"splits/{part}": np.int64 for part in PARTS}
CHUNK = 2**20  # bytes; what fits HDF5's chunk cache


def write_dataset(
    path: str | Path,
    dataset: Dataset,
    *,
    key: str,
    settings: dict[str, Any],
    code: Sequence[str] = (),
    inputs: str = "",
    commit: str = "",
) -> None:
    """Write ``dataset`` to ``path``, whole or not at all; the same content gives the same bytes."""
    attributes = {"format": FORMAT, "version": VERSION, "key": key, "name": dataset.name, "settings": settings}
    attributes |= {"classes": list(dataset.classes), "code": list(code), "inputs": inputs, "commit": commit}
    arrays = {"labels": dataset.labels, "mean": dataset.mean, "std": dataset.std}
    arrays |= {f"splits/{part}": dataset.splits[part] for part in PARTS}
    images = dataset.images
    chunk = (int(np.clip(CHUNK // max(images[0].nbytes, 1), 1, len(images))), *images.shape[1:])
    checked = {"fletcher32": True, "track_times": False}
    with writing(path) as file:
        for name, value in attributes.items():
            file.attrs[name] = encoded(value)
        file.create_dataset("images", data=images, chunks=chunk, compression="gzip", compression_opts=1, **checked)
        for name, array in arrays.items():
            file.create_dataset(name, data=array.astype(KINDS[name]), chunks=array.shape, **checked)


def content_key(dataset: Dataset) -> str:
    """Return the key of a data set: a digest over its name and all it holds, wherever that came from."""
    parts: list[Any] = [dataset.name, list(dataset.classes)]
    arrays = {"images": dataset.images, "labels": dataset.labels, "mean": dataset.mean, "std": dataset.std}
    arrays |= {f"splits/{part}": dataset.splits[part] for part in PARTS}
    for name, array in arrays.items():
        array = np.ascontiguousarray(array, dtype=KINDS[name])
        parts.append([name, list(array.shape), hashlib.sha256(array.data).hexdigest()])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def read_dataset(path: str | Path) -> Dataset:
    """Return the data set in ``path``.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, of another format, or its fields do not fit each other; the message names
        file and field.
    """
    fields: dict[str, np.ndarray] = {}
    with _opened(path) as file:
        for name in KINDS:
            with _field(path, name):
                fields[name] = file[name][()]
        with _field(path, "name"):
            title = str(file.attrs["name"])
        with _field(path, "classes"):
            classes = tuple(map(str, json.loads(file.attrs["classes"])))
    splits = {part: fields[f"splits/{part}"] for part in PARTS}
    _check(path, fields, len(classes))
    return Dataset(title, fields["images"], fields["labels"], classes, splits, fields["mean"], fields["std"])


def read_key(path: str | Path) -> str:
    """Return the key of the data set in ``path``, without reading its images."""
    with _opened(path) as file, _field(path, "key"):
        return str(file.attrs["key"])


@dataclass(frozen=True)
class Extent:
    """How much there is in the file of a data set, and the settings that made it."""

    settings: dict[str, Any]
    train: int
    height: int
    width: int


def read_extent(path: str | Path) -> Extent | None:
    """Return how many images of ``path`` train and how large they are, from its headers; None if that cannot be read.

    Neither the checksum is checked nor an image read: those who need the content do so, and say what is wrong.
    """
    try:
        with h5py.File(path, locking=False) as file:
            settings = json.loads(file.attrs["settings"])
            return Extent(settings, len(file["splits/train"]), *file["images"].shape[2:])
    except (OSError, KeyError, ValueError, RuntimeError, TypeError):
        return None


@contextmanager
def _opened(path: str | Path) -> Iterator[h5py.File]:
    """Open ``path`` for reading and check format and version."""
    with reading(path) as file:
        with _field(path, "format"):
            attributes = {n: v.item() if isinstance(v, np.generic) else v for n, v in file.attrs.items()}
            check_format(path, attributes, FORMAT, VERSION)
        yield file


@contextmanager
def _field(path: str | Path, name: str) -> Iterator[None]:
    """Turn what h5py raises while it reads the field ``name`` into an `ArtifactError`."""
    try:
        yield
    except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise ArtifactError(f"{path}: cannot read field {name!r} ({error}); remove the file and run again") from error


def _check(path: str | Path, fields: dict[str, np.ndarray], classes: int) -> None:
    """Raise `ArtifactError` where a field has a wrong type or does not fit the others."""
    for name, kind in KINDS.items():
        axes = 4 if name == "images" else 1
        found = fields[name]
        if not isinstance(found, np.ndarray) or found.dtype != kind or found.ndim != axes or not found.size:
            raise ArtifactError(
                f"{path}: field {name!r} is {getattr(found, 'dtype', type(found).__name__)} of shape "
                f"{np.shape(found)}, expected {np.dtype(kind)} with {axes} axes, not empty; remove the file and run "
                "again"
            )
    count, channels = fields["images"].shape[:2]
    indices = np.concatenate([fields[f"splits/{part}"] for part in PARTS])
    labels, mean, std = (fields[name] for name in ("labels", "mean", "std"))
    rules = [
        ("labels", f"one of 0 to {classes - 1} for each image", labels.shape == (count,) and _within(labels, classes)),
        ("mean", "one number for each channel", mean.shape == (channels,) and bool(np.isfinite(mean).all())),
        ("std", "one number above 0 for each channel", std.shape == (channels,) and bool((std > 0).all())),
        ("splits", f"different indices of 0 to {count - 1}", _within(indices, count) and _different(indices)),
    ]
    for field, expected, holds in rules:
        if not holds:
            raise ArtifactError(f"{path}: field {field!r}: expected {expected}; remove the file and run again")


def _within(values: np.ndarray, count: int) -> bool:
    return bool(((values >= 0) & (values < count)).all())


def _different(values: np.ndarray) -> bool:
    return len(np.unique(values)) == len(values)
