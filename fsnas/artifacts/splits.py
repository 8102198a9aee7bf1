"""splits.json and tree.json: the splits of one level, and those of a whole tree with the spaces of its leaves."""

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

from fsnas.artifacts.files import lineage_of, read_json, space_of, write_json
from fsnas.errors import ArtifactError, FsnasError
from fsnas.spaces import SearchSpace
from fsnas.splitting.trees import Level, Split, Tree, children_paths, node_spaces

SPLITS, TREE, VERSION = "fsnas.splits", "fsnas.tree", 2


def write_splits(
    path: str | Path,
    *,
    space: SearchSpace,
    method: str,
    metric: str,
    seed: int,
    level: int,
    splits: Iterable[Split],
    objective: str,
    balance: str,
    edge: str,
    key: str,
    **lineage: Any,
) -> None:
    """Write the splits of one level, whole or not at all; the same content gives the same bytes.

    Raises
    ------
    ArtifactError
        If a number is not finite, or the settings hold what JSON cannot.
    """
    content = {"format": SPLITS, "version": VERSION, "method": method, "metric": metric, "seed": seed, "level": level}
    content |= {"search_space": space.described(), "objective": objective, "balance": balance, "edge": edge}
    write_json(path, content | {"key": key, **lineage_of(**lineage), "nodes": _nodes(splits)})


def read_splits(path: str | Path, space: SearchSpace | None = None) -> Level:
    """Return the splits of one level of ``space``; without it, of the space that the file describes.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, of another format or version, or a field does not fit; the message names
        file and field.
    """
    content = _read(path, SPLITS, "splits")
    space = space_of(path, content, space)
    splits = _splits(path, space, content["nodes"])
    for i, split in enumerate(splits):
        if split.level != content["level"]:
            _refuse(path, f"nodes[{i}].path", f"{split.path!r} is on level {split.level}, not on {content['level']}")
    names = ("method", "metric", "seed", "level", "objective", "balance", "edge", "key", "settings")
    return Level(splits=splits, space=space, **{name: content[name] for name in names})


def write_tree(path: str | Path, tree: Tree, *, key: str, **lineage: Any) -> None:
    """Write a split tree, whole or not at all; the same content gives the same bytes.

    Raises
    ------
    ArtifactError
        As `write_splits`.
    """
    content = {"format": TREE, "version": VERSION, "method": tree.method, "metric": tree.metric, "seed": tree.seed}
    content |= {"search_space": tree.space.described(), "key": key, **lineage_of(**lineage)}
    leaves = {leaf: tree.space.named(mask) for leaf, mask in tree.leaves.items()}
    write_json(path, content | {"nodes": _nodes(tree.splits), "leaves": leaves})


def read_tree(path: str | Path, space: SearchSpace | None = None) -> Tree:
    """Return a split tree, its splits ordered by level, then path; ``space`` as in `read_splits`.

    Raises
    ------
    ArtifactError
        As `read_splits`; also if the leaves are not those that the splits give.
    """
    content = _read(path, TREE, "tree")
    space = space_of(path, content, space)
    splits = _splits(path, space, content["nodes"])
    try:
        expected = node_spaces(space, splits)
    except FsnasError as error:
        _refuse(path, "nodes", str(error))
    if content["leaves"] != {leaf: space.named(mask) for leaf, mask in expected.items()}:
        _refuse(path, "leaves", f"the splits give the leaves {list(expected)} and other spaces")
    return Tree(content["method"], content["metric"], content["seed"], splits, expected, space)


def _nodes(splits: Iterable[Split]) -> list[dict[str, Any]]:
    """Return the splits as JSON objects, ordered by level and path."""
    nodes = []
    for split in sorted(splits, key=lambda split: (split.level, split.path)):
        costs = split.edge_costs.items()
        finite = {edge: None if cost is None or not math.isfinite(cost) else cost for edge, cost in costs}
        nodes.append(asdict(split) | {"edge_costs": finite})
    return nodes


def _read(path: str | Path, name: str, schema: str) -> dict[str, Any]:
    """Return the JSON object in ``path``, checked for format and version, and against its schema."""
    content = read_json(path, name, VERSION)
    _validate(path, content, schema)
    return content


@cache
def _schema(name: str) -> dict[str, Any]:
    return json.loads((files("fsnas.artifacts") / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))


def _validate(path: str | Path, content: dict[str, Any], schema: str) -> None:
    """Raise `ArtifactError` with the first field that does not fit the schema."""
    from jsonschema import Draft202012Validator  # takes longer to import than all the rest

    for error in sorted(Draft202012Validator(_schema(schema)).iter_errors(content), key=lambda e: e.json_path):
        _refuse(path, error.json_path.removeprefix("$").removeprefix(".") or "top level", error.message)


def _splits(path: str | Path, space: SearchSpace, nodes: Sequence[Mapping[str, Any]]) -> tuple[Split, ...]:
    """Return the splits of ``nodes``, after checking what the schema cannot say, and what the space allows."""
    splits = []
    for i, node in enumerate(nodes):
        groups = tuple(map(tuple, node["groups"]))
        for name, edges in (("edge", [node["edge"]]), ("edge_costs", node["edge_costs"])):
            if unknown := [edge for edge in edges if edge not in space.edges]:
                _refuse(path, f"nodes[{i}].{name}", f"{unknown[0]!r} is none of the edges {list(space.edges)}")
        if sorted(name for group in groups for name in group) != sorted(space.operations):
            _refuse(path, f"nodes[{i}].groups", f"{node['groups']} is no partition of {list(space.operations)}")
        expected = children_paths(node["path"], len(groups))
        if tuple(node["children"]) != expected:
            _refuse(path, f"nodes[{i}].children", f"found {node['children']}, expected {list(expected)}")
        if node["edge_costs"].get(node["edge"]) is None:
            _refuse(path, f"nodes[{i}].edge_costs", f"has no cost for {node['edge']!r}, the edge that is split")
        splits.append(Split(**{**node, "groups": groups, "children": expected}))
    for i, (before, split) in enumerate(itertools.pairwise(splits), start=1):
        if (before.level, before.path) >= (split.level, split.path):
            problem = f"{split.path!r} follows {before.path!r}; expected every node once, ordered by level and path"
            _refuse(path, f"nodes[{i}].path", problem)
    return tuple(splits)


def _refuse(path: str | Path, field: str, problem: str) -> NoReturn:
    raise ArtifactError(f"{path}: field {field!r}: {problem}; remove the file and run again")
