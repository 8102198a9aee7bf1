"""What a training took: what is written is read back; each damage is an error that names file and field."""

from dataclasses import replace

import pytest

from fsnas.artifacts.cost import read_cost, write_cost
from fsnas.training.record import TrainingCost

COST = TrainingCost(epochs=20, seconds=12.5, samples=17940, device="cpu", key="0123456789abcdef", device_seconds=9.5)


@pytest.fixture
def path(tmp_path):
    write_cost(tmp_path / "leaves" / "0.json", COST)
    return tmp_path / "leaves" / "0.json"


@pytest.mark.parametrize("changes", [{}, {"epochs": 0, "samples": 0, "seconds": 0}])
def test_a_cost_reads_back(changes, path):
    cost = replace(COST, **changes)
    write_cost(path, cost)
    assert read_cost(path) == cost
