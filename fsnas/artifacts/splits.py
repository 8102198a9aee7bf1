"""splits.json and tree.json: the splits of one round, and those of a whole tree with the spaces of its leaves."""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

from annotated_types import MinLen

from fsnas.artifacts.files import lineage_of
from fsnas.artifacts.json_format import JsonFormat
from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace
from fsnas.splitting.choices import EDGE_RULES
from fsnas.splitting.trees import Level, NodePath, Split, Tree, children_paths, node_spaces


def _misfits(found: Any, space: SearchSpace) -> Iterator[tuple[str, str]]:
    splits = found.nodes
    for i, split in enumerate(splits):
        yield from ((f"nodes[{i}].{field}", problem) for field, problem in _split_misfits(split, space))
    for i, (before, split) in enumerate(itertools.pairwise(splits), start=1):
        if (before.level, before.path) >= (split.level, split.path):
            problem = f"{split.path!r} follows {before.path!r}; expected every node once, ordered by level and path"
            yield f"nodes[{i}].path", problem


def _split_misfits(split: Split, space: SearchSpace) -> Iterator[tuple[str, str]]:
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
    costs = {edge for edge, cost in split.edge_costs.items() if cost is not None}
    if split.edge_clearness and split.edge_clearness.keys() != costs:
        yield "edge_clearness", f"is of {[*split.edge_clearness]}; expected all edges with a cost, or none"


def _level_misfits(found: Any, space: SearchSpace) -> Iterator[tuple[str, str]]:
    yield from _misfits(found, space)
    if found.edge not in (*EDGE_RULES, *space.edges):
        yield "edge", f"{found.edge!r} is none of {list(EDGE_RULES)}, nor of the edges {list(space.edges)}"
    for i, split in enumerate(found.nodes):
        if split.level > found.level:
            yield f"nodes[{i}].path", f"{split.path!r} is on level {split.level}, below that of round {found.level}"


def _tree_misfits(found: Any, space: SearchSpace) -> Iterator[tuple[str, str]]:
    yield from _misfits(found, space)
    try:
        leaves = node_spaces(space, found.nodes)
    except FsnasError as error:
        yield "nodes", str(error)
    else:
        if found.leaves != _named(space, leaves):
            yield "leaves", f"the splits give the leaves {list(leaves)} and other spaces"
    if found.tuning and found.tuning.taken not in found.tuning.clearness:
        yield "tuning.taken", f"{found.tuning.taken!r} is none of the candidates {list(found.tuning.clearness)}"


VERSION = 4
SPLITS = JsonFormat("fsnas.splits", VERSION, Level, _level_misfits)
LEAVES = Annotated[dict[NodePath, dict[str, list[str]]], MinLen(1)]
TREE = JsonFormat("fsnas.tree", VERSION, Tree, _tree_misfits, {"key": str, "leaves": LEAVES})


def write_splits(path: str | Path, *, space: SearchSpace, splits: Iterable[Split], **fields: Any) -> None:
    """Write the splits of one round, and the other ``fields`` of the file, whole or not at all.

    Errors as `JsonFormat.write`.
    """
    SPLITS.write(path, lineage_of() | fields | {"nodes": _nodes(splits)}, space)


def read_splits(path: str | Path, space: SearchSpace | None = None) -> Level:
    """Return the splits of one round, ``space`` and errors as `JsonFormat.read`."""
    return SPLITS.read(path, space)


def write_tree(path: str | Path, tree: Tree, *, key: str, **lineage: Any) -> None:
    """Write a split tree, whole or not at all; errors as `JsonFormat.write`."""
    about = {"method": tree.method, "metric": tree.metric, "seed": tree.seed, "key": key, **lineage_of(**lineage)}
    about["tuning"] = asdict(tree.tuning) if tree.tuning else None
    TREE.write(path, about | {"nodes": _nodes(tree.splits), "leaves": _named(tree.space, tree.leaves)}, tree.space)


def read_tree(path: str | Path, space: SearchSpace | None = None) -> Tree:
    """Return a split tree, its splits ordered by level, then path; ``space`` and errors as in `read_splits`."""
    tree = TREE.read(path, space)
    return replace(tree, leaves=node_spaces(tree.space, tree.splits))


def _named(space: SearchSpace, leaves: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    return {leaf: space.named(mask) for leaf, mask in leaves.items()}


def _nodes(splits: Iterable[Split]) -> list[dict[str, Any]]:
    """Return the splits as JSON objects, ordered by level and path."""
    nodes = []
    for split in sorted(splits, key=lambda split: (split.level, split.path)):
        costs = split.edge_costs.items()
        finite = {edge: None if cost is None or not math.isfinite(cost) else cost for edge, cost in costs}
        nodes.append(asdict(split) | {"edge_costs": finite})
    return nodes
