"""A file of any kind as a dict of its fields, and what is known of its kind."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fsnas.artifacts.archive import check_fields
from fsnas.artifacts.files import check_format, load_json, unfit
from fsnas.artifacts.lineage import READERS as FIELDS
from fsnas.artifacts.tables import check_table, record_of
from fsnas.errors import ArtifactError, FsnasError
from fsnas.inspecting.kinds import KINDS, Kind
from fsnas.inspecting.parts import Parts
from fsnas.spaces import described_space

REMEDY = "if a run made it, remove it and run again"
COMMON = {"format", "version", "search_space", "settings", "key", "code", "inputs", "commit", "checksum", "sha256"}
FIRST = ("kind", "name", "method", "metric", "seed", "level")  # what tells one file from another


@dataclass(frozen=True)
class Artifact:
    """A file that a run left behind.

    Attributes
    ----------
    path
        Of the file; a record beside a table, and the PDF of a figure, stand for the table and for the PNG.
    fields
        Of a JSON file or a checkpoint all fields, of an HDF5 file its attributes, of a table its record, of a figure
        the text in it.
    kind
        What is known of its format.
    """

    path: Path
    fields: dict[str, Any]
    kind: Kind

    @cached_property
    def read(self) -> Any:
        """Return what the reader of the format makes of the file."""
        return self.kind.read(self.path)

    @cached_property
    def parts(self) -> Parts:
        """Return the arrays in the file."""
        return self.kind.parts(self, self.read)

    def content(self) -> dict[str, Any]:
        """Return what is in the file, in sections."""
        return self.kind.content(self, self.read)

    @property
    def search_space(self) -> dict[str, str]:
        """Return the name, edges and operations of the search space, of a file that depends on one."""
        if "search_space" not in self.fields:
            return {}
        space = described_space(self.fields["search_space"])
        return {"name": space.name, "edges": " ".join(space.edges), "operations": " ".join(space.operations)}

    @property
    def about(self) -> dict[str, Any]:
        """Return in a few facts which one of its kind this is: the fields that not every kind has, lists counted.

        `ArtifactError` if a field that says so is missing or of another type.
        """
        names = [name for name in FIRST if name in self.fields] + [name for name in self.fields if name not in COMMON]
        try:
            if self.kind.about:
                return self.kind.about(self.fields)
            return {name: _counted(self.fields[name]) for name in dict.fromkeys(names)}
        except (LookupError, TypeError, AttributeError) as error:
            raise unfit(self.path, f"a field is missing or not as expected ({error!r})") from error


def _counted(value: Any) -> Any:
    """Return the length of a collection of collections, and everything else as it is."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    nested = any(isinstance(one, Collection) and not isinstance(one, str) for one in inner)
    return len(value) if nested else value


def opened(path: str | Path) -> Artifact:
    """Return the artifact in ``path``.

    `FsnasError` if there is no such file, or it is none that a run leaves behind; `ArtifactError` if it is one, but
    cannot be read, has a wrong checksum, or a format or version that is not known.
    """
    artifact = opened_if_ours(path)
    if artifact is None:
        raise FsnasError(
            f"{path}: no artifact of fsnas; expected a file that a run leaves behind: .h5, .pt, .json, .csv with its "
            ".json beside it, .png or .pdf (docs/formats.md)"
        )
    return artifact


def opened_if_ours(path: str | Path) -> Artifact | None:
    """Return the artifact in ``path``, or None for a file that fsnas did not write; errors as `opened`."""
    path = Path(path)
    if not path.exists():
        raise FsnasError(
            f"{path}: no such file; expected a file that a run leaves behind, such as results/*/*/tree.json"
        )
    reader = READERS.get(path.suffix)
    found = reader(path) if reader else None
    if found is None:
        return None
    path, fields = found
    name = str(fields["format"])
    kind = KINDS.get(name.removeprefix("fsnas."))
    if kind is None:
        expected = ", ".join(f"fsnas.{one}" for one in KINDS)
        raise ArtifactError(f"{path}: field 'format' is {name!r}; this fsnas can show {expected}")
    if kind.version is not None:
        check_format(path, fields, name, kind.version)
    return Artifact(path, fields, kind)


Content = tuple[Path, dict[str, Any]] | None


def _ours(fields: Any) -> bool:
    return isinstance(fields, dict) and str(fields.get("format")).startswith("fsnas.")


def _json(path: Path) -> Content:
    try:
        fields = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{path}: cannot be read as JSON ({error}); {REMEDY}") from error
    if not _ours(fields):
        return None
    return _table(path.with_suffix(".csv")) if fields["format"] == "fsnas.table" else (path, load_json(path))


def _hdf5(path: Path) -> Content:
    from fsnas.artifacts.hdf5 import TITLE

    with path.open("rb") as start:
        return (path, FIELDS[".h5"](path)) if start.read(len(TITLE)) == TITLE else None


def _checkpoint(path: Path) -> Content:
    """Return the fields of a checkpoint, with code and inputs, and the cost, from the JSON file beside it."""
    from fsnas.inspecting.tensors import load_tensors

    try:
        fields = load_tensors(path)
    except ArtifactError as error:
        raise ArtifactError(f"{error}; {REMEDY}") from error
    if not _ours(fields):
        return None
    check_fields(path, fields)
    beside = path.with_suffix(".json")
    try:
        record = load_json(beside)
    except ArtifactError as error:
        return path, {**fields, "cost": str(error)}
    if record.get("key") != fields.get("key"):
        return path, {**fields, "cost": f"{beside}: belongs to another checkpoint, its key is another"}
    cost = {name: value for name, value in record.items() if name not in COMMON}
    lineage = {name: record[name] for name in ("code", "inputs", "commit") if name in record}
    return path, {**fields, **lineage, "cost": cost}


def _table(path: Path) -> Content:
    return (path, check_table(path)) if record_of(path).exists() else None


def _figure(path: Path) -> Content:
    from fsnas.artifacts.figure import read_figure

    path = path.with_suffix(".png")
    fields = read_figure(path) if path.exists() else None
    return (path, {"format": "fsnas.figure", **fields}) if fields else None


READERS: dict[str, Callable[[Path], Content]] = {
    ".json": _json,
    ".h5": _hdf5,
    ".pt": _checkpoint,
    ".csv": _table,
    ".png": _figure,
    ".pdf": _figure,
}
