"""A figure: what it was made from, and its pixels."""

from typing import Any

import numpy as np
from PIL import Image

from fsnas.inspecting.comparing import Labelled, by_part
from fsnas.inspecting.opening import Artifact

TITLE = "a figure"
VERSION = None


def about(artifact: Artifact) -> dict[str, Any]:
    """Return its size."""
    width, height = artifact.fields["size"]
    return {"pixels": f"{width} x {height}"}


def content(artifact: Artifact) -> dict[str, Any]:
    """Return nothing: a figure is to be looked at."""
    return {}


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return how many numbers of the pixels differ (row, column, channel), and where most."""
    return by_part(_pixels(before), _pixels(after), "part")


def _pixels(artifact: Artifact) -> dict[str, Labelled]:
    with Image.open(artifact.path, formats=["PNG"]) as image:
        return {"pixels": Labelled(np.asarray(image.convert("RGBA")))}
