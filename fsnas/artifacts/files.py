"""What all formats share: files that appear whole or not at all, checksums, and the check of format and version."""

import contextlib
import fcntl
import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fsnas.errors import ArtifactError
from fsnas.spaces import SearchSpace, described_space


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name in the folder of ``path``; rename it to ``path`` if the block succeeds.

    A failure removes the temporary file and leaves an older ``path`` as it was. The suffix is kept.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.*{path.suffix}"):
        if _abandoned(left):
            left.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    with contextlib.suppress(OSError):  # not every network file system has locks
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        if error.errno is None or error.filename not in (None, name):
            raise
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error  # not the temporary name
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def _abandoned(temporary: Path) -> bool:
    """Return whether a temporary file is that of a job that was killed; one that lives holds a lock on it."""
    try:
        with temporary.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def unfit(path: str | Path, problem: str) -> ArtifactError:
    """Return the error of a file that says what is wrong with it, and what to do."""
    return ArtifactError(f"{path}: {problem}; remove the file and run again")


@contextmanager
def readable(path: str | Path, what: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn what is raised where ``path`` is read as ``what``, of ``errors`` too, into an `ArtifactError`."""
    of_reading: tuple[type[Exception], ...] = (OSError, *errors)
    try:
        yield
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file; run snakemake to make it") from error
    except of_reading as error:
        raise unfit(path, f"cannot be read as {what} ({str(error).strip()})") from error


def check_format(path: str | Path, attributes: Mapping[str, object], name: str, version: int) -> None:
    """Raise `ArtifactError` unless ``attributes`` name the format ``name`` in a version we can read."""
    found, found_version = attributes.get("format"), attributes.get("version")
    if found != name:
        raise unfit(path, f"field 'format' is {found!r}, expected {name!r}")
    if found_version != version:
        raise ArtifactError(
            f"{path}: field 'version' is {found_version!r}, this fsnas reads {version}; "
            "remove the file and run again, or use the fsnas that wrote it"
        )


def lineage_of(
    *, settings: Mapping[str, Any] | None = None, code: Sequence[str] = (), inputs: str = "", commit: str = ""
) -> dict[str, Any]:
    """Return the fields in which every file says what it was made from: its lineage, and the commit."""
    return {"settings": dict(settings or {}), "code": list(code), "inputs": inputs, "commit": commit}


def json_text(path: str | Path, content: Mapping[str, Any], *, allow_nan: bool = False) -> str:
    """Return ``content`` as sorted, indented JSON: the same content gives the same text.

    `ArtifactError` if something is no JSON, or a number not finite, unless ``allow_nan``; ``path`` is where it was to
    be written.
    """
    try:
        return json.dumps(content, indent=2, sort_keys=True, allow_nan=allow_nan) + "\n"
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be written as JSON ({error}); expected finite numbers and text") from error


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` and its checksum as `json_text`, whole or not at all; errors as `json_text`."""
    checksum = _checksum(json_text(path, content))
    write_text(path, json_text(path, {**content, "checksum": checksum}))


def _checksum(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def load_json(path: str | Path, name: str = "", version: int = 0) -> dict[str, Any]:
    """Return the JSON object of the format ``name``, or of any format of ours, in ``path``.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or holds something else; its checksum covers everything but white space.
    """
    with readable(path, "JSON", ValueError, RecursionError):
        content = json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_refuse, parse_float=_finite)
    if not isinstance(content, dict):
        raise unfit(path, f"expected a JSON object, found a {type(content).__name__}")
    if name:
        check_format(path, content, name, version)
    found = content.pop("checksum", None)
    if found != _checksum(json_text(path, content)):
        problem = f"field 'checksum' is {found!r}, which does not fit the other fields"
        raise unfit(path, f"{problem}: the file was changed or damaged")
    return content


def _finite(text: str) -> float:
    return float(text) if math.isfinite(float(text)) else _refuse(text)


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")


def space_of(path: str | Path, fields: Mapping[str, Any], expected: SearchSpace | None) -> SearchSpace:
    """Return the search space of a file, ``expected`` where given, else as far as the file describes it.

    Raises
    ------
    ArtifactError
        If the field ``search_space`` is missing, or describes another space.
    """
    try:
        found = described_space(fields.get("search_space"))
    except ValueError as error:
        raise unfit(path, f"field 'search_space': {error}") from error
    if expected is None:
        return found
    if not expected.is_described(found.described()):
        raise ArtifactError(
            f"{path}: field 'search_space' is {found.described()}, expected {expected.described()}; the file is of "
            "another search space: correct `space` in the config, or remove the file and run again"
        )
    return expected
