"""What the HDF5 formats share: files whole or not at all, attributes, and a checksum over every byte."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fsnas.artifacts.files import replacing
from fsnas.errors import ArtifactError

BLOCK = 512  # bytes in front, which HDF5 leaves to its users: there is the checksum
TITLE = b"HDF5 file of fsnas; the sha256 of all after these 512 bytes:\n"


def encoded(value: Any) -> Any:
    """Return ``value`` as an attribute can hold it: dicts and lists as JSON."""
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list, tuple)) else value


def decoded(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as they were before `encoded`: Python's own numbers, JSON decoded."""
    return {name: _decoded(value) for name, value in attributes.items()}


def _decoded(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return json.loads(value) if isinstance(value, str) and value.startswith(("{", "[")) else value


@contextmanager
def writing(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new HDF5 file in memory; if the block succeeds, write it with its checksum, whole or not at all.

    On a full disk HDF5 itself would lose its way and end the process. The same content gives the same bytes.
    """
    options = {"libver": "v110", "track_order": False, "userblock_size": BLOCK}
    with h5py.File(path, "w", driver="core", backing_store=False, **options) as file:
        yield file
        _write_image(file, path)


@contextmanager
def reading(path: str | Path) -> Iterator[h5py.File]:
    """Yield the HDF5 file in ``path``, whose checksum is right.

    It is checked before HDF5 sees the file: in a damaged one HDF5 reads other values, or for ever. The file is read
    into memory once, so that no lock of HDF5 matters, which other readers may hold or a network file system may lack.

    Raises
    ------
    ArtifactError
        If the file is missing, cannot be read, or its checksum is wrong. A field that it lacks is h5py's `KeyError`.
    """
    with h5py.File(h5py.h5f.open_file_image(_image(path))) as file:
        yield file


def _write_image(file: h5py.File, path: str | Path) -> None:
    file.flush()
    image = file.id.get_file_image()  # without the block in front
    with replacing(path) as temporary, temporary.open("wb") as output:
        output.write(_block(hashlib.sha256(image).hexdigest()))
        output.write(image)


def _image(path: str | Path) -> bytes:
    """Return what HDF5 wrote into ``path``; raise `ArtifactError` unless it is, byte for byte, as it was written."""
    try:
        with open(path, "rb") as file:
            found, image = file.read(BLOCK), file.read()
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file; run snakemake to make it") from error
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read as HDF5 ({error}); remove the file and run again") from error
    if not found.startswith(TITLE):
        raise ArtifactError(
            f"{path}: does not begin with the checksum of an HDF5 file of this fsnas; remove the file and run again"
        )
    if found != _block(hashlib.sha256(image).hexdigest()):
        raise ArtifactError(
            f"{path}: field 'checksum' in the first {BLOCK} bytes does not fit the rest: the file was changed or "
            "damaged; remove the file and run again"
        )
    return image


def _block(digest: str) -> bytes:
    return (TITLE + digest.encode() + b"\n").ljust(BLOCK, b"\0")
