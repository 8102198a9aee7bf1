"""NAS-Bench-Macro (Su et al. 2021): a chain of eight layers, in each a block of MobileNetV2 or none."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace

OPERATIONS = ("Identity", "MB3_K3", "MB6_K5")
BLOCKS = {"MB3_K3": (3, 3), "MB6_K5": (6, 5)}  # expansion and kernel
STAGES = (2, 3, 3)  # layers; the first of a stage halves the sides and doubles the channels
EDGES = tuple(f"layer{i}" for i in range(1, sum(STAGES) + 1))
HEAD = 40  # channels of the last convolution, as a multiple of those of the stem: 1,280 in the benchmark


@dataclass(frozen=True)
class ChainSize:
    """``channels`` of the stem, to which all others are in proportion."""

    channels: Annotated[int, {"ge": 1, "le": 256}, "C: channels of the stem; 32 in NAS-Bench-Macro"] = 4


class Convolution(NamedTuple):
    """A convolution without bias, which BatchNorm follows."""

    inp: int
    out: int
    kernel: int = 1
    stride: int = 1
    groups: int = 1

    @property
    def weights(self) -> int:
        """Return their number."""
        return self.out * (self.inp // self.groups) * self.kernel**2


def convolutions(operation: str, inp: int, out: int, stride: int) -> list[Convolution]:
    """Return those of an operation, one after the other, with a ReLU between them.

    Identity has one where the shape changes. A block adds its input where it does not.
    """
    if operation == "Identity":
        return [] if inp == out else [Convolution(inp, out, stride=stride)]
    expansion, kernel = BLOCKS[operation]
    hidden = expansion * inp
    depthwise = Convolution(hidden, hidden, kernel, stride, groups=hidden)
    return [Convolution(inp, hidden), depthwise, Convolution(hidden, out)]


def shapes(channels: int) -> list[tuple[int, int, int]]:
    """Return input channels, output channels and stride of every layer."""
    found = []
    for layers in STAGES:
        found += [(channels, 2 * channels, 2), *[(2 * channels, 2 * channels, 1)] * (layers - 1)]
        channels *= 2
    return found


def halved(sides: tuple[int, int], stride: int) -> tuple[int, int]:
    """Return the sides of what a convolution with ``stride`` 1 or 2 makes of an image: rounded up."""
    return -(-sides[0] // stride), -(-sides[1] // stride)


class NasBenchMacro(SearchSpace):
    """The chain, with all of its operations or some of them."""

    Size = ChainSize
    networks = "fsnas.networks.nas_bench_macro"

    def architecture_string(self, architecture: Sequence[int]) -> str:
        """Return one digit a layer, whatever operations the space has: 0 Identity, 1 MB3_K3, 2 MB6_K5.

        >>> space.architecture_string((0, 0, 2, 1, 0, 2, 0, 1))
        '00210201'
        """
        return "".join(str(OPERATIONS.index(self.operations[o])) for o in architecture)

    def operation_names(self, string: str) -> list[str]:
        """Return the operation of every layer in a string of the form that `architecture_string` writes."""
        digits = string.strip()
        if len(digits) != len(EDGES) or not {*digits} <= {*"012"}:
            raise FsnasError(
                f"cannot read the architecture {string!r}; expected {len(EDGES)} digits, one a layer: "
                f"{', '.join(f'{i} {name}' for i, name in enumerate(OPERATIONS))}"
            )
        return [OPERATIONS[int(digit)] for digit in digits]

    def active_gates(self, gates: np.ndarray) -> np.ndarray:
        """Return ``gates``; zeros where a layer carries nothing, which leaves nothing of the others."""
        return gates if gates.any(axis=1).all() else np.zeros_like(gates)

    def _executed(
        self, sub_space: np.ndarray, channels: int, in_channels: int, sides: tuple[int, int]
    ) -> Iterator[tuple[Convolution, int]]:
        """Yield the convolutions of the enabled operations and around them, and the pixels of their outputs."""
        yield Convolution(in_channels, channels, 3), math.prod(sides)
        for held, shape in zip(self.named(sub_space).values(), shapes(channels), strict=True):
            for name in held:
                inside = sides
                for each in convolutions(name, *shape):
                    inside = halved(inside, each.stride)
                    yield each, math.prod(inside)
            sides = halved(sides, shape[2])
        yield Convolution(shape[1], HEAD * channels), math.prod(sides)

    def parameters(self, sub_space: np.ndarray, size: ChainSize, *, classes: int, in_channels: int) -> int:
        """Return the number of parameters of the enabled operations and of the network around them."""
        executed = self._executed(np.asarray(sub_space, dtype=bool), size.channels, in_channels, (1, 1))
        return sum(each.weights + 2 * each.out for each, _ in executed) + (HEAD * size.channels + 1) * classes

    def flops(
        self,
        sub_space: np.ndarray,
        size: ChainSize,
        *,
        classes: int,
        in_channels: int,
        image: tuple[int, int] = (32, 32),
    ) -> int:
        """Return the multiply-adds of one image (height, width): convolutions and classifier, without its bias."""
        executed = self._executed(np.asarray(sub_space, dtype=bool), size.channels, in_channels, image)
        return sum(each.weights * pixels for each, pixels in executed) + HEAD * size.channels * classes


space = NasBenchMacro("nas-bench-macro", EDGES, OPERATIONS)
