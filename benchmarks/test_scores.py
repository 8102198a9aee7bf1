"""Every metric on the perturbed supernets of a root: ours, and as published on the plain cell."""

import pytest
from torch import nn

from benchmarks import published
from fsnas.scoring import score_node
from fsnas.spaces import full_space
from tests.reference.plain import plain_network

METRICS = ["gm", "gradnorm", "snip", "grasp", "synflow", "jacobcov", "ntk", "lr"]


def without_batch_norm(network: nn.Module) -> nn.Module:
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return network


@pytest.mark.parametrize("who", ["published", "ours"])
@pytest.mark.parametrize("metric", METRICS)
def test_root(benchmark, size, metric, who):
    benchmark.group = metric
    models, batch = size.perturbed(), size.repetition()
    if who == "ours":
        work = lambda: score_node(models[0].network, full_space(), metric, [batch])  # noqa: E731
    else:
        function = getattr(published, metric)
        if metric == "lr":
            networks, images = [published.Thin(model.gates) for model in models], batch.crops(3000)
        else:
            networks, images = [plain_network(model) for model in models], batch.images
        if metric == "synflow":
            networks, images = [without_batch_norm(n).double() for n in networks], images.double()
        labels = () if metric == "lr" else (batch.labels,)
        work = lambda: [function(network, images, *labels) for network in networks]  # noqa: E731
    benchmark.pedantic(work, rounds=5, warmup_rounds=1)
