"""What can be known of a checkpoint without torch: it is a zip archive, in which torch checks nothing."""

import pickle
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fsnas.artifacts.files import unfit
from fsnas.errors import ArtifactError

FORMAT, VERSION = "fsnas.supernet", 2
FIELDS = ["format", "version", "key", "settings", "seed", "dataset"]
FIELDS += ["search_space", "space", "network", "record", "state_dict"]
WRONG = (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, EOFError)
DAMAGE = (*WRONG, pickle.UnpicklingError, zipfile.BadZipFile, zlib.error)


@contextmanager
def whole_archive(path: str | Path) -> Iterator[tuple[zipfile.ZipFile, str]]:
    """Yield what `torch.save` wrote, and the name of the pickle in it, after a check of every checksum.

    Raises
    ------
    ArtifactError
        If the file is missing or damaged, or what reads it raises one of `DAMAGE`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if damaged := _damaged_part(archive):
                raise ArtifactError(f"{path}: the checksum of its part {damaged!r} is wrong")
            (pickled,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            yield archive, pickled
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such checkpoint") from error
    except DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ArtifactError(f"{path}: not a readable checkpoint ({reason})") from error


def _damaged_part(archive: zipfile.ZipFile) -> str | None:
    """Return the first part that is not as torch wrote it."""
    # Torch compresses nothing, and reads nothing of a part whose attributes say that it is a folder.
    other = (part.filename for part in archive.infolist() if part.compress_type or part.external_attr)
    return next(other, None) or archive.testzip()


def check_fields(path: str | Path, content: Mapping[str, object]) -> None:
    """Raise `ArtifactError` unless a checkpoint has all its fields."""
    for name in FIELDS:
        if name not in content:
            raise unfit(path, f"field {name!r} is missing")
