"""data/{name}.h5: images, labels, split and statistics of a data set."""

from typing import Any

import h5py
import numpy as np

from fsnas.artifacts.dataset import KINDS, PARTS, VERSION
from fsnas.artifacts.hdf5 import reading
from fsnas.errors import ArtifactError
from fsnas.inspecting.comparing import Labelled, by_part
from fsnas.inspecting.opening import Artifact

__all__ = ["TITLE", "VERSION", "about", "content", "differences"]
TITLE = "a data set"


def about(artifact: Artifact) -> dict[str, Any]:
    """Return name and classes."""
    return artifact.own


def content(artifact: Artifact) -> dict[str, Any]:
    """Return shapes, statistics, and how many images of each class every part holds; images are not read."""
    arrays: dict[str, Any] = {}
    small: dict[str, np.ndarray] = {}
    with reading(artifact.path) as file:
        for name in KINDS:
            array = _field(artifact, file, name)
            arrays[name] = {"shape": list(array.shape), "type": str(array.dtype)}
            if name != "images":
                small[name] = array[()]
    statistics = zip(small["mean"], small["std"], strict=True)
    counts = {part: np.bincount(small["labels"][small[f"splits/{part}"]]) for part in PARTS}
    images = {
        name: {part: int(count[i]) if i < len(count) else 0 for part, count in counts.items()}
        for i, name in enumerate(artifact.fields["classes"])
    }
    channels = {i: {"mean": mean, "std": std} for i, (mean, std) in enumerate(statistics)}
    return {"arrays": arrays, "channels": channels, "images_per_class": images}


def differences(before: Artifact, after: Artifact) -> dict[str, Any]:
    """Return which arrays differ, and where most."""
    return by_part(_parts(before), _parts(after), "array")


def _parts(artifact: Artifact) -> dict[str, Labelled]:
    with reading(artifact.path) as file:
        return {name: Labelled(np.asarray(_field(artifact, file, name)[()])) for name in KINDS}


def _field(artifact: Artifact, file: h5py.File, name: str) -> h5py.Dataset:
    if name not in file:
        raise ArtifactError(f"{artifact.path}: field {name!r} is missing; remove the file and run again")
    return file[name]
