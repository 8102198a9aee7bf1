"""rung-{rung}/selection.json: the leaves of a rung in the order of their worth, and which of them go on."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import lineage_of
from fsnas.artifacts.json_format import JsonFormat
from fsnas.search.selection import LeafScore, Selection


def _misfits(found: Selection, space: None) -> Iterator[tuple[str, str]]:
    if found.keep > len(found.ranking):
        yield "keep", f"found {found.keep}, expected 1 to {len(found.ranking)}"


VERSION = 1
FORMAT = JsonFormat("fsnas.selection", VERSION, Selection, _misfits, extra="ignore")


def write_selection(path: str | Path, ranking: Sequence[LeafScore], *, keep: int, key: str, **lineage: Any) -> None:
    """Write the judged leaves, whole or not at all; errors as `JsonFormat.write`."""
    FORMAT.write(path, {"ranking": [*map(asdict, ranking)], "keep": keep, "key": key, **lineage_of(**lineage)})


def read_selection(path: str | Path) -> Selection:
    """Return the judged leaves; errors as `JsonFormat.read`."""
    return FORMAT.read(path)
