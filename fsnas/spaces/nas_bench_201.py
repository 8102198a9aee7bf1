"""NAS-Bench-201 (Dong and Yang 2020): a cell of four nodes, an operation on each of its six edges."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
SOURCES = (0, 0, 1, 0, 1, 2)
TARGETS = (1, 2, 2, 3, 3, 3)
EDGES = tuple(f"{target}<-{source}" for source, target in zip(SOURCES, TARGETS, strict=True))
NODES = 4
WIDTHS = (1, 2, 4)  # channels of the stages, as multiples of those of the first


@dataclass(frozen=True)
class CellSize:
    """``channels`` of the first stage, ``cells`` a stage: C and N of the paper."""

    channels: Annotated[int, {"ge": 1, "le": 256}, "C: channels of the first of three stages; 16 in NAS-Bench-201"] = 4
    cells: Annotated[int, {"ge": 1, "le": 32}, "N: cells a stage; 5 in NAS-Bench-201"] = 1


class NasBench201(SearchSpace):
    """The cell, with all of its operations or some of them."""

    Size = CellSize
    networks = "fsnas.networks.nas_bench_201"
    has_thin_network = True

    def architecture_string(self, architecture: Sequence[int]) -> str:
        """Return the NAS-Bench-201 string: ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``.

        >>> space.architecture_string((3, 3, 4, 1, 0, 2))[:30]
        '|nor_conv_3x3~0|+|nor_conv_3x3'
        """
        nodes = ["|"] * NODES
        for source, target, operation in zip(SOURCES, TARGETS, architecture, strict=True):
            nodes[target] += f"{self.operations[operation]}~{source}|"
        return "+".join(nodes[1:])

    def operation_names(self, string: str) -> list[str]:
        """Return the operation of every edge in a string of the form that `architecture_string` writes."""
        found: dict[str, str] = {}
        for target, node in enumerate(string.strip().split("+"), start=1):
            for part in node.strip("|").split("|"):
                name, _, source = part.partition("~")
                edge = f"{target}<-{source}"
                if edge not in EDGES or name not in OPERATIONS or edge in found:
                    raise FsnasError(
                        f"cannot read {part!r} in the architecture {string!r}: expected OPERATION~SOURCE with "
                        f"an operation of {list(OPERATIONS)} and edges {list(EDGES)}, each once"
                    )
                found[edge] = name
        if len(found) != len(EDGES):
            raise FsnasError(f"the architecture {string!r} has {len(found)} edges, expected {len(EDGES)}: {[*EDGES]}")
        return [found[edge] for edge in EDGES]

    def active_gates(self, gates: np.ndarray) -> np.ndarray:
        """Return ``gates`` with zero for every operation that is on no path from the input to the output.

        `none` carries nothing; behind a node without input everything is zero, and before a node that nobody reads
        everything is lost. Perturbing such an edge then leaves exactly the same network, and not one that differs by
        rounding, which would decide a cut.
        """
        carries = (gates != 0) & (np.array(self.operations) != "none")
        edges = list(zip(SOURCES, TARGETS, carries.any(axis=1), strict=True))
        reached, read = {0}, {NODES - 1}
        for source, target, open_ in edges:  # in the order of their targets
            reached |= {target} if open_ and source in reached else set()
        for source, target, open_ in reversed(edges):
            read |= {source} if open_ and target in read else set()
        matters = [source in reached and target in read for source, target, _ in edges]
        return np.where(carries & np.array(matters)[:, None], gates, 0.0)

    def _convolutions(self, sub_space: np.ndarray) -> tuple[int, int]:
        """Return how many 3x3 and 1x1 convolutions one cell of ``sub_space`` holds."""
        held = [name for names in self.named(np.asarray(sub_space, dtype=bool)).values() for name in names]
        return held.count("nor_conv_3x3"), held.count("nor_conv_1x1")

    def parameters(self, sub_space: np.ndarray, size: CellSize, *, classes: int, in_channels: int) -> int:
        """Return the number of parameters of the enabled operations and of the network around them.

        BatchNorm has scale and shift everywhere, also in the cells, and the classifier has a bias: as the benchmark
        counts (section 2 of the paper).
        """
        n3, n1 = self._convolutions(sub_space)
        widths = [width * size.channels for width in WIDTHS]
        stem = 9 * in_channels * size.channels + 2 * size.channels
        cell = sum(n3 * (9 * c * c + 2 * c) + n1 * (c * c + 2 * c) for c in widths)
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
        n3, n1 = self._convolutions(sub_space)
        height, width = image
        total = 9 * in_channels * size.channels * height * width
        for stage, multiple in enumerate(WIDTHS):
            c = multiple * size.channels
            if stage:
                height, width = (height + 1) // 2, (width + 1) // 2
                total += (9 * (c // 2) * c + 9 * c * c + (c // 2) * c) * height * width
            total += size.cells * (9 * n3 + n1) * c * c * height * width
        return total + (WIDTHS[-1] * size.channels + 1) * classes


space = NasBench201("nas-bench-201", EDGES, OPERATIONS)
