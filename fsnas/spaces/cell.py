"""Cells of AutoDL-Projects (Dong and Yang): nodes in a row, and an operation on the edge between every two of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Self

import numpy as np

from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace

OPERATIONS = (
    *("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "nor_conv_7x7", "avg_pool_3x3", "max_pool_3x3"),
    *("dua_sepc_3x3", "dua_sepc_5x5", "dil_sepc_3x3", "dil_sepc_5x5"),
)
BENCHMARKED = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")  # in NAS-Bench-201
WEIGHTLESS = ("skip_connect", "avg_pool_3x3", "max_pool_3x3")
DENSE = {"nor_conv_3x3": 3, "nor_conv_1x1": 1, "nor_conv_7x7": 7}  # ReLU, convolution, BatchNorm: the kernel
# ReLU, depthwise and pointwise convolution, BatchNorm: the kernel, its dilation, and how often one after the other
SEPARABLE = {"dua_sepc_3x3": (3, 1, 2), "dua_sepc_5x5": (5, 1, 2), "dil_sepc_3x3": (3, 2, 1), "dil_sepc_5x5": (5, 2, 1)}
NODES = range(3, 6)
WIDTHS = (1, 2, 4)  # channels of the stages, as multiples of those of the first


@dataclass(frozen=True)
class CellSize:
    """``channels`` of the first stage, ``cells`` a stage: C and N of the paper."""

    channels: Annotated[int, {"ge": 1, "le": 256}, "C: channels of the first of three stages; 16 in NAS-Bench-201"] = 4
    cells: Annotated[int, {"ge": 1, "le": 32}, "N: cells a stage; 5 in NAS-Bench-201"] = 1


def edges_of(nodes: int) -> tuple[str, ...]:
    """Return the edges between ``nodes``, by their targets."""
    return tuple(f"{target}<-{source}" for target in range(nodes) for source in range(target))


def convolutions(operation: str, channels: int) -> tuple[int, int]:
    """Return how many weights and how many BatchNorms the convolutions of an operation have."""
    if operation in DENSE:
        return DENSE[operation] ** 2 * channels**2, 1
    kernel, _, times = SEPARABLE.get(operation, (0, 0, 0))
    return times * (kernel**2 + channels) * channels, times


class CellSpace(SearchSpace):
    """A cell, with some of the known operations."""

    Size = CellSize
    networks = "fsnas.networks.cells"
    has_thin_network = True

    @cached_property
    def sources(self) -> tuple[int, ...]:
        """Return the node that every edge leaves."""
        return tuple(int(edge.partition("<-")[2]) for edge in self.edges)

    @cached_property
    def targets(self) -> tuple[int, ...]:
        """Return the node that every edge enters."""
        return tuple(int(edge.partition("<-")[0]) for edge in self.edges)

    @property
    def nodes(self) -> int:
        """Return how many there are, the input included."""
        return max(self.targets) + 1

    @property
    def benchmark(self) -> str:
        """Return NAS-Bench-201 for four nodes with some of its operations, else nothing."""
        return "nas-bench-201" if self.nodes == 4 and {*self.operations} <= {*BENCHMARKED} else ""

    def with_nodes(self, nodes: int | None) -> Self:
        """Return the cell of as many ``nodes``; as it is for None."""
        if nodes not in (None, *NODES):
            raise FsnasError(f"found {nodes} nodes, expected {NODES[0]} to {NODES[-1]}")
        return self if nodes is None else replace(self, edges=edges_of(nodes))

    def architecture_string(self, architecture: Sequence[int]) -> str:
        """Return the string as NAS-Bench-201 writes it, for four nodes ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``."""
        nodes = ["|"] * self.nodes
        for source, target, operation in zip(self.sources, self.targets, architecture, strict=True):
            nodes[target] += f"{self.operations[operation]}~{source}|"
        return "+".join(nodes[1:])

    def operation_names(self, string: str) -> list[str]:
        """Return the operation of every edge in a string of the form that `architecture_string` writes."""
        found: dict[str, str] = {}
        for target, node in enumerate(string.strip().split("+"), start=1):
            for part in node.strip("|").split("|"):
                name, _, source = part.partition("~")
                edge = f"{target}<-{source}"
                if edge not in self.edges or name not in OPERATIONS or edge in found:
                    raise FsnasError(
                        f"cannot read {part!r} in the architecture {string!r}: expected OPERATION~SOURCE with "
                        f"an operation of {list(OPERATIONS)} and edges {list(self.edges)}, each once"
                    )
                found[edge] = name
        if len(found) != len(self.edges):
            raise FsnasError(
                f"the architecture {string!r} has {len(found)} edges, expected {len(self.edges)}: {[*self.edges]}"
            )
        return [found[edge] for edge in self.edges]

    def active_gates(self, gates: np.ndarray) -> np.ndarray:
        """Return ``gates`` with zero for every operation that is on no path from the input to the output.

        `none` carries nothing; behind a node without input everything is zero, and before a node that nobody reads
        everything is lost. Perturbing such an edge then leaves exactly the same network, and not one that differs by
        rounding, which would decide a cut.
        """
        carries = (gates != 0) & (np.array(self.operations) != "none")
        edges = list(zip(self.sources, self.targets, carries.any(axis=1), strict=True))
        reached, read = {0}, {self.nodes - 1}
        for source, target, open_ in edges:  # in the order of their targets
            reached |= {target} if open_ and source in reached else set()
        for source, target, open_ in reversed(edges):
            read |= {source} if open_ and target in read else set()
        matters = [source in reached and target in read for source, target, _ in edges]
        return np.where(carries & np.array(matters)[:, None], gates, 0.0)

    def _held(self, sub_space: np.ndarray, channels: int) -> tuple[int, int]:
        """Return the weights and BatchNorms of the convolutions of one cell of ``sub_space``."""
        names = [name for held in self.named(np.asarray(sub_space, dtype=bool)).values() for name in held]
        weights, norms = zip(*(convolutions(name, channels) for name in names), strict=True)
        return sum(weights), sum(norms)

    def parameters(self, sub_space: np.ndarray, size: CellSize, *, classes: int, in_channels: int) -> int:
        """Return the number of parameters of the enabled operations and of the network around them.

        BatchNorm has scale and shift everywhere, also in the cells, and the classifier has a bias: as the benchmark
        counts (section 2 of the paper).
        """
        widths = [width * size.channels for width in WIDTHS]
        stem = 9 * in_channels * size.channels + 2 * size.channels
        held = [(*self._held(sub_space, c), c) for c in widths]
        cell = sum(weights + 2 * c * norms for weights, norms, c in held)
        reductions = sum(9 * (c // 2) * c + 9 * c * c + (c // 2) * c + 4 * c for c in widths[1:])
        head = 2 * widths[-1] + (widths[-1] + 1) * classes
        return stem + size.cells * cell + reductions + head

    def flops(
        self,
        sub_space: np.ndarray,
        size: CellSize,
        *,
        classes: int,
        in_channels: int,
        image: tuple[int, int] = (32, 32),
    ) -> int:
        """Return the multiply-adds of one image (height, width): convolutions, classifier and its bias.

        Pooling, BatchNorm, ReLU and additions are not counted.
        """
        height, width = image
        total = 9 * in_channels * size.channels * height * width
        for stage, multiple in enumerate(WIDTHS):
            c = multiple * size.channels
            if stage:
                height, width = (height + 1) // 2, (width + 1) // 2
                total += (9 * (c // 2) * c + 9 * c * c + (c // 2) * c) * height * width
            total += size.cells * self._held(sub_space, c)[0] * height * width
        return total + (WIDTHS[-1] * size.channels + 1) * classes


space = CellSpace("cell", edges_of(4), OPERATIONS)
