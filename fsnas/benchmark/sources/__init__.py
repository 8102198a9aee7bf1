"""Sources of ground truth, one file each: a file in this folder with a function ``read`` is a source of the config.

``read(path, *, ...)`` returns the architectures and their columns of numbers; its keyword-only arguments say what it
takes of ``sha256, architecture_column, column``. Its file may have ``FACTS``, and a function ``column`` (see `column`).
"""

from dataclasses import dataclass
from pathlib import Path

from fsnas.benchmark.file_kinds import check_kind
from fsnas.errors import ConfigError
from fsnas.registry import Registry


@dataclass(frozen=True)
class Facts:
    """What a source says of its files.

    Attributes
    ----------
    file
        What one is called in messages.
    kinds
        Of `fsnas.benchmark.file_kinds`, those that may be one; none for any.
    packages
        Whose version decides what is read.
    heavy
        Why it is read by a job with ``truth.mem_mb`` of memory only; nothing where it is read before anything runs.
    """

    file: str = "its file"
    kinds: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    heavy: str = ""


_registry = Registry("truth source", __name__, __path__, "read")
known, path_of, load = _registry.known, _registry.path_of, _registry.load
options, taken = _registry.options, _registry.taken


def facts(source: str) -> Facts:
    """Return what a source says of its files."""
    return _registry.attribute(source, "FACTS", Facts())


def check_file(source: str, path: str | Path) -> None:
    """Raise `DataError` if the file at ``path`` is plainly none of the source."""
    check_kind(path, facts(source).kinds, facts(source).file)


def column(source: str, path: str | Path, name: str | None, *, architecture_column: str, data: str) -> str:
    """Return the column that is the truth: ``name``, or the usual one of the source for the data set's source ``data``.

    Raises
    ------
    ConfigError
        If the file cannot have it, or no column is the usual one.
    DataError
        If the file cannot be read.
    """
    find = _registry.attribute(source, "column")
    if find is not None:
        return find(path, name, architecture_column=architecture_column, data=data)
    if name is None:
        raise ConfigError(
            f"truth.column: found null, but of truth.source {source!r} no column is the usual one; set it"
        )
    return name
