"""A file that a user brings: whether it can be read, and its checksum."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fsnas.errors import DataError


@contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Turn what is raised where the file at ``path`` is missing or cannot be read into a `DataError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; correct truth.file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error}); correct truth.file") from error


def check_sha256(path: str | Path, expected: str | None) -> None:
    """Raise `DataError` unless the file has the hash ``expected``, where one is; it is only read as bytes."""
    if expected is None:
        return
    with readable(path), open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected.strip().lower():
        raise DataError(
            f"{path}: its sha256 is {found}, expected {expected}; it is damaged or another file, and was not opened: "
            "download it again, or correct truth.sha256"
        )
