"""Metrics of any PyTorch network: a ResNet of torchvision, and what it lacks, against loops over their modules."""

import copy

import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from fsnas.errors import FsnasError
from fsnas.metrics import load
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates
from fsnas.networks.modules import as_module
from fsnas.networks.scored_module import ScoredModule
from fsnas.networks.supernet import GatedSupernet
from tests.reference import metrics as twin
from tests.support.problems import random_batch, random_network

IMAGES = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
BATCH = ScoringBatch(IMAGES, torch.tensor([0, 1, 2, 0]))
NETWORKS = {
    "a ResNet": lambda: ResNet(BasicBlock, [1, 1, 1, 1], num_classes=3),
    "ReLUs in place after convolutions, and dropout": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.Conv2d(8, 8, 3, bias=False), nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(32, 3),
    ),
    "values below zero": lambda: nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2), nn.Flatten(), nn.LayerNorm(4 * 7 * 7), nn.Linear(4 * 7 * 7, 5), nn.ReLU(),
        nn.Linear(5, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("metric", ["gradnorm", "snip", "grasp", "synflow", "jacobcov", "naswot", "ntk", "fisher"])
def test_a_plain_network_is_scored_as_by_a_loop_over_its_modules_and_left_as_it_was(metric, name):
    torch.manual_seed(1)
    network = NETWORKS[name]().double()
    before = copy.deepcopy(network.state_dict())
    found, expected = load(metric)(network, BATCH), getattr(twin, metric)(network, BATCH)
    assert found == pytest.approx(expected, rel=1e-8)
    assert network.training and all(weight.grad is None for weight in network.parameters())
    assert all(torch.equal(network.state_dict()[key], tensor) for key, tensor in before.items())


def test_a_frozen_network_is_scored_as_any_other():
    network = NETWORKS["a ResNet"]().double()
    expected = load("snip")(network, BATCH)
    assert load("snip")(network.requires_grad_(False), BATCH) == expected
    assert not any(weight.requires_grad for weight in network.parameters())


def test_a_supernet_by_itself_is_scored_with_all_that_it_holds():
    network, batch = random_network(4), random_batch(0)
    gated = GatedSupernet(network, mixing_gates(network.sub_space))
    assert load("snip")(network, batch) == load("snip")(gated, batch)
    assert load("fisher")(as_module(gated), batch) == pytest.approx(load("fisher")(gated, batch), rel=1e-5)


def test_what_a_metric_does_with_the_modules_of_a_network_is_done_to_a_copy():
    network = NETWORKS["a ResNet"]()
    assert as_module(ScoredModule(network)) is not network
    names = [name for name, _ in as_module(ScoredModule(network)).named_modules()]
    assert names == [name for name, _ in network.named_modules()]


@pytest.mark.parametrize("metric", ["gm", "lid", "lr", "params", "flops", "random"])
def test_a_metric_of_supernets_and_one_of_data_sets_say_so(metric):
    network = nn.Linear(4, 2)
    given = ([network, network], 0, BATCH) if metric in ("gm", "lid") else (network, BATCH)
    with pytest.raises(FsnasError, match="score a network of a search space|or score a data set"):
        load(metric)(*given)
