"""Every metric on the perturbed supernets of a root: ours, and as published on the plain cell."""

from collections.abc import Callable

import pytest
from torch import nn

from benchmarks import published
from fsnas.evaluation import Repetition
from fsnas.scoring import score_node
from fsnas.spaces import full_space
from fsnas.supernet import GatedSupernet
from tests.reference.plain import plain_network

METRICS = ["gm", "gradnorm", "snip", "grasp", "synflow", "jacobcov", "ntk", "lr"]


def without_batch_norm(network: nn.Module) -> nn.Module:
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return network


def reference(metric: str, models: list[GatedSupernet], batch: Repetition) -> Callable[[], list]:
    """Return what computes ``metric`` of every model as published; building the networks takes no part."""
    function = getattr(published, metric)
    if metric == "lr":
        thin = [published.Thin(model.gates) for model in models]
        return lambda: [function(network, batch.crops(3000)) for network in thin]
    networks, images = [plain_network(model) for model in models], batch.images
    if metric == "synflow":
        networks, images = [without_batch_norm(network).double() for network in networks], images.double()
    return lambda: [function(network, images, batch.labels) for network in networks]


@pytest.mark.parametrize("who", ["published", "ours"])
@pytest.mark.parametrize("metric", METRICS)
def test_root(benchmark, size, metric, who):
    benchmark.group = metric
    models, batch = size.perturbed(), size.repetition()
    if who == "ours":
        work = lambda: score_node(models[0].network, full_space(), metric, [batch])  # noqa: E731
    else:
        work = reference(metric, models, batch)
    benchmark.pedantic(work, rounds=5, warmup_rounds=1)
