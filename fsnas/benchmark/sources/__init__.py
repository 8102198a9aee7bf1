"""Sources of ground truth, one file each: a file in this folder with a function ``read`` is a source of the config.

``read(path, *, ...)`` returns architectures and columns of numbers; its keyword-only arguments say what it takes of
``space, sha256, architecture_column, column``. It may have ``FACTS``, and ``column`` and ``check`` as below, without
``source``.
"""

from dataclasses import dataclass
from pathlib import Path

from fsnas.benchmark.file_kinds import check_kind
from fsnas.errors import ConfigError
from fsnas.registry import Registry


@dataclass(frozen=True)
class Facts:
    """What a source says of its files: what messages call one, and which of `fsnas.benchmark.file_kinds` it may be.

    The version of ``packages`` decides what is read; ``heavy`` says why a job of its own reads it, with ``mem_mb`` of
    memory unless the config has another number. Where it is not, it is read before anything runs, too. ``space`` is the
    search space that it is of, where it is one. Captions name what is ``called`` so, else the file.
    """

    file: str = "its file"
    kinds: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    heavy: str = ""
    mem_mb: int = 4000
    space: str = ""
    called: str = ""


_registry = Registry(__name__, "truth source", "read")
known, path_of, load, taken = _registry.known, _registry.path_of, _registry.load, _registry.taken


def facts(source: str) -> Facts:
    """Return what a source says of its files."""
    return _registry.attribute(source, "FACTS", Facts())


def check_file(source: str, path: str | Path) -> None:
    """Raise `DataError` if the file at ``path`` is plainly none of the source."""
    check_kind(path, facts(source).kinds, facts(source).file)


def check(source: str, path: str | Path) -> None:
    """Raise `DataError` where the ``check`` of a source, if it has one, finds the file at ``path`` to be wrong."""
    _registry.attribute(source, "check", lambda path: None)(path)


def column(source: str, path: str | Path, name: str | None, *, architecture_column: str, data: str) -> str:
    """Return the column that is the truth: ``name``, or the usual one for images of ``data``; `ConfigError` if none."""
    find = _registry.attribute(source, "column", lambda path, name, **about: name)
    found = find(path, name, architecture_column=architecture_column, data=data)
    if found is None:
        raise ConfigError(f"truth.column: found null, but truth.source {source!r} has no usual column; set it")
    return found
