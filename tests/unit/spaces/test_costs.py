import itertools

import pytest
import torch

from fsnas.spaces import nas_bench_201 as costs
from fsnas.spaces.nas_bench_201 import as_space, full_space
from tests.reference.metrics import multiply_adds
from tests.reference.plain import architecture_network

BENCHMARK = {"channels": 16, "cells": 5, "classes": 10, "in_channels": 3}
COUNTS = [(n3, n1) for n3, n1 in itertools.product(range(7), repeat=2) if n3 + n1 <= 6]


def architecture(n3: int, n1: int) -> tuple[int, ...]:
    others = [0, 1, 4, 1, 4, 0]
    return tuple([3] * n3 + [2] * n1 + others[: 6 - n3 - n1])


@pytest.mark.parametrize(("n3", "n1"), COUNTS)
def test_formulas_of_the_benchmark(n3, n1):
    space = as_space(architecture(n3, n1))
    assert costs.parameters(space, **BENCHMARK) == 73_306 + 243_040 * n3 + 28_000 * n1
    assert costs.flops(space, **BENCHMARK, size=(32, 32)) == 7_783_050 + 35_389_440 * n3 + 3_932_160 * n1


@pytest.mark.parametrize(("n3", "n1"), COUNTS)
def test_parameters_are_those_of_the_network(n3, n1):
    network = architecture_network(architecture(n3, n1), **BENCHMARK, affine=True)
    assert costs.parameters(as_space(architecture(n3, n1)), **BENCHMARK) == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("size", [(8, 8), (16, 12), (32, 32)])
@pytest.mark.parametrize("chosen", [(3, 2, 0, 1, 4, 3), (0, 0, 0, 0, 0, 0), (2, 2, 2, 3, 3, 3)])
def test_other_sizes(chosen, size):
    sizes = {"channels": 3, "cells": 2, "classes": 7, "in_channels": 1}
    network = architecture_network(chosen, **sizes, affine=True)
    space = as_space(chosen)
    assert costs.parameters(space, **sizes) == sum(p.numel() for p in network.parameters())
    assert costs.flops(space, **sizes, size=size) == multiply_adds(network, torch.ones(1, 1, *size))


def test_a_space_counts_all_its_operations():
    assert costs.parameters(full_space(), **BENCHMARK) == 73_306 + 6 * (243_040 + 28_000)
    assert costs.flops(full_space(), **BENCHMARK) == 7_783_050 + 6 * (35_389_440 + 3_932_160)
