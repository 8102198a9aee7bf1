"""Pickles of others, of which only numbers, texts and what holds them are read: nothing in them is imported or run.

Nothing here imports torch.
"""

import io
import pickle
import re
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

STORAGES = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
TORCH_MAGIC = 0x1950A86A20F9469CFC6C  # the first of the pickles in a file of torch.save before version 1.6


class _Type:
    """A type of numpy: booleans, integers or floats."""

    def __init__(self, name: str, *_: Any) -> None:
        if not re.fullmatch("[biuf][1248]", name):
            raise pickle.UnpicklingError(f"holds numbers of the type {name!r}, expected booleans, integers or floats")
        self.dtype = np.dtype(name)

    def __setstate__(self, state: tuple) -> None:
        self.dtype = self.dtype.newbyteorder(state[1])


class Array:
    """An array of numpy, for ``numpy.asarray``."""

    def __init__(self, *_: Any) -> None:
        self.values = np.empty(0)

    def __setstate__(self, state: tuple) -> None:
        _, shape, kind, fortran, content = state
        values = np.frombuffer(_bytes(content), kind.dtype)
        self.values = values.reshape(shape, order="F" if fortran else "C")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return the array, as numpy asks for it."""
        return np.array(self.values, dtype, copy=copy)


def _scalar(kind: _Type, content: Any) -> Any:
    (value,) = np.frombuffer(_bytes(content), kind.dtype)
    return value.item()


def _bytes(content: Any) -> bytes:
    """Return bytes, which are texts in a file of Python 2."""
    return content.encode("latin1") if isinstance(content, str) else content


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"holds bytes in the encoding {encoding!r}, expected latin1")
    return text.encode(encoding)


def _nothing(*_: Any) -> None:
    """Stand for the weights of a network."""


KNOWN: dict[str, Callable] = {
    "collections.OrderedDict": OrderedDict,
    "builtins.set": set,
    "__builtin__.set": set,
    "_codecs.encode": _encode,
    "numpy.dtype": _Type,
    "numpy.ndarray": _nothing,  # only an argument of _reconstruct
    **{f"{core}.multiarray._reconstruct": Array for core in ("numpy.core", "numpy._core")},
    **{f"{core}.multiarray.scalar": _scalar for core in ("numpy.core", "numpy._core")},
    **{f"torch._utils._rebuild_{what}": _nothing for what in ("tensor", "tensor_v2", "parameter")},
    **{f"torch.{kind}Storage": _nothing for kind in STORAGES},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable:
        try:
            return KNOWN[f"{module}.{name}"]
        except KeyError:
            raise pickle.UnpicklingError(f"names {module}.{name}, which is not read: it could run any code") from None

    def persistent_load(self, pid: Any) -> None:
        """Leave out weights."""


def load(file: IO[bytes]) -> Any:
    """Return the content of a pickle: numbers, texts, dicts, lists, sets, and arrays of numpy as `Array`.

    Numbers of numpy are those of Python. Texts of Python 2 are latin1. Weights of torch are None.

    Raises
    ------
    Exception
        Of any kind, if the bytes are no such pickle; `pickle.UnpicklingError` if it names anything else.
    """
    return _Unpickler(file, encoding="latin1").load()


def loads(content: bytes) -> Any:
    """Return the content of a pickle, as `load`."""
    return load(io.BytesIO(content))


def load_torch(path: str | Path) -> Any:
    """Return the content of a file of ``torch.save``, as `load`."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            (name,) = (name for name in archive.namelist() if re.fullmatch("[^/]+/data.pkl", name))
            with archive.open(name) as file:
                return load(file)
    with open(path, "rb") as file:
        if load(file) != TORCH_MAGIC:
            raise pickle.UnpicklingError("is a pickle, but none of torch.save")
        load(file), load(file)  # the version of the format, and what machine wrote it
        return load(file)
