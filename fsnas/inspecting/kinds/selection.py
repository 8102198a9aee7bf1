"""selection.json: the leaves of a rung in the order of their worth."""

from dataclasses import asdict
from typing import Any

import numpy as np

from fsnas.artifacts.selection import VERSION, read_selection
from fsnas.inspecting.comparing import Labelled, by_part
from fsnas.inspecting.opening import Artifact

__all__ = ["TITLE", "VERSION", "about", "content", "differences"]
TITLE = "a selection of leaves"


def about(artifact: Artifact) -> dict[str, Any]:
    """Return how many leaves were judged, and how many go on."""
    return {"leaves": len(artifact.fields["ranking"]), "keep": artifact.fields["keep"]}


def content(artifact: Artifact) -> dict[str, Any]:
    """Return the ranking, the best first."""
    selection = read_selection(artifact.path)
    ranking = [asdict(judged) | {"kept": rank < selection.keep} for rank, judged in enumerate(selection.ranking)]
    return {"ranking": ranking}


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return where rank, number, accuracy or loss of a leaf differ."""
    return by_part(_columns(before), _columns(after), "column")


def _columns(artifact: Artifact) -> dict[str, Labelled]:
    ranking = read_selection(artifact.path).ranking
    axes = {"leaf": [judged.leaf for judged in ranking]}
    columns = {name: [getattr(judged, name) for judged in ranking] for name in ("number", "accuracy", "loss")}
    columns = {"rank": list(range(len(ranking))), **columns}
    return {name: Labelled(np.array(values), axes) for name, values in columns.items()}
