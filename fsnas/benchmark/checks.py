"""A file or folder that a user brings: whether it can be read, its size, and its checksum."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fsnas.errors import DataError

BLOCK = 2**20  # bytes that are read at once


@contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Turn what is raised where the file at ``path`` is missing or cannot be read into a `DataError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; correct truth.file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error}); correct truth.file") from error


def files_of(path: str | Path) -> list[Path]:
    """Return the files that a file is, or a folder holds, sorted by name; hidden ones are none of it."""
    path = Path(path)
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if not file.name.startswith(".") and file.is_file())


def size_of(path: str | Path) -> int:
    """Return the bytes of a file, or of the files in a folder."""
    return sum(file.stat().st_size for file in files_of(path))


def sha256_of(path: str | Path) -> str:
    """Return the sha256 of a file; of a folder that of its files one after the other: ``cat FOLDER/* | sha256sum``."""
    digest = hashlib.sha256()
    for each in files_of(path):
        with open(each, "rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


def check_sha256(path: str | Path, expected: str | None) -> None:
    """Raise `DataError` unless `sha256_of` the file is ``expected``, where a hash is; it is only read as bytes."""
    if expected is None:
        return
    with readable(path):
        found = sha256_of(path)
    if found != expected.strip().lower():
        raise DataError(
            f"{path}: its sha256 is {found}, expected {expected}; it is damaged or another file, and was not opened: "
            "download it again, or correct truth.sha256"
        )
