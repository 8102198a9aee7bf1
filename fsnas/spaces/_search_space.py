"""A search space: its edges, its operations, and how a network is built from them. Nothing here imports torch."""

import importlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from fsnas.errors import FsnasError, OutsideSpaceError, nearest

MAX_ARCHITECTURES = 2_000_000  # their strings are in memory at once
MAX_OPERATIONS = 12  # of an edge, since a cut tries every partition of them


@dataclass(frozen=True)
class SearchSpace:
    """Edges, and the operations of which one is chosen on every edge.

    A sub-space is a mask, bool ``[edges, operations]``: the enabled operations. An architecture is one operation index
    per edge. A search space of its own is a subclass that states `Size` and ``networks``, and its object; of a file
    only the names are known, and they are an object of this class.

    Attributes
    ----------
    name
        As the config calls it.
    edges, operations
        Their names, in order.
    Size
        Dataclass of numbers: how large a network is. Its fields are keys of ``supernet`` in the config.
    networks
        Module that builds networks, imported when one is built: ``supernet(space, sub_space, ...)``, and, where
        ``has_thin_network``, ``thin_network(space, seed)``.
    has_thin_network
        Whether there is a network of one channel, in which the metric lr counts linear regions.
    """

    name: str
    edges: tuple[str, ...]
    operations: tuple[str, ...]

    Size: ClassVar[type]
    networks: ClassVar[str]
    has_thin_network: ClassVar[bool] = False
    whole: ClassVar[tuple[str, ...]] = ()  # of an object with some of the operations: all of them

    # What a space states

    def architecture_string(self, architecture: Sequence[int]) -> str:
        """Return an architecture as the space's benchmark writes it: here the names, with a hyphen in between."""
        return "-".join(self.operations[o] for o in architecture)

    def operation_names(self, string: str) -> list[str]:
        """Return the operation of every edge in an architecture string; also one that this space leaves out.

        Raises
        ------
        FsnasError
            If the string is none of this space.
        """
        names, known = string.strip().split("-"), self.whole or self.operations
        if len(names) != len(self.edges) or not {*names} <= {*known}:
            raise FsnasError(
                f"cannot read the architecture {string!r}; expected {len(self.edges)} of {list(known)}, with a hyphen "
                "in between"
            )
        return names

    def active_gates(self, gates: np.ndarray) -> np.ndarray:
        """Return ``gates`` with zero for every operation that cannot matter, whatever the weights: all may matter."""
        return gates

    def parameters(self, sub_space: np.ndarray, size: Any, *, classes: int, in_channels: int) -> int:
        """Return the number of parameters of the enabled operations and around them: of the network, which is built."""
        network = self.network(sub_space, size, classes=classes, in_channels=in_channels)
        return sum(parameter.numel() for parameter in network.parameters())

    def flops(
        self, sub_space: np.ndarray, size: Any, *, classes: int, in_channels: int, image: tuple[int, int] = (32, 32)
    ) -> int:
        """Return the multiply-adds of one ``image`` (height, width) in the enabled operations and around them.

        Here those of the layers of the network, which is built, without biases.
        """
        return self.network(sub_space, size, classes=classes, in_channels=in_channels).multiply_adds(image)

    # What follows

    @property
    def benchmark(self) -> str:
        """Return the built-in space whose published accuracies are of this one's architectures, too: itself."""
        return self.name

    @property
    def allowed(self) -> np.ndarray:
        """Return which operations every edge may hold: bool ``[edges, operations]``, all of them here."""
        return np.ones((len(self.edges), len(self.operations)), dtype=bool)

    def full(self) -> np.ndarray:
        """Return the sub-space that holds all: bool ``[edges, operations]``."""
        return self.allowed.copy()

    def with_operations(self, operations: Sequence[str] | None) -> Self:
        """Return this space with some of its operations, in their order here; all of them for None.

        Raises
        ------
        FsnasError
            If one is unknown or there twice, or fewer than two are left.
        """
        if operations is None:
            return self
        for name in operations:
            if name not in self.operations:
                raise FsnasError(
                    f"{self.name} has no operation {name!r}{nearest(name, list(self.operations))}; expected some of "
                    f"{list(self.operations)}"
                )
        chosen = tuple(name for name in self.operations if name in operations)
        if len(chosen) != len(operations) or len(chosen) < 2:
            raise FsnasError(f"found the operations {list(operations)}, expected at least 2 of {self.name}, each once")
        space = replace(self, operations=chosen)
        object.__setattr__(space, "whole", self.whole or self.operations)
        return space

    def with_nodes(self, nodes: int | None) -> Self:
        """Return this space with another number of ``nodes``, where it has such; as it is for None.

        Raises
        ------
        FsnasError
            If it has none to choose, or not so many.
        """
        if nodes is not None:
            raise FsnasError(f"found {nodes} nodes, but {self.name} has none to choose; remove space.nodes")
        return self

    def network(
        self,
        sub_space: np.ndarray | None = None,
        size: Any = None,
        *,
        classes: int,
        in_channels: int = 3,
        seed: int = 0,
        **dimensions: int,
    ) -> Any:
        """Return a supernet of ``sub_space`` (None: all), a `fsnas.networks.supernet.Supernet`; imports torch.

        Parameters
        ----------
        sub_space
            bool ``[edges, operations]``; only enabled operations have weights.
        size, dimensions
            A `Size`, or a mapping of its fields; or these fields by name. What is not given has its default.
        seed
            Of the initial weights.
        """
        if size is None or isinstance(size, Mapping):
            size = self.Size(**(size or {}), **dimensions)
        mask = self.full() if sub_space is None else sub_space
        build = importlib.import_module(self.networks).supernet
        return build(self, mask, size, classes=classes, in_channels=in_channels, seed=seed)

    def thin_network(self, seed: int) -> Any:
        """Return a network of one channel without stem and head, for any sub-space of this space; imports torch.

        Raises
        ------
        FsnasError
            If the space has none.
        """
        if not self.has_thin_network:
            raise FsnasError(
                f"the search space {self.name!r} has no thin network, in which lr counts; state one: see docs/spaces.md"
            )
        return importlib.import_module(self.networks).thin_network(self, seed)

    def parse(self, string: str) -> tuple[int, ...]:
        """Return the operation index of every edge of an architecture string.

        Raises
        ------
        FsnasError
            If the string is none of this space.
        OutsideSpaceError
            If it is, but has an operation that this space leaves out.
        """
        names = self.operation_names(string)
        for edge, name in zip(self.edges, names, strict=True):
            if name not in self.operations:
                raise OutsideSpaceError(
                    f"the architecture {string!r} has {name} on edge {edge}, which is none of {list(self.operations)}"
                )
        return tuple(map(self.operations.index, names))

    def spelt(self, string: str) -> str:
        """Return an architecture string as `architecture_string` spells it; errors as `parse`.

        As it is where this is only what a file says of a space.
        """
        return string if type(self) is SearchSpace else self.architecture_string(self.parse(string))

    def indices(self, strings: Sequence[str]) -> np.ndarray:
        """Return the architectures of ``strings``: int64 ``[n, edges]``; errors as `parse`."""
        return np.array([self.parse(string) for string in strings], dtype=np.int64).reshape(-1, len(self.edges))

    def strings(self) -> list[str]:
        """Return all architectures, in lexicographic order of their indices."""
        return [self.architecture_string(one) for one in architectures(self.full())]

    def splittable_edges(self, sub_space: np.ndarray) -> list[int]:
        """Return the edges that hold all operations; only those can be split (docs/decisions.md)."""
        return [int(edge) for edge in np.flatnonzero(sub_space.all(axis=1))]

    def restrict(self, sub_space: np.ndarray, edge: int, group: Sequence[int]) -> np.ndarray:
        """Return a copy of ``sub_space`` whose ``edge`` keeps only the operations of ``group``.

        Raises
        ------
        FsnasError
            If the group is empty or names an operation that the edge does not hold.
        """
        if not group or not all(sub_space[edge, o] for o in group):
            held = self.named(sub_space)[self.edges[edge]]
            raise FsnasError(f"edge {self.edges[edge]} holds {held}; cannot restrict it to operations {list(group)}")
        child = sub_space.copy()
        child[edge] = False
        child[edge, list(group)] = True
        return child

    def named(self, sub_space: np.ndarray) -> dict[str, list[str]]:
        """Return a sub-space as the operation names of every edge."""
        rows = zip(self.edges, sub_space, strict=True)
        return {edge: [self.operations[o] for o in np.flatnonzero(row)] for edge, row in rows}

    def only(self, architecture: Sequence[int]) -> np.ndarray:
        """Return the sub-space that holds one architecture."""
        return np.eye(len(self.operations), dtype=bool)[list(architecture)]

    def as_indices(self, architectures: np.ndarray) -> np.ndarray:
        """Return ``architectures`` as int64 ``[n, edges]``: one operation index per edge.

        Raises
        ------
        FsnasError
            If the array has another shape, or an index that is no operation.
        """
        given = np.asarray(architectures)
        if not given.size and given.ndim <= 2:
            return np.empty((0, len(self.edges)), dtype=np.int64)
        if given.ndim != 2 or given.shape[1] != len(self.edges) or given.dtype.kind not in "iu":
            raise FsnasError(
                f"architectures have the shape {given.shape} and the type {given.dtype}, expected integers "
                f"[architectures, {len(self.edges)}]: one operation index per edge"
            )
        indices = given.astype(np.int64)
        unknown = (indices < 0) | (indices >= len(self.operations))
        if unknown.any():
            row, edge = np.argwhere(unknown)[0]
            raise FsnasError(
                f"architecture {row} has the operation {indices[row, edge]} on edge {self.edges[edge]}, expected an "
                f"index of {list(self.operations)}: 0 to {len(self.operations) - 1}"
            )
        return indices

    def owner(self, leaves: Mapping[str, np.ndarray], architectures: np.ndarray) -> np.ndarray:
        """Return the path of the one leaf that holds each of ``architectures [n, edges]``: str ``[n]``.

        Parameters
        ----------
        leaves
            Sub-space of every leaf by its path.

        Raises
        ------
        FsnasError
            If an architecture is in none of the leaves, or in several.
        """
        indices = self.as_indices(architectures)
        paths = np.array([*leaves], dtype=str)
        held = np.array([held_edges(space, indices).all(axis=1) for space in leaves.values()], dtype=bool)
        held = held.reshape(len(paths), len(indices))
        wrong = np.flatnonzero(held.sum(axis=0) != 1)
        if len(wrong):
            found = paths[held[:, wrong[0]]].tolist()
            raise FsnasError(
                f"the architecture {self.architecture_string(indices[wrong[0]])} is in {found or 'none'} of the leaves "
                f"{paths.tolist()}, expected in one ({len(wrong)} of {len(indices)} architectures are not): the leaves "
                "must be those of one whole tree"
            )
        return paths[held.argmax(axis=0)] if len(indices) else np.empty(0, dtype=paths.dtype)

    # In files

    def described(self) -> dict[str, Any]:
        """Return what a file says of the space: its name, edges and operations."""
        return {"name": self.name, "edges": list(self.edges), "operations": list(self.operations)}

    def is_described(self, found: Any) -> bool:
        """Return whether a file is of this space."""
        return found == self.described()


