"""data/{dataset}.h5: images, labels, split and statistics of a data set, with a checksum on every array."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fsnas.artifacts.files import lineage_of, unfit
from fsnas.artifacts.hdf5 import field, read_array, reading, write_array, writing
from fsnas.data.dataset import Dataset

FORMAT, VERSION = "fsnas.dataset", 1
PARTS = ("train", "valid", "test")
ARRAYS: dict[str, tuple[type, Sequence[str]]] = {"images": (np.uint8, "nchw"), "labels": (np.int64, "n")}
ARRAYS |= dict.fromkeys(("mean", "std"), (np.float64, "c"))  # type, and axes: those of one name are as long
ARRAYS |= {f"splits/{part}": (np.int64, (part,)) for part in PARTS}
CHUNK = 2**20  # bytes; what fits HDF5's chunk cache


def _arrays(dataset: Dataset) -> dict[str, np.ndarray]:
    arrays = {name: getattr(dataset, name) for name in ("images", "labels", "mean", "std")}
    arrays |= {f"splits/{part}": dataset.splits[part] for part in PARTS}
    return {name: np.ascontiguousarray(array, dtype=ARRAYS[name][0]) for name, array in arrays.items()}


def write_dataset(path: str | Path, dataset: Dataset, *, key: str, **lineage: Any) -> None:
    """Write ``dataset`` to ``path``, whole or not at all; the same content gives the same bytes."""
    about = lineage_of(**lineage)  # and the order decides the bytes
    attributes = {"format": FORMAT, "version": VERSION, "key": key, "name": dataset.name}
    attributes |= {"settings": about["settings"], "classes": list(dataset.classes), **about}
    arrays = _arrays(dataset)
    images = arrays.pop("images")
    chunk = (int(np.clip(CHUNK // max(images[0].nbytes, 1), 1, len(images))), *images.shape[1:])
    with writing(path, attributes) as file:
        write_array(file, "images", images, chunks=chunk, compression="gzip", compression_opts=1)
        for name, array in arrays.items():
            write_array(file, name, array)


def content_key(dataset: Dataset) -> str:
    """Return the key of a data set: a digest over its name and all it holds, wherever that came from."""
    parts: list[Any] = [dataset.name, list(dataset.classes)]
    for name, array in _arrays(dataset).items():
        parts.append([name, list(array.shape), hashlib.sha256(array.data).hexdigest()])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def read_dataset(path: str | Path) -> Dataset:
    """Return the data set in ``path``.

    Errors as `fsnas.artifacts.hdf5.reading` and `read_array`, and if its fields do not fit each other.
    """
    fields: dict[str, Any] = {}
    lengths: dict[str, int] = {}
    with reading(path, FORMAT, VERSION) as (file, _):
        for name, (dtype, axes) in ARRAYS.items():
            fields[name] = read_array(path, file, name, dtype, [lengths.get(axis) for axis in axes])
            lengths |= zip(axes, fields[name].shape, strict=True)
        with field(path, "name"):
            title = str(file.attrs["name"])
        with field(path, "classes"):
            classes = tuple(map(str, json.loads(file.attrs["classes"])))
    splits = {part: fields.pop(f"splits/{part}") for part in PARTS}
    found = Dataset(title, classes=classes, splits=splits, **fields)
    _check(path, found)
    return found


def read_key(path: str | Path) -> str:
    """Return the key of the data set in ``path``, without reading its images."""
    with reading(path, FORMAT, VERSION) as (_, attributes), field(path, "key"):
        return str(attributes["key"])


@dataclass(frozen=True)
class Extent:
    """How much there is in the file of a data set, and the settings that made it."""

    settings: dict[str, Any]
    train: int
    valid: int
    height: int
    width: int


def read_extent(path: str | Path) -> Extent | None:
    """Return how many images ``path`` has of two parts and how large they are, from its headers; None if it has none.

    Neither the checksum is checked nor an image read: those who need the content do so, and say what is wrong.
    """
    try:
        with h5py.File(path, locking=False) as file:
            settings = json.loads(file.attrs["settings"])
            parts = (len(file[f"splits/{part}"]) for part in ("train", "valid"))
            return Extent(settings, *parts, *file["images"].shape[2:])
    except (OSError, KeyError, ValueError, RuntimeError, TypeError):
        return None


def _check(path: str | Path, found: Dataset) -> None:
    """Raise `ArtifactError` where a field does not fit the others."""
    count, classes = len(found.images), len(found.classes)
    indices = np.concatenate([*found.splits.values()])
    different = len(np.unique(indices)) == len(indices)
    rules = [
        ("labels", f"one of 0 to {classes - 1} for each image", _within(found.labels, classes)),
        ("mean", "one number for each channel", np.isfinite(found.mean).all()),
        ("std", "one number above 0 for each channel", (found.std > 0).all()),
        ("splits", f"different indices of 0 to {count - 1}", _within(indices, count) and different),
    ]
    for name, expected, holds in rules:
        if not holds:
            raise unfit(path, f"field {name!r}: expected {expected}")


def _within(values: np.ndarray, count: int) -> bool:
    return bool(((values >= 0) & (values < count)).all())
