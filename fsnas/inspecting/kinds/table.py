"""tables/*.csv with their records."""

import csv
import re
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from fsnas.artifacts.tables import VERSION
from fsnas.inspecting.comparing import Labelled, as_text, by_part
from fsnas.inspecting.opening import Artifact

__all__ = ["TITLE", "VERSION", "about", "content", "differences"]
TITLE = "a table"
SHOWN = 5  # rows, and cells that differ
NUMBER = re.compile(r"[+-]?(inf|(0|[1-9]\d*)(\.\d*)?(e[+-]?\d+)?)?", re.I)  # or empty; 00 is the path of a node
Columns = dict[str, list[str]]


def about(artifact: Artifact) -> dict[str, Any]:
    """Return its name."""
    return {"table": artifact.fields["table"]}


def content(artifact: Artifact) -> dict[str, Any]:
    """Return what is in every column, and the first rows."""
    columns = _columns(artifact)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    size = {"rows": len(rows), "columns": len(columns)}
    return {"size": size, "columns": {name: _column(cells) for name, cells in columns.items()}, "first": rows[:SHOWN]}


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return columns and rows that one alone has, and in the others the cells that differ."""
    a, b = _columns(before), _columns(after)
    rows = _rows(a, b)
    parts = [
        {name: Labelled(_values(cells), {"row": keys}) for name, cells in one.items()}
        for one, keys in zip((a, b), rows, strict=True)
    ]
    return {**by_part(parts[0], parts[1], "column"), "cells": _cells(a, b, *rows)}


def _columns(artifact: Artifact) -> Columns:
    with artifact.path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return {name: [row[i] for row in rows] for i, name in enumerate(header)}


def _is_numbers(cells: Sequence[str]) -> bool:
    return any(cells) and all(NUMBER.fullmatch(cell) for cell in cells)


def _values(cells: Sequence[str]) -> np.ndarray:
    return np.array([float(cell or "nan") for cell in cells]) if _is_numbers(cells) else np.array(cells, object)


def _column(cells: Sequence[str]) -> dict[str, Any]:
    there = [cell for cell in cells if cell]
    found: dict[str, Any] = {"empty": len(cells) - len(there), "different": len(set(there))}
    if _is_numbers(cells):
        numbers = np.array(there, np.float64)
        return found | {name: getattr(np, name)(numbers) for name in ("min", "mean", "max")}
    return found | {"values": list(dict.fromkeys(there))}


def _rows(a: Columns, b: Columns) -> tuple[Sequence[Hashable], Sequence[Hashable]]:
    """Return the names of the rows of two tables: as few of their first columns as tell all rows apart, or numbers."""
    common = [name for name in a if name in b]
    for length in range(1, len(common) + 1):
        before, after = (list(zip(*(one[name] for name in common[:length]), strict=True)) for one in (a, b))
        if len(set(before)) == len(before) and len(set(after)) == len(after):
            return before, after
    return range(_length(a)), range(_length(b))


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values()), []))


def _cells(a: Columns, b: Columns, rows: Sequence[Hashable], others: Sequence[Hashable]) -> list[dict[str, str]]:
    """Return the first cells that differ, in the order of the rows."""
    places = {row: place for place, row in enumerate(others)}
    cells = (
        {"row": as_text(row), "column": name, "before": a[name][i], "after": b[name][places[row]]}
        for i, row in enumerate(rows)
        if row in places
        for name in a
        if name in b and a[name][i] != b[name][places[row]]
    )
    return [cell for cell, _ in zip(cells, range(SHOWN), strict=False)]
