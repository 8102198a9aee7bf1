"""What is in an artifact as arrays with named places, read from what the file itself says of them."""

import csv
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

SHOWN = 5  # rows of a long table
WHOLE = 12  # rows of one that is shown as it is
NUMBER = re.compile(r"[+-]?(inf|(0|[1-9]\d*)(\.\d*)?(e[+-]?\d+)?)?", re.I)  # or empty; 00 is the path of a node


@dataclass(frozen=True)
class Labelled:
    """An array, and for each of its axes a name and labels; without axes, places are counted from 0."""

    values: np.ndarray
    axes: Mapping[str, Sequence[Hashable]] | None = None


Parts = dict[str, Labelled]


def of_hdf5(path: Path) -> Parts:
    """Return the arrays of an HDF5 file; dimension scales are their axes."""
    import h5py

    from fsnas.artifacts.hdf5 import reading

    parts: Parts = {}

    def add(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset) or item.is_scale:
            return
        scales = [dim[0] for dim in item.dims if len(dim)]
        axes = {scale.name.rpartition("/")[2]: _texts(scale) for scale in scales}
        parts[unquote(name.partition("/")[2] or name)] = Labelled(item[()], axes or None)

    with reading(path) as (file, _):
        file.visititems(add)
    return parts


def _texts(scale: Any) -> list[Hashable]:
    return [one.decode() if isinstance(one, bytes) else one for one in scale[()].tolist()]


def of_rows(rows: Sequence[Mapping[str, Any]], axis: str, labels: Sequence[Hashable], prefix: str = "") -> Parts:
    """Return the columns of dicts with the same names, the rows being ``labels`` of ``axis``; None is NaN."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return {f"{prefix}{name}": Labelled(_column(values), {axis: labels}) for name, values in columns.items()}


def _column(values: Sequence[Any]) -> np.ndarray:
    if all(one is None or isinstance(one, (int, float)) for one in values):
        return np.array([np.nan if one is None else one for one in values])
    return np.array([str(one) for one in values], object)


def of_table(path: Path) -> Parts:
    """Return the columns of a CSV file, those of numbers as such; rows are counted."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    axes = {"row": range(len(rows))}
    return {name: Labelled(_read(cells), axes) for name, cells in columns.items()}


def _read(cells: Sequence[str]) -> np.ndarray:
    if any(cells) and all(NUMBER.fullmatch(cell) for cell in cells):
        return np.array([float(cell or "nan") for cell in cells])
    return np.array(cells, object)


def as_text(label: Any) -> str:
    """Return a label or a cell for a person; a label of a table's row has several parts, and NaN is an empty cell."""
    if isinstance(label, tuple):
        return ", ".join(map(as_text, label))
    return "" if label != label else f"{label:.17g}" if isinstance(label, float) else str(label)


def first_axis(parts: Parts) -> tuple[str, Sequence[Hashable]]:
    """Return name and labels of the axis that columns share."""
    for part in parts.values():
        if part.axes:
            return next(iter(part.axes.items()))
    return "row", ()


def summary(parts: Parts, rows: str) -> dict[str, Any]:
    """Return columns with the same rows as a person wants them: all rows of a few, else what is in every column.

    Returns
    -------
    dict
        ``size``; ``columns`` with the number of ``empty`` cells, of ``different`` values, and of numbers the least, the
        mean and the greatest one and where that is; and the first rows.
    """
    _, labels = first_axis(parts)
    first = {
        as_text(label): {name: part.values[i] for name, part in parts.items()} for i, label in enumerate(labels[:WHOLE])
    }
    size = {rows: len(labels), "columns": len(parts)}
    if len(labels) <= WHOLE:
        return {"size": size, "rows": first}
    columns = {name: _of_column(part.values, labels) for name, part in parts.items()}
    return {"size": size, "columns": columns, "first": dict(list(first.items())[:SHOWN])}


def _of_column(values: np.ndarray, labels: Sequence[Hashable]) -> dict[str, Any]:
    there = values[values != ""] if values.dtype == object else values[~np.isnan(values)]
    found: dict[str, Any] = {"empty": len(values) - len(there), "different": len(set(there.tolist()))}
    if values.dtype == object:
        return found | {"values": list(dict.fromkeys(there.tolist()))}
    numbers = {name: getattr(np, name)(there) for name in ("min", "mean", "max")} if len(there) else {}
    return found | numbers | ({"max_at": as_text(labels[int(np.nanargmax(values))])} if numbers else {})
