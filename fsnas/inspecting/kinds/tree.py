"""tree.json: a whole split tree."""

from typing import Any

from fsnas.artifacts.splits import VERSION, read_tree
from fsnas.inspecting.kinds.splits import edge_costs, facts, parted
from fsnas.inspecting.opening import Artifact
from fsnas.spaces import count_architectures
from fsnas.splitting.trees import ROOT, Tree

__all__ = ["TITLE", "VERSION", "about", "content", "differences"]
TITLE = "a split tree"


def about(artifact: Artifact) -> dict[str, Any]:
    """Return whose tree this is, and its size."""
    names = {name: artifact.fields[name] for name in ("method", "metric", "seed")}
    return names | {"splits": len(artifact.fields["nodes"]), "leaves": len(artifact.fields["leaves"])}


def content(artifact: Artifact) -> dict[str, Any]:
    """Return the tree, nested, and what the edges of every node would have cost."""
    tree = read_tree(artifact.path)
    return {"tree": [_below(ROOT, tree)], "edge_costs": edge_costs(tree)}


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return as `fsnas.inspecting.kinds.splits.parted`."""
    return parted(read_tree(before.path), read_tree(after.path))


def _below(path: str, tree: Tree) -> dict[str, Any]:
    """Return the node at ``path`` with its children."""
    for split in tree.splits:
        if split.path == path:
            return {**facts(split), "children": [_below(child, tree) for child in split.children]}
    return {"node": path, "architectures": count_architectures(tree.leaves[path]), "children": []}
