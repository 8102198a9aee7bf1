"""What a training took, as JSON beside its checkpoint: readable without torch, not part of the checkpoint's bytes."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import lineage_of, read_json, write_json
from fsnas.errors import ArtifactError
from fsnas.training.record import TrainingCost

FORMAT, VERSION = "fsnas.cost", 2


def write_cost(path: str | Path, cost: TrainingCost, **lineage: Any) -> None:
    """Write ``cost`` and what the checkpoint was made from, whole or not at all; the same content gives the same bytes.

    Raises
    ------
    ArtifactError
        If `read_cost` would refuse the file; an older file stays as it was.
    """
    content = {"format": FORMAT, "version": VERSION, **asdict(cost)}
    content |= lineage_of(**lineage)
    problem = _problem(content)
    if problem:
        raise ArtifactError(f"{path}: cannot be written, {problem}")
    write_json(path, content)


def read_cost(path: str | Path) -> TrainingCost:
    """Return the cost of a training.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or of another format or version; the message names file and field.
    """
    content = read_json(path, FORMAT, VERSION)
    problem = _problem(content)
    if problem:
        raise ArtifactError(f"{path}: {problem}; remove the file and run again")
    return TrainingCost(**{name: content[name] for name in _RULES})


def _problem(content: Mapping[str, Any]) -> str | None:
    """Return the first field that does not fit, or None."""
    for name, (expected, holds) in _RULES.items():
        if name not in content or not holds(content[name]):
            found = repr(content[name]) if name in content else "missing"
            return f"field {name!r} is {found}, expected {expected}"
    return None


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _count(value: object) -> bool:
    return _number(value) and isinstance(value, int)


def _text(value: object) -> bool:
    return isinstance(value, str)


_RULES = {
    "epochs": ("a whole number from 0", _count),
    "seconds": ("a finite number from 0", _number),
    "samples": ("a whole number from 0", _count),
    "device": ("text", _text),
    "key": ("text", _text),
    "device_seconds": ("a finite number from 0", _number),
}
