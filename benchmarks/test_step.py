"""A step of the supernet, forward and backward: our cell and the plain one, with the same weights and images."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from benchmarks.sizes import PATH
from fsnas.networks.gates import path_gates
from fsnas.networks.supernet import GatedSupernet
from tests.reference.plain import plain_network
from tests.support.space import EDGES, OPERATIONS


@pytest.mark.parametrize("who", ["plain", "ours"])
@pytest.mark.parametrize("gates", ["superposition", "path"])
def test_step(benchmark, size, gates, who):
    benchmark.group = f"step, {gates}"
    assert len(PATH) == len(EDGES)
    model = size.model(path_gates(PATH, len(OPERATIONS)) if gates == "path" else None)
    batch = size.repetition()
    network = plain_network(model) if who == "plain" else model
    weights = [p for p in (network if who == "plain" else model.network).parameters() if p.requires_grad]

    def step() -> torch.Tensor:
        for weight in weights:
            weight.grad = None
        loss = F.cross_entropy(network(batch.images), batch.labels)
        loss.backward()
        return loss.detach()

    loss = benchmark.pedantic(step, rounds=15, warmup_rounds=1)
    other = plain_network(model) if isinstance(network, GatedSupernet) else model
    assert torch.allclose(loss, F.cross_entropy(other(batch.images), batch.labels), rtol=1e-4)
