"""What the HDF5 formats share: files whole or not at all, attributes, and a checksum over every byte."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fsnas.artifacts.files import check_format, readable, replacing, unfit

BLOCK = 512  # bytes in front, which HDF5 leaves to its users: there is the checksum
TITLE = b"HDF5 file of fsnas; the sha256 of all after these 512 bytes:\n"


def _encoded(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list, tuple)) else value


def _decoded(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return json.loads(value) if isinstance(value, str) and value.startswith(("{", "[")) else value


@contextmanager
def writing(path: str | Path, attributes: Mapping[str, Any]) -> Iterator[h5py.File]:
    """Yield a new HDF5 file in memory; if the block succeeds, write it with its checksum, whole or not at all.

    Of the ``attributes`` of the file dicts and lists are kept as JSON.
    On a full disk HDF5 itself would lose its way and end the process. The same content gives the same bytes.
    """
    options = {"libver": "v110", "track_order": False, "userblock_size": BLOCK}
    with h5py.File(path, "w", driver="core", backing_store=False, **options) as file:
        for name, value in attributes.items():
            file.attrs[name] = _encoded(value)
        yield file
        file.flush()
        image = file.id.get_file_image()  # without the block in front
    with replacing(path) as temporary, temporary.open("wb") as output:
        output.write(_block(image))
        output.write(image)


@contextmanager
def reading(path: str | Path, name: str = "", version: int = 0) -> Iterator[tuple[h5py.File, dict[str, Any]]]:
    """Yield the HDF5 file in ``path``, whose checksum is right, and its attributes as they were written.

    It is checked before HDF5 sees the file: in a damaged one HDF5 reads other values, or for ever. The file is read
    into memory once, so that no lock of HDF5 matters, which other readers may hold or a network file system may lack.

    Raises
    ------
    ArtifactError
        If the file is missing, cannot be read, its checksum is wrong, or it is not of the format ``name`` and its
        ``version``, where given. A field that it lacks is h5py's `KeyError`, but within `field`.
    """
    with readable(path, "HDF5"), open(path, "rb") as raw:
        found, image = raw.read(BLOCK), raw.read()
    if not found.startswith(TITLE):
        raise unfit(path, "does not begin with the checksum of an HDF5 file of this fsnas")
    if found != _block(image):
        problem = f"field 'checksum' in the first {BLOCK} bytes does not fit the rest"
        raise unfit(path, f"{problem}: the file was changed or damaged")
    with h5py.File(h5py.h5f.open_file_image(image)) as file:
        with field(path, "format"):
            attributes = {attribute: _decoded(value) for attribute, value in file.attrs.items()}
        if name:
            check_format(path, attributes, name, version)
        yield file, attributes


@contextmanager
def field(path: str | Path, name: str) -> Iterator[None]:
    """Turn what is raised while the field ``name`` is read into an `ArtifactError`."""
    try:
        yield
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
        raise unfit(path, f"cannot read field {name!r} ({error})") from error


def write_array(
    group: h5py.Group, name: str, array: np.ndarray, scales: Sequence[h5py.Dataset] = (), **options: Any
) -> h5py.Dataset:
    """Write an array with a checksum of its own, in one chunk unless ``options`` of h5py say otherwise."""
    options = {"chunks": array.shape, **options}
    dataset = group.create_dataset(name, data=array, fletcher32=True, track_times=False, **options)
    for axis, scale in enumerate(scales):
        dataset.dims[axis].attach_scale(scale)
    return dataset


def read_array(path: str | Path, group: h5py.Group, name: str, dtype: Any, shape: Sequence[int | None]) -> np.ndarray:
    """Return an array of a file.

    Raises
    ------
    ArtifactError
        As `field`, and if it is not of this type and shape, in which None is any length from 1.
    """
    place = f"{group.name}/{name}".strip("/")
    with field(path, place):
        array = np.asarray(group[name][()])
    if problem := misfit(array, dtype, shape):
        raise unfit(path, f"field {place!r} {problem}")
    return array


def misfit(array: np.ndarray, dtype: Any, shape: Sequence[int | None]) -> str:
    """Return what is wrong with the type or the shape of an array, as `read_array`; nothing if they are right."""
    fits = array.ndim == len(shape) and all(n == (m or max(n, 1)) for n, m in zip(array.shape, shape, strict=True))
    if fits and array.dtype == dtype:
        return ""
    expected = f"({', '.join(str(n or '1 or more') for n in shape)}{',' * (len(shape) == 1)})"
    return f"is {array.dtype} of shape {array.shape}, expected {np.dtype(dtype)} of shape {expected}"


def _block(image: bytes) -> bytes:
    """Return what stands in front of what HDF5 wrote."""
    return (TITLE + hashlib.sha256(image).hexdigest().encode() + b"\n").ljust(BLOCK, b"\0")
