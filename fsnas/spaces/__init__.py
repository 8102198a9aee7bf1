"""Search spaces, one file each: a file in this folder with an object ``space`` is one.

So is one in a folder that `add_folders` adds to this package. Nothing here imports torch.
"""

from collections.abc import Sequence
from dataclasses import is_dataclass
from traceback import extract_tb

from fsnas.errors import ConfigError
from fsnas.registry import Registry
from fsnas.spaces._search_space import (
    MAX_ARCHITECTURES,
    MAX_OPERATIONS,
    SearchSpace,
    architectures,
    count_architectures,
    described_space,
    draw_architectures,
    held_edges,
    wrong_name,
)

__all__ = ["SearchSpace", "add_folders", "architectures", "count_architectures", "described_space"]
__all__ += ["draw_architectures", "held_edges", "known", "load", "path_of", "registry"]

registry = Registry(__name__, "search space", option="space_paths", hyphens=True)
add_folders, known, path_of = registry.add_folders, registry.known, registry.path_of


def load(name: str, operations: Sequence[str] | None = None, nodes: int | None = None) -> SearchSpace:
    """Return the search space ``name``, with some of its ``operations`` and so many ``nodes`` where given.

    Raises
    ------
    ConfigError
        If there is none, its file cannot be run, or has no object ``space`` of that name that states `Size` and
        ``networks``; or if two edges have one name, or there are more operations than a cut takes,
        or architectures than memory does.
    FsnasError
        As `SearchSpace.with_operations` and `SearchSpace.with_nodes`.
    """
    path = path_of(name)
    try:
        found = getattr(registry.module(name), "space", None)
    except Exception as error:  # whatever the code of a user meets
        line = next((f.lineno for f in reversed(extract_tb(error.__traceback__)) if f.filename == str(path)), None)
        where = f"{path}, line {line or getattr(error, 'lineno', None) or 1}"
        raise ConfigError(f"{where}: {type(error).__name__}: {error}; correct the file") from error
    if not isinstance(found, SearchSpace) or found.name != name:
        expected = f"an object of a subclass of fsnas.spaces.SearchSpace with the name {name!r}"
        raise ConfigError(f"{path}: `space` is {found!r}, expected {expected}; see docs/spaces.md")
    if not is_dataclass(getattr(found, "Size", None)) or not isinstance(getattr(found, "networks", None), str):
        raise ConfigError(
            f"{path}: {type(found).__name__} lacks `Size`, a dataclass of numbers, or `networks`, "
            "the name of the module that builds networks; state both: see docs/spaces.md"
        )
    if (wrong := wrong_name(found)) is not None:
        raise ConfigError(f"{path}: found the name {wrong!r}, expected texts for edges and operations, each once")
    space = found.with_nodes(nodes).with_operations(operations)
    if len(space.operations) > MAX_OPERATIONS:
        raise ConfigError(
            f"space.operations: {name} has {len(space.operations)}, expected at most {MAX_OPERATIONS}, since a cut "
            "tries every partition of an edge's operations; name some of them"
        )
    if (count := count_architectures(space.full())) > MAX_ARCHITECTURES:
        raise ConfigError(
            f"space: {name} has {count:,} architectures, expected at most {MAX_ARCHITECTURES:,}, since all of them "
            "are in memory at once; name fewer operations in space.operations"
        )
    return space
