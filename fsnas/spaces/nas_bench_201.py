"""Parameters and multiply-adds of a space in NAS-Bench-201's own network, exact and without building it."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from fsnas.errors import FsnasError


def _convolutions(space: np.ndarray) -> tuple[int, int]:
    """Return how many 3x3 and 1x1 convolutions one cell of ``space`` holds."""
    enabled = np.asarray(space, dtype=bool).sum(axis=0)
    return int(enabled[OPERATIONS.index("nor_conv_3x3")]), int(enabled[OPERATIONS.index("nor_conv_1x1")])


def parameters(space: np.ndarray, *, channels: int, cells: int, classes: int, in_channels: int = 3) -> int:
    """Return the number of parameters of the enabled operations of ``space`` and of the network around them.

    BatchNorm has scale and shift everywhere, also in the cells, and the classifier has a bias: as the benchmark counts.

    Parameters
    ----------
    space
        bool ``[edges, operations]``; an architecture is a space with one operation per edge.
    channels, cells, classes, in_channels
        As in `fsnas.networks.supernet.Supernet`.

    References
    ----------
    Dong and Yang 2020, NAS-Bench-201, section 2.
    """
    n3, n1 = _convolutions(space)
    widths = [channels, 2 * channels, 4 * channels]
    stem = 9 * in_channels * channels + 2 * channels
    cell = sum(n3 * (9 * c * c + 2 * c) + n1 * (c * c + 2 * c) for c in widths)
    reductions = sum(9 * (c // 2) * c + 9 * c * c + (c // 2) * c + 4 * c for c in widths[1:])
    head = 2 * widths[-1] + (widths[-1] + 1) * classes
    return stem + cells * cell + reductions + head


def flops(
    space: np.ndarray,
    *,
    channels: int,
    cells: int,
    classes: int,
    in_channels: int = 3,
    size: tuple[int, int] = (32, 32),
) -> int:
    """Return the multiply-adds of one image of ``size`` (height, width): convolutions, classifier and its bias.

    Pooling, BatchNorm, ReLU and additions are not counted. Parameters and source are those of `parameters`.
    """
    n3, n1 = _convolutions(space)
    height, width = size
    total = 9 * in_channels * channels * height * width
    for stage in range(3):
        c = channels * 2**stage
        if stage:
            height, width = (height + 1) // 2, (width + 1) // 2
            total += (9 * (c // 2) * c + 9 * c * c + (c // 2) * c) * height * width
        total += cells * (9 * n3 + n1) * c * c * height * width
    return total + (4 * channels + 1) * classes


def as_indices(architectures: np.ndarray) -> np.ndarray:
    """Return ``architectures`` as int64 ``[n, edges]``: one operation index per edge.

    Raises
    ------
    FsnasError
        If the array has another shape, or an index that is no operation.
    """
    given = np.asarray(architectures)
    if not given.size and given.ndim <= 2:
        return np.empty((0, len(EDGES)), dtype=np.int64)
    if given.ndim != 2 or given.shape[1] != len(EDGES) or given.dtype.kind not in "iu":
        raise FsnasError(
            f"architectures have the shape {given.shape} and the type {given.dtype}, expected integers "
            f"[architectures, {len(EDGES)}]: one operation index per edge"
        )
    indices = given.astype(np.int64)
    unknown = (indices < 0) | (indices >= len(OPERATIONS))
    if unknown.any():
        row, edge = np.argwhere(unknown)[0]
        raise FsnasError(
            f"architecture {row} has the operation {indices[row, edge]} on edge {EDGES[edge]}, expected an index of "
            f"{list(OPERATIONS)}: 0 to {len(OPERATIONS) - 1}"
        )
    return indices


def held_edges(space: np.ndarray, architectures: np.ndarray) -> np.ndarray:
    """Return on which edges ``space`` holds the operation of each of ``architectures [n, edges]``: bool, same shape."""
    return space[np.arange(len(EDGES)), architectures]


def leaf_of(leaves: Mapping[str, np.ndarray], architectures: np.ndarray) -> np.ndarray:
    """Return the path of the one leaf that holds each architecture: str ``[n]``.

    Parameters
    ----------
    leaves
        Space of every leaf by its path: bool ``[edges, operations]`` each.
    architectures
        int ``[n, edges]``: one operation index per edge.

    Raises
    ------
    FsnasError
        If an architecture is in none of the leaves, or in several.
    """
    indices = as_indices(architectures)
    paths = np.array([*leaves], dtype=str)
    held = np.array([held_edges(space, indices).all(axis=1) for space in leaves.values()], dtype=bool)
    held = held.reshape(len(paths), len(indices))
    wrong = np.flatnonzero(held.sum(axis=0) != 1)
    if len(wrong):
        found = paths[held[:, wrong[0]]].tolist()
        raise FsnasError(
            f"the architecture {architecture_string(indices[wrong[0]])} is in {found or 'none'} of the leaves "
            f"{paths.tolist()}, expected in one ({len(wrong)} of {len(indices)} architectures are not): the leaves "
            "must be those of one whole tree"
        )
    return paths[held.argmax(axis=0)] if len(indices) else np.empty(0, dtype=paths.dtype)


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
