"""Numbers per architecture, one HDF5 format: truth, stand-alone trainings, shared-weight evaluations, proxy values."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from fsnas.artifacts.files import space_of, unfit
from fsnas.artifacts.hdf5 import field, misfit, reading, write_array, writing
from fsnas.benchmark.table import ArchitectureTable
from fsnas.errors import ArtifactError, FsnasError
from fsnas.spaces import SearchSpace, described_space

FORMAT, VERSION = "fsnas.architectures", 2
KINDS = ("truth", "standalone", "evaluation", "proxy")


def write_architectures(
    path: str | Path,
    architectures: Sequence[str],
    columns: Mapping[str, np.ndarray],
    *,
    space: SearchSpace,
    kind: str,
    key: str,
    settings: dict[str, Any],
    **attributes: Any,
) -> None:
    """Write numbers per architecture, whole or not at all; the same content gives the same bytes.

    `ArtifactError` if `read_architectures` would refuse the file; an older file stays as it was.
    """
    about = {"format": FORMAT, "version": VERSION, "kind": kind, "key": key, "settings": settings, **attributes}
    about["search_space"] = space.described()
    arrays = {name: np.asarray(values, np.float64) for name, values in columns.items()}
    problem = _problem(architectures, arrays, kind, space)
    if problem:
        raise ArtifactError(f"{path}: cannot be written, {problem}")
    names = np.array([a.encode("ascii") for a in architectures])  # of fixed length: fletcher32 does not cover others
    with writing(path, dict(sorted(about.items()))) as file:
        scale = write_array(file, "architecture", names)
        scale.make_scale("architecture")
        group = file.create_group("columns")
        for name, array in sorted(arrays.items()):
            write_array(group, _escaped(name), array, [scale])


def read_architectures(
    path: str | Path, kind: str | None = None, space: SearchSpace | None = None
) -> ArchitectureTable:
    """Return numbers per architecture, the columns by name; ``kind`` and ``space`` are checked where given.

    Errors as `fsnas.artifacts.hdf5.reading` and `space_of`, and if the kind is another one or a field does not fit.
    """
    with reading(path, FORMAT, VERSION) as (file, attributes):
        space = space_of(path, attributes, space)
        with field(path, "architecture"):
            strings = tuple(name.decode("ascii") for name in file["architecture"][()])
        with field(path, "columns"):
            columns = {unquote(name): np.asarray(array[()]) for name, array in file["columns"].items()}
    problem = _problem(strings, columns, attributes.get("kind"), space, kind)
    if problem:
        raise unfit(path, problem)
    return ArchitectureTable(strings, columns, attributes)


def copy_architectures(source: str | Path, path: str | Path, **attributes: Any) -> None:
    """Write the numbers in ``source`` to ``path`` with some other attributes, as if they had been made with them.

    Errors as `read_architectures`.
    """
    table = read_architectures(source)
    space = described_space(table.attributes["search_space"])
    about = {name: value for name, value in table.attributes.items() if name != "search_space"}
    write_architectures(path, table.architectures, table.columns, space=space, **{**about, **attributes})


def _problem(
    strings: Sequence[str],
    columns: Mapping[str, np.ndarray],
    kind: object,
    space: SearchSpace,
    expected: str | None = None,
) -> str | None:
    """Return what does not fit, field first, or None."""
    if kind not in KINDS or expected not in (None, kind):
        return f"field 'kind' is {kind!r}, expected {' or '.join(map(repr, [expected] if expected else KINDS))}"
    if not len(strings):
        return "field 'architecture' is empty, expected at least one architecture"
    seen: dict[str, int] = {}
    for i, string in enumerate(strings):
        try:
            name = _spelt(space, string)
        except FsnasError as error:
            return f"field 'architecture', entry {i}: {error}"
        if name != string:  # tables are joined by these strings
            return f"field 'architecture', entry {i}: found {string!r}, expected the spelling {name!r}"
        if name in seen:
            return f"field 'architecture': entries {seen[name]} and {i} are both {name!r}, expected each once"
        seen[name] = i
    for name, values in columns.items():
        if not name:
            return "field 'columns' holds a column without a name"
        if problem := misfit(values, np.float64, (len(strings),)):
            return f"field 'columns/{name}' {problem}"
    return None


@cache
def _spelt(space: SearchSpace, string: str) -> str:
    """Return an architecture as its space spells it; a job reads the same ones many times."""
    return space.spelt(string)


def _escaped(name: str) -> str:
    """Return a column's name without the characters that make a path in HDF5; `unquote` gives it back."""
    return "%2E" if name == "." else name.replace("%", "%25").replace("/", "%2F")
