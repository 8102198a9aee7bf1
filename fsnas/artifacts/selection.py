"""rung-{rung}/selection.json: the leaves of a rung in the order of their worth, and which of them go on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import lineage_of, read_json, write_json
from fsnas.errors import ArtifactError
from fsnas.search.selection import LeafScore, Selection

FORMAT, VERSION = "fsnas.selection", 1


def write_selection(
    path: str | Path,
    ranking: Sequence[LeafScore],
    *,
    keep: int,
    key: str,
    **lineage: Any,
) -> None:
    """Write the judged leaves, whole or not at all; the same content gives the same bytes.

    Raises
    ------
    ArtifactError
        If `read_selection` would refuse the file; an older file stays as it was.
    """
    content = {"format": FORMAT, "version": VERSION, "keep": keep, "key": key, **lineage_of(**lineage)}
    content["ranking"] = [asdict(judged) for judged in ranking]
    problem = _problem(content)
    if problem:
        raise ArtifactError(f"{path}: cannot be written, {problem}")
    write_json(path, content)


def read_selection(path: str | Path) -> Selection:
    """Return the judged leaves.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or of another format or version; the message names file and field.
    """
    content = read_json(path, FORMAT, VERSION)
    problem = _problem(content)
    if problem:
        raise ArtifactError(f"{path}: {problem}; remove the file and run again")
    ranking = tuple(LeafScore(**{name: one[name] for name in _JUDGED}) for one in content["ranking"])
    return Selection(ranking, content["keep"], content["key"])


def _problem(content: Mapping[str, Any]) -> str | None:
    """Return the first field that does not fit, or None."""
    ranking = content.get("ranking")
    if not isinstance(ranking, list) or not ranking:
        return f"field 'ranking' is {ranking!r}, expected a list of leaves"
    for i, one in enumerate(ranking):
        for name, (expected, holds) in _JUDGED.items():
            value = one.get(name) if isinstance(one, dict) else None
            if not holds(value):
                return f"field 'ranking[{i}].{name}' is {value!r}, expected {expected}"
    if not _count(content.get("keep")) or not 1 <= content["keep"] <= len(ranking):
        return f"field 'keep' is {content.get('keep')!r}, expected 1 to {len(ranking)}"
    if not isinstance(content.get("key"), str):
        return f"field 'key' is {content.get('key')!r}, expected text"
    return None


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


_JUDGED = {
    "leaf": ("text", lambda value: isinstance(value, str)),
    "number": ("a whole number from 0", _count),
    "accuracy": ("a finite number", _number),
    "loss": ("a finite number", _number),
}
