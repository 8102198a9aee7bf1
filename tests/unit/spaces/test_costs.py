import itertools

import pytest
import torch

from fsnas.spaces.cell import CellSize
from tests.reference.metrics import multiply_adds
from tests.reference.plain import architecture_network
from tests.support.space import SPACE

SIZE = CellSize(16, 5)
OF = {"classes": 10, "in_channels": 3}
COUNTS = [(n3, n1) for n3, n1 in itertools.product(range(7), repeat=2) if n3 + n1 <= 6]


def architecture(n3: int, n1: int) -> tuple[int, ...]:
    others = [0, 1, 4, 1, 4, 0]
    return tuple([3] * n3 + [2] * n1 + others[: 6 - n3 - n1])


@pytest.mark.parametrize(("n3", "n1"), COUNTS)
def test_formulas_of_the_benchmark(n3, n1):
    space = SPACE.only(architecture(n3, n1))
    assert SPACE.parameters(space, SIZE, **OF) == 73_306 + 243_040 * n3 + 28_000 * n1
    assert SPACE.flops(space, SIZE, **OF, image=(32, 32)) == 7_783_050 + 35_389_440 * n3 + 3_932_160 * n1


@pytest.mark.parametrize("size", [(8, 8), (16, 12), (32, 32)])
@pytest.mark.parametrize("chosen", [(3, 2, 0, 1, 4, 3), (0, 0, 0, 0, 0, 0), (2, 2, 2, 3, 3, 3)])
def test_other_sizes(chosen, size):
    of = {"classes": 7, "in_channels": 1}
    network = architecture_network(chosen, channels=3, cells=2, **of, affine=True)
    space = SPACE.only(chosen)
    assert SPACE.parameters(space, CellSize(3, 2), **of) == sum(p.numel() for p in network.parameters())
    assert SPACE.flops(space, CellSize(3, 2), **of, image=size) == multiply_adds(network, torch.ones(1, 1, *size))


def test_a_space_counts_all_its_operations():
    assert SPACE.parameters(SPACE.full(), SIZE, **OF) == 73_306 + 6 * (243_040 + 28_000)
    assert SPACE.flops(SPACE.full(), SIZE, **OF) == 7_783_050 + 6 * (35_389_440 + 3_932_160)
