"""Numbers per architecture: truth, stand-alone trainings, shared-weight evaluations, proxy values."""

from typing import Any

import numpy as np

from fsnas.artifacts.architectures import VERSION, read_architectures
from fsnas.benchmark.table import ArchitectureTable
from fsnas.inspecting.comparing import Labelled, by_part
from fsnas.inspecting.opening import Artifact

__all__ = ["TITLE", "VERSION", "about", "content", "differences"]
TITLE = "numbers per architecture"
SHOWN = 5  # architectures and columns


def about(artifact: Artifact) -> dict[str, Any]:
    """Return the attributes: kind of the numbers, metric, seed, data set."""
    return artifact.own


def content(artifact: Artifact) -> dict[str, Any]:
    """Return what is in every column, and the numbers of the first architectures."""
    table = read_architectures(artifact.path)
    names = list(table.columns)[:SHOWN]
    first = {a: {name: table.columns[name][i] for name in names} for i, a in enumerate(table.architectures[:SHOWN])}
    columns = {name: _column(table, values) for name, values in table.columns.items()}
    return {"size": {"architectures": len(table.architectures)}, "columns": columns, "first": first}


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return architectures and columns that one alone has, and where the numbers differ most."""
    return by_part(_parts(before), _parts(after), "column")


def _column(table: ArchitectureTable, values: np.ndarray) -> dict[str, Any]:
    there = values[~np.isnan(values)]
    found: dict[str, Any] = {"values": len(there)}
    if len(there):
        found |= {name: getattr(np, name)(there) for name in ("min", "mean", "max")}
        found["max_at"] = table.architectures[int(np.nanargmax(values))]
    return found


def _parts(artifact: Artifact) -> dict[str, Labelled]:
    table = read_architectures(artifact.path)
    return {name: Labelled(values, {"architecture": table.architectures}) for name, values in table.columns.items()}
