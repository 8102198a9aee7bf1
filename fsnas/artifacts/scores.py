"""scores.h5: per node of a level its space, scores and affinities, with named edges and operations."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fsnas.artifacts.files import check_format, space_of
from fsnas.artifacts.hdf5 import decoded, encoded, reading, writing
from fsnas.errors import ArtifactError
from fsnas.spaces import SearchSpace, described_space
from fsnas.splitting.scores import NodeScores

FORMAT, VERSION = "fsnas.scores", 2
AXES = {"space": ("edge", "operation"), "scores": ("repetition", "edge", "operation")}
AXES["affinity"] = ("edge", "operation", "other_operation")
KINDS = {"space": np.bool_, "scores": np.float64, "affinity": np.float64}


def write_scores(
    path: str | Path, nodes: Mapping[str, NodeScores], *, space: SearchSpace, attributes: Mapping[str, Any]
) -> None:
    """Write the `NodeScores` of a level, by path of the node, whole or not at all.

    ``attributes`` become file attributes; dicts and lists are kept as JSON. The same content gives the same bytes.
    """
    with writing(path) as file:
        about = {**attributes, "format": FORMAT, "version": VERSION, "search_space": space.described()}
        for name, value in sorted(about.items()):
            file.attrs[name] = encoded(value)
        for node, content in sorted(nodes.items()):
            group = file.create_group(f"nodes/{node}")
            group.attrs["reasons"] = json.dumps(list(content.reasons))
            _write_scales(group, space, None if content.scores is None else len(content.scores))
            for name in AXES:
                array = getattr(content, name)
                if array is not None:
                    _write_array(group, name, array)


def _write_scales(group: h5py.Group, space: SearchSpace, repetitions: int | None) -> None:
    names = {"edge": space.edges, "operation": space.operations, "other_operation": space.operations}
    for axis, labels in names.items():
        scale = group.create_dataset(axis, data=[*labels], dtype=h5py.string_dtype(), track_times=False)
        scale.make_scale(axis)
    if repetitions is not None:
        group.create_dataset("repetition", data=np.arange(repetitions), track_times=False).make_scale("repetition")


def _write_array(group: h5py.Group, name: str, array: np.ndarray) -> None:
    data = group.create_dataset(
        name, data=array.astype(KINDS[name]), chunks=array.shape, fletcher32=True, track_times=False
    )
    for axis, label in enumerate(AXES[name]):
        data.dims[axis].attach_scale(group[label])


def read_scores(path: str | Path, space: SearchSpace | None = None) -> tuple[dict[str, NodeScores], dict[str, Any]]:
    """Return the scores of the nodes of a level by path, and the file attributes, JSON decoded.

    ``space`` is the search space that is expected; without it, it is the one that the file describes.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or lacks a field; the message names file and field.
    """
    field = "format"
    try:
        with reading(path) as file:
            attributes = _attributes(path, file)
            space = space_of(path, attributes, space)
            field, nodes = "nodes", {}
            for node in file["nodes"]:
                field = f"nodes/{node}"
                nodes[node] = _node(path, field, space, file[field])
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise ArtifactError(f"{path}: cannot read field {field!r} ({error}); remove the file and run again") from error
    return nodes, attributes


def copy_scores(source: str | Path, path: str | Path, **attributes: Any) -> None:
    """Write the scores in ``source`` to ``path`` with some other file attributes, as if they had been made with them.

    Raises
    ------
    ArtifactError
        As `read_scores`.
    """
    nodes, found = read_scores(source)
    known = {name: value for name, value in found.items() if name not in ("format", "version", "search_space")}
    write_scores(path, nodes, space=described_space(found["search_space"]), attributes={**known, **attributes})


def _node(path: str | Path, field: str, space: SearchSpace, group: h5py.Group) -> NodeScores:
    return NodeScores(
        space=_array(path, field, space, group, "space"),
        scores=_array(path, field, space, group, "scores") if "repetition" in group else None,
        affinity=_array(path, field, space, group, "affinity"),
        reasons=tuple(json.loads(group.attrs["reasons"])),
    )


def _array(path: str | Path, field: str, space: SearchSpace, group: h5py.Group, name: str) -> np.ndarray:
    array, axes = np.asarray(group[name][()]), AXES[name]
    if array.dtype != KINDS[name]:
        raise ArtifactError(
            f"{path}: field '{field}/{name}' has the type {array.dtype}, expected {np.dtype(KINDS[name])}; "
            "remove the file and run again"
        )
    edges, operations = len(space.edges), len(space.operations)
    lengths = {"edge": edges, "operation": operations, "other_operation": operations}
    if array.ndim != len(axes) or any(n != lengths.get(a, n) for a, n in zip(axes, array.shape, strict=True)):
        raise ArtifactError(
            f"{path}: field '{field}/{name}' has the shape {array.shape}, expected {list(axes)} with "
            f"{edges} edges and {operations} operations; remove the file and run again"
        )
    return array


def read_attributes(path: str | Path) -> dict[str, Any]:
    """Return the file attributes of a scores file (settings, key, seconds), JSON decoded.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged or of another format or version.
    """
    try:
        with reading(path) as file:
            return _attributes(path, file)
    except (OSError, RuntimeError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); remove the file and run again") from error


def _attributes(path: str | Path, file: h5py.File) -> dict[str, Any]:
    attributes = decoded(file.attrs)
    check_format(path, attributes, FORMAT, VERSION)
    return attributes
