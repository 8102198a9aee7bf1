"""What `torch.save` wrote, as NumPy arrays: importing torch takes seconds, and a look at a checkpoint should not."""

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.artifacts.archive import whole_archive

STORAGES = {"Float": np.float32, "Double": np.float64, "Half": np.float16, "Bool": np.bool_, "Byte": np.uint8}
STORAGES |= {"Char": np.int8, "Short": np.int16, "Int": np.int32, "Long": np.int64}


def load_tensors(path: str | Path) -> Any:
    """Return what `torch.save` wrote to ``path``, tensors as arrays; every checksum is checked, and no code is run.

    Errors as `whole_archive`, and if it holds something else than numbers, text, containers of them, and dense tensors.
    """
    with whole_archive(path) as (archive, pickled), archive.open(pickled) as file:
        return _Unpickler(file, archive, pickled.removesuffix("data.pkl")).load()


class _Unpickler(pickle.Unpickler):
    """Reads only what is listed in ``KNOWN``, as torch does with ``weights_only=True``."""

    def __init__(self, file: Any, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(file)
        self.archive, self.folder = archive, folder
        self.order = {b"little": "<", b"big": ">"}[archive.read(f"{folder}byteorder")]

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"it holds {module}.{name}, which no checkpoint of fsnas holds")
        return KNOWN[module, name]

    def persistent_load(self, pid: Any) -> np.ndarray:
        """Return the numbers of a storage, which has a file of its own in the archive."""
        _, kind, name, _, count = pid
        return np.frombuffer(self.archive.read(f"{self.folder}data/{name}"), kind.newbyteorder(self.order), count)


def _tensor(storage: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> np.ndarray:
    size = storage.itemsize
    return np.ndarray(shape, storage.dtype, storage.data, offset * size, [stride * size for stride in strides])


KNOWN: dict[tuple[str, str], Any] = {("torch", f"{name}Storage"): np.dtype(kind) for name, kind in STORAGES.items()}
KNOWN |= {("torch._utils", "_rebuild_tensor_v2"): _tensor, ("collections", "OrderedDict"): OrderedDict}
