"""Attributes of HDF5 files, and a checksum for what HDF5's own do not cover: attributes, names, shapes, texts."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

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
