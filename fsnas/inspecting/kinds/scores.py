"""scores.h5: the scores of every node of a level."""

import itertools
import warnings
from typing import Any

import numpy as np

from fsnas.artifacts.scores import AXES, VERSION, read_scores
from fsnas.inspecting.comparing import Labelled, by_part
from fsnas.inspecting.kinds.supernet import restricted
from fsnas.inspecting.opening import Artifact
from fsnas.spaces import SearchSpace, count_architectures, described_space
from fsnas.splitting.scores import NodeScores

__all__ = ["TITLE", "VERSION", "about", "content", "differences"]
TITLE = "the scores of one level"


def about(artifact: Artifact) -> dict[str, Any]:
    """Return the attributes: metric, seed, level, and how they were computed."""
    return artifact.own


def content(artifact: Artifact) -> dict[str, Any]:
    """Return for every node the mean of its scores over the repetitions, or its affinities where there are none."""
    nodes, attributes = read_scores(artifact.path)
    space = described_space(attributes["search_space"])
    return {"nodes": {path: _node(space, node) for path, node in nodes.items()}}


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return for every node where its space, scores and affinities differ, and most."""
    return by_part(_parts(before), _parts(after), "array")


def _node(space: SearchSpace, node: NodeScores) -> dict[str, Any]:
    found: dict[str, Any] = {
        "architectures": count_architectures(node.space),
        "restricted": restricted(space, node.space),
    }
    found["affinity_shape"] = list(node.affinity.shape)
    if node.scores is None:
        pairs = list(itertools.combinations(range(len(space.operations)), 2))
        names = space.operations
        rows = {f"{names[i]} {names[j]}": node.affinity[:, i, j] for i, j in pairs}
        found["affinity"] = {name: dict(zip(space.edges, values, strict=True)) for name, values in rows.items()}
    else:
        found["scores_shape"] = list(node.scores.shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # an edge that takes no part has no score at all
            mean = np.nanmean(node.scores, axis=0)
        found["mean_scores"] = {
            edge: dict(zip(space.operations, row, strict=True)) for edge, row in zip(space.edges, mean, strict=True)
        }
    return found | {"reasons": list(node.reasons)}


def _parts(artifact: Artifact) -> dict[str, Labelled]:
    nodes, attributes = read_scores(artifact.path)
    space = described_space(attributes["search_space"])
    labels: dict[str, Any] = dict(edge=space.edges, operation=space.operations, other_operation=space.operations)
    parts = {}
    for path, node in nodes.items():
        for name, axes in AXES.items():
            values = getattr(node, name)
            if values is not None:
                parts[f"{path}/{name}"] = Labelled(
                    values, {axis: labels.get(axis, range(len(values))) for axis in axes}
                )
    return parts
