"""Search spaces, one file each: a file in this folder with an object ``space`` is one.

So is one in a folder that `add_folders` adds to this package. Nothing here imports torch.
"""

from collections.abc import Sequence

from fsnas.errors import ConfigError
from fsnas.registry import Registry
from fsnas.spaces._search_space import (
    SearchSpace,
    architectures,
    count_architectures,
    described_space,
    draw_architectures,
    held_edges,
)

__all__ = ["SearchSpace", "add_folders", "architectures", "count_architectures", "described_space"]
__all__ += ["draw_architectures", "held_edges", "known", "load", "path_of", "registry"]

registry = Registry(__name__, "search space", option="space_paths", hyphens=True)
add_folders, known, path_of = registry.add_folders, registry.known, registry.path_of


def load(name: str, operations: Sequence[str] | None = None) -> SearchSpace:
    """Return the search space ``name``, with some of its ``operations`` where given.

    Raises
    ------
    ConfigError
        If there is none, or its file has no object ``space`` of that name.
    FsnasError
        As `SearchSpace.with_operations`.
    """
    found = getattr(registry.module(name), "space", None)
    if not isinstance(found, SearchSpace) or found.name != name:
        expected = f"an object of a subclass of fsnas.spaces.SearchSpace with the name {name!r}"
        raise ConfigError(f"{path_of(name)}: `space` is {found!r}, expected {expected}; see CONTRIBUTING.md")
    return found.with_operations(operations)
