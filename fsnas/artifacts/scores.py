"""scores.h5: per node of a level its space, scores and affinities, with named edges and operations."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fsnas.artifacts.files import space_of
from fsnas.artifacts.hdf5 import field, read_array, reading, write_array, writing
from fsnas.spaces import SearchSpace, described_space
from fsnas.splitting.affinities import NodeScores

FORMAT, VERSION = "fsnas.scores", 2
ARRAYS = {  # type and axes; of sub_space under its older name
    "space": (np.bool_, ("edge", "operation")),
    "scores": (np.float64, ("repetition", "edge", "operation")),
    "affinity": (np.float64, ("edge", "operation", "other_operation")),
}


def write_scores(
    path: str | Path, nodes: Mapping[str, NodeScores], *, space: SearchSpace, attributes: Mapping[str, Any]
) -> None:
    """Write the `NodeScores` of a level, by path of the node, whole or not at all.

    ``attributes`` become file attributes; dicts and lists are kept as JSON. The same content gives the same bytes.
    """
    about = {**attributes, "format": FORMAT, "version": VERSION, "search_space": space.described()}
    with writing(path, dict(sorted(about.items()))) as file:
        file.create_group("nodes")  # there may be none
        for node, content in sorted(nodes.items()):
            group = file.create_group(f"nodes/{node}")
            group.attrs["reasons"] = json.dumps(list(content.reasons))
            _write_scales(group, space, None if content.scores is None else len(content.scores))
            for name, (dtype, axes) in ARRAYS.items():
                array = content.sub_space if name == "space" else getattr(content, name)
                if array is not None:
                    write_array(group, name, array.astype(dtype), [group[axis] for axis in axes])


def _write_scales(group: h5py.Group, space: SearchSpace, repetitions: int | None) -> None:
    names = {"edge": space.edges, "operation": space.operations, "other_operation": space.operations}
    for axis, labels in names.items():
        scale = group.create_dataset(axis, data=[*labels], dtype=h5py.string_dtype(), track_times=False)
        scale.make_scale(axis)
    if repetitions is not None:
        group.create_dataset("repetition", data=np.arange(repetitions), track_times=False).make_scale("repetition")


def read_scores(path: str | Path, space: SearchSpace | None = None) -> tuple[dict[str, NodeScores], dict[str, Any]]:
    """Return the scores of the nodes of a level by path, and the file attributes, JSON decoded.

    ``space`` is the search space that is expected; without it, it is the one that the file describes.
    Errors as `fsnas.artifacts.hdf5.reading`, `read_array` and `space_of`.
    """
    with reading(path, FORMAT, VERSION) as (file, attributes):
        space = space_of(path, attributes, space)
        with field(path, "nodes"):
            names = list(file["nodes"])
        with field(path, "metric and seed"):
            of = {name: attributes[name] for name in ("metric", "seed")}
        return {name: _node(path, name, space, file, of) for name in names}, attributes


def copy_scores(source: str | Path, path: str | Path, **attributes: Any) -> None:
    """Write the scores in ``source`` to ``path`` with some other file attributes, as if they had been made with them.

    Errors as `read_scores`.
    """
    nodes, found = read_scores(source)
    write_scores(path, nodes, space=described_space(found["search_space"]), attributes={**found, **attributes})


def _node(path: str | Path, node: str, space: SearchSpace, file: h5py.File, of: dict[str, Any]) -> NodeScores:
    edges, operations = len(space.edges), len(space.operations)
    lengths = {"edge": edges, "operation": operations, "other_operation": operations}
    with field(path, f"nodes/{node}"):
        group = file[f"nodes/{node}"]
        reasons = tuple(json.loads(group.attrs["reasons"]))
        arrays = {
            array: read_array(path, group, array, dtype, [lengths.get(axis) for axis in axes])
            for array, (dtype, axes) in ARRAYS.items()
            if array != "scores" or "repetition" in group
        }
    return NodeScores(space, arrays["space"], arrays.get("scores"), arrays["affinity"], reasons, node, **of)


def read_attributes(path: str | Path) -> dict[str, Any]:
    """Return the file attributes of a scores file (settings, key, seconds), JSON decoded; errors as `read_scores`."""
    with reading(path, FORMAT, VERSION) as (_, attributes):
        return attributes
