"""Every metric on the perturbed supernets of a root: ours, and as published on the plain cell."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from benchmarks import published
from fsnas.metrics import load
from fsnas.metrics._toolkit import ScoringBatch, gradients, loss_of
from fsnas.networks.supernet import GatedSupernet
from fsnas.splitting.scoring import score_node
from tests.reference.plain import plain_network
from tests.support.space import SPACE

METRICS = ["gm", "gradnorm", "snip", "grasp", "synflow", "jacobcov", "ntk", "lr"]


def without_batch_norm(network: nn.Module) -> nn.Module:
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return network


def reference(metric: str, models: list[GatedSupernet], batch: ScoringBatch) -> Callable[[], list]:
    """Return what computes ``metric`` of every model as published; building the networks takes no part."""
    function = getattr(published, metric)
    if metric == "lr":
        thin = [published.Thin(model.gates) for model in models]
        return lambda: [function(network, batch.crops(3000)) for network in thin]
    networks, images = [plain_network(model) for model in models], batch.images
    if metric == "synflow":
        networks, images = [without_batch_norm(network).double() for network in networks], images.double()
    return lambda: [function(network, images, batch.labels) for network in networks]


def assert_agrees(metric: str, found: float | Tensor, model: GatedSupernet, batch: ScoringBatch) -> None:
    """The reference does the same work: it finds what ours does, up to float32."""
    if metric == "lr":  # its weights are drawn elsewhere
        assert 1 < found <= 3000
    elif metric == "gm":
        gradient = torch.cat([g.flatten() for g in gradients(loss_of(model, batch), model.layers()).values()])
        assert torch.allclose(found.norm(), gradient.norm(), rtol=1e-3)
    else:
        assert found == pytest.approx(load(metric)(model, batch), rel=1e-3)


@pytest.mark.parametrize("who", ["published", "ours"])
@pytest.mark.parametrize("metric", METRICS)
def test_root(benchmark, size, metric, who):
    benchmark.group = metric
    models, batch = size.perturbed(), size.repetition()
    if who == "ours":
        work = lambda: score_node(models[0].network, SPACE.full(), metric, [batch])  # noqa: E731
    else:
        work = reference(metric, models, batch)
    found = benchmark.pedantic(work, rounds=5, warmup_rounds=1)
    if who == "published":
        assert_agrees(metric, found[0], models[0], batch)
