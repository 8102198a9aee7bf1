"""splits.json and tree.json: the splits of one level, and those of a whole tree with the spaces of its leaves."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import against_schema, lineage_of, read_json, space_of, unfit, write_json
from fsnas.errors import FsnasError
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
    """Write the splits of one level, whole or not at all; errors as `write_json`."""
    content = {"format": SPLITS, "version": VERSION, "method": method, "metric": metric, "seed": seed, "level": level}
    content |= {"search_space": space.described(), "objective": objective, "balance": balance, "edge": edge}
    write_json(path, content | {"key": key, **lineage_of(**lineage), "nodes": _nodes(splits)})


def read_splits(path: str | Path, space: SearchSpace | None = None) -> Level:
    """Return the splits of one level of ``space``; without it, of the space that the file describes.

    Errors as `read_json` and `space_of`.
    """
    content = read_json(path, SPLITS, VERSION, partial(_problems, path, "splits", space))
    space, splits = space_of(path, content, space), _splits(content["nodes"])
    names = ("method", "metric", "seed", "level", "objective", "balance", "edge", "key", "settings")
    return Level(splits=splits, space=space, **{name: content[name] for name in names})


def write_tree(path: str | Path, tree: Tree, *, key: str, **lineage: Any) -> None:
    """Write a split tree, whole or not at all; errors as `write_json`."""
    content = {"format": TREE, "version": VERSION, "method": tree.method, "metric": tree.metric, "seed": tree.seed}
    content |= {"search_space": tree.space.described(), "key": key, **lineage_of(**lineage)}
    leaves = {leaf: tree.space.named(mask) for leaf, mask in tree.leaves.items()}
    write_json(path, content | {"nodes": _nodes(tree.splits), "leaves": leaves})


def read_tree(path: str | Path, space: SearchSpace | None = None) -> Tree:
    """Return a split tree, its splits ordered by level, then path; ``space`` and errors as in `read_splits`."""
    content = read_json(path, TREE, VERSION, partial(_problems, path, "tree", space))
    space, splits = space_of(path, content, space), _splits(content["nodes"])
    try:
        leaves = node_spaces(space, splits)
    except FsnasError as error:
        raise unfit(path, f"field 'nodes': {error}") from error
    if content["leaves"] != {leaf: space.named(mask) for leaf, mask in leaves.items()}:
        raise unfit(path, f"field 'leaves': the splits give the leaves {list(leaves)} and other spaces")
    return Tree(content["method"], content["metric"], content["seed"], splits, leaves, space)


def _nodes(splits: Iterable[Split]) -> list[dict[str, Any]]:
    """Return the splits as JSON objects, ordered by level and path."""
    nodes = []
    for split in sorted(splits, key=lambda split: (split.level, split.path)):
        costs = split.edge_costs.items()
        finite = {edge: None if cost is None or not math.isfinite(cost) else cost for edge, cost in costs}
        nodes.append(asdict(split) | {"edge_costs": finite})
    return nodes


def _splits(nodes: Sequence[Mapping[str, Any]]) -> tuple[Split, ...]:
    lists = [{"groups": tuple(map(tuple, node["groups"])), "children": tuple(node["children"])} for node in nodes]
    return tuple(Split(**{**node, **own}) for node, own in zip(nodes, lists, strict=True))


def _problems(path: str | Path, schema: str, expected: SearchSpace | None, content: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not fit; what a schema cannot say comes after it, and holds only where it fits."""
    yield from against_schema(content, schema)
    space, splits = space_of(path, content, expected), _splits(content["nodes"])
    for i, split in enumerate(splits):
        yield from (f"field 'nodes[{i}].{field}': {problem}" for field, problem in _split_problems(split, space))
    for i, (before, split) in enumerate(itertools.pairwise(splits), start=1):
        if (before.level, before.path) >= (split.level, split.path):
            problem = f"{split.path!r} follows {before.path!r}; expected every node once, ordered by level and path"
            yield f"field 'nodes[{i}].path': {problem}"
    for i, split in enumerate(splits):
        if split.level != content.get("level", split.level):
            yield f"field 'nodes[{i}].path': {split.path!r} is on level {split.level}, not on {content['level']}"


def _split_problems(split: Split, space: SearchSpace) -> Iterator[tuple[str, str]]:
    for name, edges in (("edge", [split.edge]), ("edge_costs", split.edge_costs)):
        if unknown := [edge for edge in edges if edge not in space.edges]:
            yield name, f"{unknown[0]!r} is none of the edges {list(space.edges)}"
    if sorted(itertools.chain(*split.groups)) != sorted(space.operations):
        yield "groups", f"{[*map(list, split.groups)]} is no partition of {list(space.operations)}"
    expected = children_paths(split.path, len(split.groups))
    if split.children != expected:
        yield "children", f"found {list(split.children)}, expected {list(expected)}"
    if split.edge_costs.get(split.edge) is None:
        yield "edge_costs", f"has no cost for {split.edge!r}, the edge that is split"
