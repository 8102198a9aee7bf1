"""The cell of NAS-Bench-201 and its sub-spaces, as boolean masks over edges and operations."""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from fsnas.errors import FsnasError

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
SOURCES = (0, 0, 1, 0, 1, 2)
TARGETS = (1, 2, 2, 3, 3, 3)
EDGES = tuple(f"{target}<-{source}" for source, target in zip(SOURCES, TARGETS, strict=True))
NODES = 4


def full_space() -> np.ndarray:
    """Return the space with every operation on every edge: bool ``[edges, operations]``."""
    return np.ones((len(EDGES), len(OPERATIONS)), dtype=bool)


def restrict(space: np.ndarray, edge: int, group: Sequence[int]) -> np.ndarray:
    """Return a copy of ``space`` whose ``edge`` keeps only the operations of ``group``.

    Raises
    ------
    FsnasError
        If the group is empty or names an operation that the edge does not hold.
    """
    if not group or not all(space[edge, o] for o in group):
        held = [OPERATIONS[o] for o in np.flatnonzero(space[edge])]
        raise FsnasError(f"edge {EDGES[edge]} holds {held}; cannot restrict it to operations {list(group)}")
    child = space.copy()
    child[edge] = False
    child[edge, list(group)] = True
    return child


def splittable_edges(space: np.ndarray) -> list[int]:
    """Return the edges that still hold all the operations of the root (only those can be split, docs/decisions.md)."""
    return [int(edge) for edge in np.flatnonzero(space.all(axis=1))]


def count_architectures(space: np.ndarray) -> int:
    """Return the number of architectures in ``space``: the product of the operations enabled on each edge."""
    return math.prod(int(row.sum()) for row in space)


def architectures(space: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Yield every architecture of ``space`` as one operation index per edge, in lexicographic order."""
    return itertools.product(*(map(int, np.flatnonzero(row)) for row in space))


def draw_architectures(space: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``count`` different architectures of ``space`` (all, if it has fewer): int64 ``[n, edges]``."""
    every = np.array(list(architectures(space)), dtype=np.int64)
    return every if len(every) <= count else every[np.sort(rng.choice(len(every), count, replace=False))]


def as_space(architecture: Sequence[int]) -> np.ndarray:
    """Return the space that holds only ``architecture``, one operation index per edge."""
    return np.eye(len(OPERATIONS), dtype=bool)[list(architecture)]


def architecture_string(architecture: Sequence[int]) -> str:
    """Return the NAS-Bench-201 string of an architecture: ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``.

    >>> architecture_string((3, 3, 4, 1, 0, 2))[:30]
    '|nor_conv_3x3~0|+|nor_conv_3x3'
    """
    nodes: list[str] = []
    for target in range(1, NODES):
        edges = [e for e in range(len(EDGES)) if TARGETS[e] == target]
        nodes.append("|" + "|".join(f"{OPERATIONS[architecture[e]]}~{SOURCES[e]}" for e in edges) + "|")
    return "+".join(nodes)


def parse_architecture(string: str) -> tuple[int, ...]:
    """Return the operation index of every edge of a NAS-Bench-201 architecture string.

    Raises
    ------
    FsnasError
        If the string does not have the form that `architecture_string` writes, or names an unknown operation.
    """
    found: dict[int, int] = {}
    for target, node in enumerate(string.strip().split("+"), start=1):
        for part in node.strip("|").split("|"):
            name, _, source = part.partition("~")
            edge = f"{target}<-{source}"
            if edge not in EDGES or name not in OPERATIONS or EDGES.index(edge) in found:
                raise FsnasError(
                    f"cannot read {part!r} in the architecture {string!r}: expected OPERATION~SOURCE with "
                    f"an operation of {list(OPERATIONS)} and edges {list(EDGES)}, each once"
                )
            found[EDGES.index(edge)] = OPERATIONS.index(name)
    if len(found) != len(EDGES):
        raise FsnasError(f"the architecture {string!r} has {len(found)} edges, expected {len(EDGES)}: {list(EDGES)}")
    return tuple(found[edge] for edge in range(len(EDGES)))
