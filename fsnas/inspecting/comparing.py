"""What `fsnas diff` says of two files of one kind, as a plain dict; and how arrays with named places are compared."""

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.analysis.split_distance import split_distance
from fsnas.errors import FsnasError
from fsnas.inspecting.facts import lineage, plain
from fsnas.inspecting.kinds import best
from fsnas.inspecting.opening import Artifact, opened
from fsnas.inspecting.parts import SHOWN, Labelled, Parts, as_text, first_axis
from fsnas.lineage.lineage import flat
from fsnas.search.result import SearchRecord
from fsnas.splitting.trees import Level, Split, Tree

NUMBERS = ("not_finite", "largest", "at", "before", "after", "relative", "relative_at")
KEYS = ("differ", "of", *NUMBERS, "shape_before", "shape_after")  # of a difference, in this order


def compared(before: str | Path, after: str | Path) -> dict[str, Any]:
    """Return what differs between the artifacts in two files.

    ``same`` is False if anything but the commit and the time and memory that were measured differs (the digests of the
    code say whether the code does). The other fields are sections,
    each with an entry per thing that differs; a section in which nothing differs is left out.

    Errors as `fsnas.inspecting.opening.opened`, and `FsnasError` if the two are of different kinds.
    """
    for path in (before, after):
        if Path(path).is_dir():
            raise FsnasError(f"{path}: is a folder; expected two files to compare")
    a, b = opened(before), opened(after)
    if a.kind is not b.kind:
        raise FsnasError(
            f"{a.path} is {a.kind.title}, {b.path} is {b.kind.title}; expected two files of the same kind to compare"
        )
    content = _content(a, b)  # first, because it checks the fields best
    lineages = [lineage(one.fields) for one in (a, b)]
    codes = [one.pop("code") for one in lineages]
    sections = {
        "about": changed(a.about, b.about),
        "search_space": changed(a.search_space, b.search_space),
        "settings": changed(a.fields.get("settings", {}), b.fields.get("settings", {})),
        "lineage": changed(*lineages),
        "code": changed(*codes),
        **content,
    }
    found = {name: section for name, section in sections.items() if section}
    names = itertools.chain(*(section for section in found.values() if isinstance(section, Mapping)))
    about = {"before": str(a.path), "after": str(b.path), "what": a.kind.title, "format": a.fields["format"]}
    return plain({**about, "same": all(map(is_measured, names)), **found})


