"""The cost beside a checkpoint: what its training took."""

from typing import Any

from fsnas.artifacts.cost import VERSION, read_cost
from fsnas.inspecting.opening import Artifact

__all__ = ["TITLE", "VERSION", "about", "content", "differences"]
TITLE = "the cost of a training"


def about(artifact: Artifact) -> dict[str, Any]:
    """Return all of it."""
    return artifact.own


def content(artifact: Artifact) -> dict[str, Any]:
    """Return nothing, after a check of the fields."""
    read_cost(artifact.path)
    return {}


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return nothing, after a check of the fields."""
    return content(before) | content(after)
