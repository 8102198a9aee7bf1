"""leaves/{search}/{number}.trajectory.json: the architecture parameters of a differentiable search, epoch by epoch."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import lineage_of
from fsnas.artifacts.json_format import JsonFormat
from fsnas.errors import FsnasError
from fsnas.search.trajectory import Learned, Trajectory
from fsnas.spaces import SearchSpace


def misfits(epochs: Sequence[Learned], space: SearchSpace) -> Iterator[tuple[str, str]]:
    """Yield what does not fit ``space``, by its field."""
    edges, operations = len(space.edges), len(space.operations)
    for i, one in enumerate(epochs):
        if one.epoch != i + 1:
            yield f"epochs[{i}].epoch", f"found {one.epoch}, expected {i + 1}"
        for name in ("parameters", "shares"):
            rows = getattr(one, name)
            if [*map(len, rows)] != [operations] * edges:
                yield f"epochs[{i}].{name}", f"expected {edges} rows of {operations} numbers or null"
        yield from ((f"epochs[{i}].architecture", problem) for problem in misspelt(one.architecture, space))


def misspelt(architecture: str, space: SearchSpace) -> Iterator[str]:
    """Yield what is wrong where an architecture is not written as ``space`` does."""
    try:
        name = space.spelt(architecture)
    except FsnasError as error:
        yield str(error)
    else:
        if name != architecture:
            yield f"found {architecture!r}, expected {name!r}"


def _misfits(found: Trajectory, space: SearchSpace) -> Iterator[tuple[str, str]]:
    return misfits(found.epochs, space)


VERSION = 1
FORMAT = JsonFormat("fsnas.trajectory", VERSION, Trajectory, _misfits, {"search_space": SearchSpace})


def write_trajectory(path: str | Path, found: Trajectory, space: SearchSpace, **lineage: Any) -> None:
    """Write what a search learned, whole or not at all; errors as `JsonFormat.write`."""
    FORMAT.write(path, asdict(found) | lineage_of(**lineage), space)


def read_trajectory(path: str | Path, space: SearchSpace | None = None) -> Trajectory:
    """Return what a search learned, ``space`` and errors as `JsonFormat.read`."""
    return FORMAT.read(path, space)