def is_measured(name: str) -> bool:
    """Return whether ``name`` is of what two runs of the same code need not share: time, memory, commit."""
    return name in ("peak_memory", "commit") or name.endswith("seconds")


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what differs between two nested dicts by its flat name: ``before`` and ``after``, None where it is not."""
    a, b = plain(dict(flat(before))), plain(dict(flat(after)))
    names = [name for name in {**a, **b} if a.get(name) != b.get(name) or (name in a) != (name in b)]
    return {name: {"before": a.get(name), "after": b.get(name)} for name in names}


def _content(a: Artifact, b: Artifact) -> dict[str, Any]:
    """Return what differs in the content of two artifacts of a kind, in sections."""
    if a.kind.title == "a table":
        before, after = _with_rows(a.parts, b.parts)
        return {**by_part(before, after, a.kind.part), "cells": _cells(before, after)}
    found = by_part(a.parts, b.parts, a.kind.part)
    if isinstance(a.read, Level | Tree):
        return {**_parted(a.read.splits, b.read.splits), **found}
    if isinstance(a.read, SearchRecord):
        return {"best": changed(best(a.read), best(b.read)), **found}
    return found


def _parted(before: Sequence[Split], after: Sequence[Split]) -> dict[str, Any]:
    """Return the nodes whose splits take another edge or other groups, and the first of them by level and path."""
    others = {split.path: split for split in after}
    pairs = [(split, others[split.path]) for split in before if split.path in others]
    rows = {a.path: _parting(a, b) for a, b in pairs if (a.edge, a.groups) != (b.edge, b.groups)}
    return {"part_at": f"node {next(iter(rows))}", "splits": rows} if rows else {}


def _parting(a: Split, b: Split) -> dict[str, Any]:
    same = {*itertools.chain(*a.groups)} == {*itertools.chain(*b.groups)}
    sides = {f"{name}_{side}": getattr(one, name) for name in ("edge", "groups") for side, one in _sides(a, b)}
    distance = split_distance(a.groups, b.groups) if same else None
    return {"level": a.level, **sides, "distance": distance, **{f"cost_{side}": one.cost for side, one in _sides(a, b)}}


def _sides(a: Any, b: Any) -> tuple[tuple[str, Any], ...]:
    return ("before", a), ("after", b)


def _with_rows(a: Parts, b: Parts) -> tuple[Parts, Parts]:
    """Return two tables whose rows have names: as few of their first columns as tell all rows apart, or numbers."""
    common = [name for name in a if name in b]
    for length in range(1, len(common) + 1):
        rows, others = (_names(one, common[:length]) for one in (a, b))
        if len(set(rows)) == len(rows) and len(set(others)) == len(others):
            return _named(a, rows), _named(b, others)
    return a, b


def _names(table: Parts, columns: Sequence[str]) -> list[Hashable]:
    cells = ([as_text(value) for value in table[name].values.tolist()] for name in columns)
    return list(zip(*cells, strict=True))


def _named(table: Parts, rows: Sequence[Hashable]) -> Parts:
    return {name: replace(part, axes={"row": rows}) for name, part in table.items()}


def _cells(a: Parts, b: Parts) -> list[dict[str, Any]]:
    """Return the first cells that differ, in the order of the rows."""
    rows, others = (first_axis(one)[1] for one in (a, b))
    places = {row: place for place, row in enumerate(others)}
    cells = (
        {"row": as_text(row), "column": name, "before": a[name].values[i], "after": b[name].values[places[row]]}
        for i, row in enumerate(rows)
        if row in places
        for name in a
        if name in b and as_text(a[name].values[i]) != as_text(b[name].values[places[row]])
    )
    return list(itertools.islice(cells, SHOWN))


def by_part(before: Parts, after: Parts, part: str) -> dict[str, Any]:
    """Return what differs between arrays of the same name, at the places that both have.

    NaN equals NaN. ``part`` says in one word what the names are of.

    Returns
    -------
    dict
        ``only``: for each kind of label (and of part) that one side alone has, those ``before`` and ``after``.
        ``differences``: for each part how many values differ ``of`` how many; for numbers the ``largest`` difference,
        where it is, the two values there, and the largest ``relative`` one (to the larger of the two); for the rest the
        first place. Only numbers that are finite on both sides have such; ``not_finite`` counts the others.
    """
    only: dict[str, dict[str, dict[str, None]]] = {}
    _add(only, part, list(before), list(after))
    differences: dict[str, dict[str, Any]] = {}
    for name in (name for name in before if name in after):
        a, b = before[name], after[name]
        if a.axes is None or b.axes is None:
            if a.values.shape != b.values.shape:
                differences[name] = {"shape_before": list(a.values.shape), "shape_after": list(b.values.shape)}
                continue
        else:
            for axis in a.axes:
                _add(only, axis, a.axes[axis], b.axes[axis])
        row = _difference(*_aligned(a, b))
        if row:
            differences[name] = row
    keys = [key for key in KEYS if any(key in row for row in differences.values())]
    differences = {name: {key: row.get(key) for key in keys} for name, row in differences.items()}
    listed = {axis: {side: list(labels) for side, labels in sides.items()} for axis, sides in only.items()}
    return {"only": listed, "differences": differences}


def _add(only: dict[str, dict[str, dict[str, None]]], axis: str, before: Sequence, after: Sequence) -> None:
    """Add to ``only`` the labels of an axis that are on one side alone, each once."""
    if before == after:
        return
    for side, labels, others in (("before", before, set(after)), ("after", after, set(before))):
        missing = {as_text(label): None for label in labels if label not in others}
        if missing:
            only.setdefault(axis, {"before": {}, "after": {}})[side] |= missing


def _aligned(a: Labelled, b: Labelled) -> tuple[np.ndarray, np.ndarray, Mapping[str, Sequence[Hashable]] | None]:
    """Return the values at the labels that both have, in the order of ``a``, and these labels."""
    if a.axes is None or b.axes is None:
        return a.values, b.values, None
    axes, x, y = dict(a.axes), a.values, b.values
    for i, axis in enumerate(axes):
        if a.axes[axis] != b.axes[axis]:
            places = {label: place for place, label in enumerate(b.axes[axis])}
            own = [place for place, label in enumerate(a.axes[axis]) if label in places]
            axes[axis] = [a.axes[axis][place] for place in own]
            x, y = x.take(own, i), y.take([places[label] for label in axes[axis]], i)
    return x, y, axes


def _difference(a: np.ndarray, b: np.ndarray, axes: Mapping[str, Sequence[Hashable]] | None) -> dict[str, Any]:
    """Return the entry of two arrays in ``differences``; empty if they are equal."""
    different = ((a != b) & ~((a != a) & (b != b))).astype(bool)
    places = np.flatnonzero(different)
    if not len(places):
        return {}

    def where(place: int) -> str:
        index = np.unravel_index(place, a.shape)
        if axes is None:
            return str([int(i) for i in index])
        return ", ".join(f"{axis} {as_text(axes[axis][int(i)])}" for axis, i in zip(axes, index, strict=True))

    row: dict[str, Any] = {"differ": len(places), "of": a.size}
    first = places[0]
    x, y = a.flat[places], b.flat[places]
    if a.dtype.kind in "iuf" and b.dtype.kind in "iuf":
        x, y = x.astype(np.float64), y.astype(np.float64)
        finite = np.isfinite(x) & np.isfinite(y)
        if not finite.all():
            row["not_finite"] = int((~finite).sum())
        if finite.any():
            places, x, y = places[finite], x[finite], y[finite]
            with np.errstate(over="ignore"):
                absolute = np.abs(x - y)
            relative = absolute / np.maximum(np.abs(x), np.abs(y))
            first, furthest = places[absolute.argmax()], places[relative.argmax()]
            row |= {"largest": absolute.max(), "relative": relative.max()}
            if furthest != first:
                row["relative_at"] = where(furthest)
    return row | {"at": where(first), "before": a.flat[first], "after": b.flat[first]}
