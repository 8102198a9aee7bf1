"""CIFAR-10 and CIFAR-100, through torchvision."""

import socket
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.data.splits import Images
from fsnas.errors import DataError

STALLED = 60  # seconds without a byte after which a download has failed


def read_cifar(name: str, folder: str | Path, download: bool) -> Images:
    """Return ``CIFAR10`` or ``CIFAR100`` of torchvision, which opens no file whose checksum is not the known one.

    Taken from the unpacked files in ``folder``, else from the archive there, else from the network if allowed.
    """
    import torchvision.datasets

    folder, kind = Path(folder).expanduser(), getattr(torchvision.datasets, name)
    try:
        parts = _load_cifar(kind, folder) or _load_archive(kind, folder)
        if not parts and download:
            _download(kind, folder)
            parts = _load_cifar(kind, folder)
        if not parts:
            raise DataError(
                f"{_cifar_problem(kind, folder)}; remove what is damaged and set data.download to true, or set "
                f"data.folder to the folder that holds {kind.base_folder}/ or {kind.filename} (from {kind.url})"
            )
    except OSError as error:
        raise DataError(f"{folder}: {name} cannot be read or written there ({error}); set data.folder") from error
    images = np.concatenate([part.data.transpose(0, 3, 1, 2) for part in parts])
    labels = np.concatenate([np.asarray(part.targets, dtype=np.int64) for part in parts])
    test = np.arange(len(parts[0].data), len(labels))
    return Images(images, labels, tuple(parts[0].classes), test)


def _load_cifar(kind: Any, folder: Path) -> list[Any]:
    """Return torchvision's training and test set, or nothing if a file is missing or fails its checksum."""
    try:
        return [kind(str(folder), train=train, download=False) for train in (True, False)]
    except RuntimeError:
        return []


def _load_archive(kind: Any, folder: Path) -> list[Any]:
    """Return the two sets from the archive in ``folder``, unpacked elsewhere for the moment; nothing if not intact."""
    from torchvision.datasets.utils import check_integrity, extract_archive

    if not check_integrity(folder / kind.filename, kind.tgz_md5):
        return []
    with tempfile.TemporaryDirectory(prefix="fsnas-") as temporary:
        try:
            with _confined():
                extract_archive(folder / kind.filename, temporary)
        except tarfile.FilterError as error:
            raise DataError(f"{folder / kind.filename}: {error}; remove the file, it is none of CIFAR") from error
        return _load_cifar(kind, Path(temporary))


@contextmanager
def _confined() -> Iterator[None]:
    """Let no member of an archive out of the folder that it is unpacked into (Python's default from 3.14 on)."""
    before = vars(tarfile.TarFile).get("extraction_filter")
    tarfile.TarFile.extraction_filter = staticmethod(tarfile.data_filter)
    try:
        yield
    finally:
        tarfile.TarFile.extraction_filter = before


def _cifar_problem(kind: Any, folder: Path) -> str:
    """Return which file of CIFAR is missing or damaged in ``folder``."""
    from torchvision.datasets.utils import calculate_md5

    if not folder.is_dir():
        return f"{folder}: no such folder"
    unpacked, archive = folder / kind.base_folder, folder / kind.filename
    expected = [(unpacked / name, md5) for name, md5 in [*kind.train_list, *kind.test_list] if unpacked.is_dir()]
    expected += [(unpacked / kind.meta["filename"], kind.meta["md5"])] if unpacked.is_dir() else []
    expected += [(archive, kind.tgz_md5)] if archive.exists() else []
    for file, md5 in expected:
        if not file.is_file():
            return f"{file}: missing"
        if calculate_md5(file) != md5:
            return f"{file}: damaged, its md5 is {calculate_md5(file)}, expected {md5}"
    return f"{folder}: holds neither {kind.base_folder}/ nor {kind.filename}"


def _download(kind: Any, folder: Path) -> None:
    """Download and unpack into a temporary folder; only files that passed their checksums reach ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    timeout = socket.getdefaulttimeout()
    with tempfile.TemporaryDirectory(prefix=".cifar-", dir=folder) as temporary:
        try:
            socket.setdefaulttimeout(STALLED)
            with _confined():
                kind(temporary, train=True, download=True)
        except Exception as error:  # urllib, tarfile and torchvision each raise their own
            raise DataError(
                f"{kind.__name__} could not be downloaded from {kind.url} into {folder} ({type(error).__name__}: "
                f"{error}); nothing was kept. Check the network and run again, or put {kind.filename} there yourself"
            ) from error
        finally:
            socket.setdefaulttimeout(timeout)
        target = folder / kind.base_folder
        target.mkdir(exist_ok=True)
        for file in (Path(temporary) / kind.base_folder).iterdir():
            file.replace(target / file.name)
