"""What the HDF5 formats share: files whole or not at all, attributes, and a checksum where HDF5 has none of its own."""

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

CHECKSUM = "checksum"
OF_SCALES = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid"}  # HDF5's own, with references


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
    """Yield a new HDF5 file in memory; if the block succeeds, seal it and write it to ``path``, whole or not at all.

    On a full disk HDF5 itself would lose its way and end the process. The format v110 has checksums for most of its own
    metadata. The same content gives the same bytes.
    """
    with h5py.File(path, "w", driver="core", backing_store=False, libver="v110", track_order=False) as file:
        yield file
        _write_image(file, path)


def _write_image(file: h5py.File, path: str | Path) -> None:
    seal(file)
    file.flush()
    image = file.id.get_file_image()
    with replacing(path) as temporary:
        temporary.write_bytes(image)


def copy_relabelled(source: str | Path, path: str | Path, **attributes: Any) -> None:
    """Copy the HDF5 file ``source`` to ``path`` with other file attributes; arrays and names stay as they are."""
    with h5py.File(source, "r+", driver="core", backing_store=False, libver="v110") as file:
        for name, value in attributes.items():
            file.attrs[name] = encoded(value)
        _write_image(file, path)


def seal(file: h5py.File) -> None:
    """Write the checksum of ``file`` into its attribute ``checksum``; nothing may be added afterwards."""
    file.attrs[CHECKSUM] = _digest(file)


def check_seal(path: str | Path, file: h5py.File) -> None:
    """Raise `ArtifactError` unless the checksum of ``file`` is the one that `seal` wrote."""
    found = file.attrs.get(CHECKSUM)
    if found != _digest(file):
        raise ArtifactError(
            f"{path}: field {CHECKSUM!r} is {found!r}, which does not fit names, shapes and attributes: the file was "
            "changed or damaged; remove the file and run again"
        )


def _digest(file: h5py.File) -> str:
    """Return the sha256 over everything but the arrays that have a fletcher32 checksum."""
    lines = [_line("/", file)]
    file.visititems(lambda name, item: lines.append(_line(name, item)))
    return "sha256:" + hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _line(name: str, item: Any) -> str:
    attributes = {key: _plain(item.attrs[key]) for key in sorted(item.attrs) if key not in OF_SCALES | {CHECKSUM}}
    if not isinstance(item, h5py.Dataset):
        return repr((name, attributes))
    content = None if item.fletcher32 else _plain(item[()])
    return repr((name, attributes, str(item.dtype), item.shape, content))


def _plain(value: Any) -> Any:
    return np.asarray(value).tolist()
