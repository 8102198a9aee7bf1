"""What all formats share: files that appear whole or not at all, and the check of format and version."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fsnas.errors import ArtifactError


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name in the folder of ``path``; rename it to ``path`` if the block succeeds.

    A failure removes the temporary file and leaves an older ``path`` as it was. The suffix is kept.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def check_format(path: str | Path, attributes: Mapping[str, object], name: str, version: int) -> None:
    """Raise `ArtifactError` unless ``attributes`` name the format ``name`` in a version we can read."""
    found, found_version = attributes.get("format"), attributes.get("version")
    if found != name:
        raise ArtifactError(f"{path}: field 'format' is {found!r}, expected {name!r}; remove the file and run again")
    if found_version != version:
        raise ArtifactError(
            f"{path}: field 'version' is {found_version!r}, this fsnas reads {version}; "
            "remove the file and run again, or use the fsnas that wrote it"
        )
