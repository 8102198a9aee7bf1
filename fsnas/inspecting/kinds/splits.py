"""splits.json: the splits of one level; and what tree.json has in common with it."""

from typing import Any

import numpy as np

from fsnas.analysis.split_distance import split_distance
from fsnas.artifacts.splits import VERSION, read_splits
from fsnas.inspecting.comparing import Labelled, by_part
from fsnas.inspecting.opening import Artifact
from fsnas.splitting.trees import Level, Split, Tree

__all__ = ["TITLE", "VERSION", "about", "content", "differences"]
TITLE = "the splits of one level"
NUMBERS = ("cost", "runner_up", "ties", "edge_ties", "degenerate")


def about(artifact: Artifact) -> dict[str, Any]:
    """Return whose splits these are, and the rules that made them."""
    return artifact.own | {"nodes": len(artifact.fields["nodes"])}


def content(artifact: Artifact) -> dict[str, Any]:
    """Return the split of every node, and what its edges would have cost."""
    level = read_splits(artifact.path)
    return {"splits": [facts(split) for split in level.splits], "edge_costs": edge_costs(level)}


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return as `parted`."""
    return parted(read_splits(before.path), read_splits(after.path))


def facts(split: Split) -> dict[str, Any]:
    """Return what a person wants to know of a split; ``note`` says in words what makes it doubtful."""
    notes = []
    if split.ties > 1:
        notes.append(f"the cut was drawn among {split.ties} that cost the same")
    if split.edge_ties > 1:
        notes.append(f"the edge was drawn among {split.edge_ties} that cost the same")
    if split.degenerate:
        notes.append("degenerate: all affinities of the edge are equal, the cut says nothing")
    numbers = {name: getattr(split, name) for name in NUMBERS}
    found = {"node": split.path, "edge": split.edge, "groups": split.groups, **numbers}
    return found | ({"note": "; ".join(notes)} if notes else {})


def edge_costs(of: Level | Tree) -> dict[str, dict[str, float | None]]:
    """Return the cost of the best cut of every edge of every node; None where the edge could not be split."""
    return {split.path: {edge: split.edge_costs.get(edge) for edge in of.space.edges} for split in of.splits}


def parted(before: Level | Tree, after: Level | Tree) -> dict[str, Any]:
    """Return where the splits of two files take another edge or other groups, and which of their numbers differ.

    Returns
    -------
    dict
        ``part_at``: the first node, by level and path, whose splits differ. ``splits``: these nodes, edges, groups,
        costs and split distances. ``only``, ``differences``: as `by_part`.
    """
    others = {split.path: split for split in after.splits}
    pairs = [(split, others[split.path]) for split in before.splits if split.path in others]
    rows = {a.path: _parting(a, b) for a, b in pairs if (a.edge, a.groups) != (b.edge, b.groups)}
    first = {"part_at": f"node {next(iter(rows))}"} if rows else {}
    return {**first, "splits": rows, **by_part(_numbers(before), _numbers(after), "number")}


def _parting(a: Split, b: Split) -> dict[str, Any]:
    return {
        "level": a.level,
        "edge_before": a.edge,
        "edge_after": b.edge,
        "groups_before": a.groups,
        "groups_after": b.groups,
        "distance": split_distance(a.groups, b.groups) if _operations(a) == _operations(b) else None,
        "cost_before": a.cost,
        "cost_after": b.cost,
    }


def _operations(split: Split) -> set[str]:
    return {name for group in split.groups for name in group}


def _numbers(of: Level | Tree) -> dict[str, Labelled]:
    nodes = [split.path for split in of.splits]
    numbers = {
        name: Labelled(np.array([getattr(split, name) for split in of.splits], np.float64), {"node": nodes})
        for name in NUMBERS
    }
    costs = np.array([list(row.values()) for row in edge_costs(of).values()], np.float64)
    return numbers | {
        "edge_costs": Labelled(costs.reshape(-1, len(of.space.edges)), {"node": nodes, "edge": of.space.edges})
    }