def described_space(found: Any) -> SearchSpace:
    """Return the space that a file describes, by its names.

    Raises
    ------
    ValueError
        If that is no description.
    """
    try:
        space = SearchSpace(found["name"], tuple(found["edges"]), tuple(found["operations"]))
    except (TypeError, KeyError) as error:
        raise ValueError(f"found {found!r}, expected the name, edges and operations of a search space") from error
    if not isinstance(space.name, str) or not space.name or wrong_name(space) is not None:
        raise ValueError(f"found {found!r}, expected the names of edges and operations, each once")
    return space


def wrong_name(space: SearchSpace) -> Any:
    """Return the first name of an edge or an operation that is none, or is there twice; None where all are right."""
    for names in (space.edges, space.operations):
        for i, name in enumerate(names):
            if not isinstance(name, str) or not name or name in names[:i]:
                return name
    return None if space.edges and space.operations else ()


def count_architectures(sub_space: np.ndarray) -> int:
    """Return the number of architectures in ``sub_space``: the product of the operations enabled on each edge."""
    return math.prod(int(row.sum()) for row in sub_space)


def architectures(sub_space: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Yield every architecture of ``sub_space`` as one operation index per edge, in lexicographic order."""
    return itertools.product(*(map(int, np.flatnonzero(row)) for row in sub_space))


def draw_architectures(sub_space: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``count`` different architectures of ``sub_space`` (all, if it has fewer): int64 ``[n, edges]``."""
    total = count_architectures(sub_space)
    chosen = np.arange(total) if total <= count else np.sort(rng.choice(total, count, replace=False))
    held = [np.flatnonzero(row) for row in sub_space]
    places = np.unravel_index(chosen, [len(row) for row in held])
    return np.stack([row[place] for row, place in zip(held, places, strict=True)], axis=1).astype(np.int64)


def held_edges(sub_space: np.ndarray, architectures: np.ndarray) -> np.ndarray:
    """Return on which edges ``sub_space`` holds the operation of each of ``architectures [n, edges]``: bool."""
    return sub_space[np.arange(len(sub_space)), architectures]
