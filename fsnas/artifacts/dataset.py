"""data/{dataset}.h5: images, labels, split and statistics of a data set, with a checksum on every array."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fsnas.artifacts.files import check_format, replacing
from fsnas.data import Dataset
from fsnas.errors import ArtifactError

FORMAT, VERSION = "fsnas.dataset", 1
PARTS = ("train", "valid", "test")


def write_dataset(path: str | Path, dataset: Dataset, *, key: str, settings: dict[str, Any]) -> None:
    """Write ``dataset`` to ``path``, whole or not at all; the same content gives the same bytes."""
    with replacing(path) as temporary, h5py.File(temporary, "w", libver="v110") as file:
        attributes = {"format": FORMAT, "version": VERSION, "key": key, "name": dataset.name}
        attributes |= {"settings": json.dumps(settings, sort_keys=True), "classes": json.dumps(list(dataset.classes))}
        for name, value in attributes.items():
            file.attrs[name] = value
        chunk = (min(len(dataset.images), 1024), *dataset.images.shape[1:])
        file.create_dataset(
            "images", data=dataset.images, chunks=chunk, compression="lzf", fletcher32=True, track_times=False
        )
        arrays = {"labels": dataset.labels, "mean": dataset.mean, "std": dataset.std}
        arrays |= {f"splits/{part}": dataset.splits[part] for part in PARTS}
        for name, array in arrays.items():
            file.create_dataset(name, data=array, chunks=array.shape, fletcher32=True, track_times=False)


def read_dataset(path: str | Path) -> Dataset:
    """Return the data set in ``path``.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, of another format, or its fields do not fit each other.
    """
    fields: dict[str, np.ndarray] = {}
    name = "format"
    try:
        with h5py.File(path, "r") as file:
            attributes = dict(file.attrs)
            check_format(path, attributes, FORMAT, VERSION)
            for name in ("images", "labels", "mean", "std", *(f"splits/{part}" for part in PARTS)):
                fields[name] = file[name][()]
            name = "classes"
            classes = tuple(json.loads(attributes["classes"]))
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file; run snakemake to make it") from error
    except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise ArtifactError(f"{path}: cannot read field {name!r} ({error}); remove the file and run again") from error
    splits = {part: fields[f"splits/{part}"] for part in PARTS}
    dataset = Dataset(
        str(attributes["name"]), fields["images"], fields["labels"], classes, splits, fields["mean"], fields["std"]
    )
    _check(path, dataset)
    return dataset


def read_key(path: str | Path) -> str:
    """Return the key of the data set in ``path``, without reading its images."""
    try:
        with h5py.File(path, "r") as file:
            check_format(path, dict(file.attrs), FORMAT, VERSION)
            return str(file.attrs["key"])
    except (OSError, KeyError) as error:
        raise ArtifactError(f"{path}: cannot read field 'key' ({error}); remove the file and run again") from error


def _check(path: str | Path, dataset: Dataset) -> None:
    """Raise `ArtifactError` where a field does not fit the others."""
    images, labels = dataset.images, dataset.labels
    indices = np.concatenate([dataset.splits[part] for part in PARTS])
    problems = {
        "images": images.ndim != 4 or images.dtype != np.uint8,
        "labels": labels.shape != images.shape[:1] or labels.min() < 0 or labels.max() >= len(dataset.classes),
        "mean": dataset.mean.shape != images.shape[1:2],
        "std": dataset.std.shape != images.shape[1:2] or bool((dataset.std <= 0).any()),
        "splits": len(np.unique(indices)) != len(indices) or indices.min() < 0 or indices.max() >= len(images),
    }
    for field, wrong in problems.items():
        if wrong:
            raise ArtifactError(f"{path}: field {field!r} does not fit the others; remove the file and run again")
