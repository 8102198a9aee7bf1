"""What a card would be asked to do, seen on a pretended one: no tensor elsewhere, no read-back, few calls.

Tensors without content stand for those of a card: fake ones, which know no gradients there, and those of torch's
device ``meta``.
"""

from collections import Counter

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch._subclasses import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from fsnas.data import batches
from fsnas.data.dataset import Dataset
from fsnas.networks import kernels
from fsnas.networks.forward import ForwardContext
from fsnas.networks.gates import mixing_gates, path_gates
from fsnas.training import loop
from fsnas.training.descent import Descent
from fsnas.training.passes import Passes
from fsnas.training.paths import SampledPaths
from fsnas.training.recipe import Recipe
from fsnas.training.record import Record
from fsnas.training.state import EpochSums, TrainingState
from tests.support.space import OPERATIONS, SPACE

CARD, META = torch.device("cuda:0"), torch.device("meta")
GATES = {"superposition": mixing_gates(SPACE.full()), "path": path_gates((3, 3, 4, 1, 0, 2), len(OPERATIONS))}
READS = ("aten._local_scalar_dense.default", "aten.is_nonzero.default", "aten.nonzero.default")


class Calls(TorchDispatchMode):
    """Counts the operators that are called, and those that copy from or to a card, or read from it."""

    def __init__(self):
        super().__init__()
        self.calls, self.copies, self.reads = Counter(), 0, 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        given = {each.device.type for each in torch.utils._pytree.tree_leaves(args) if isinstance(each, torch.Tensor)}
        found = function(*args, **(kwargs or {}))
        made = {each.device.type for each in torch.utils._pytree.tree_leaves(found) if isinstance(each, torch.Tensor)}
        self.calls[str(function)] += 1
        self.copies += len(given | made) > 1 or "cpu" in made and not given
        self.reads += str(function) in READS
        return found


@pytest.fixture(autouse=True)
def made_anew():
    """What is made once for a device is made for none before and after."""
    for times in range(2):
        for cached in (kernels.per_channel, kernels._mean_of_neighbours, batches._on_device):
            cached.cache_clear()
        if not times:
            yield


def network(channels=16, cells=5):
    return SPACE.network(channels=channels, cells=cells, classes=10, in_channels=3)


@pytest.mark.parametrize("kind", GATES)
def test_a_forward_pass_puts_every_tensor_on_the_card(kind):
    model = network()
    with FakeTensorMode(allow_non_fake_inputs=True):
        weights = {name: torch.empty(weight.shape, device=CARD) for name, weight in model.named_parameters()}
        given = torch.empty(4, 3, 32, 32, device=CARD), ForwardContext(GATES[kind])
        for _ in range(2):  # the first one makes the gates
            with Calls() as seen:
                assert torch.func.functional_call(model, weights, given).device == CARD
    assert (seen.copies, seen.reads) == (0, 0)


@pytest.mark.parametrize(("kind", "most"), [("superposition", 1888), ("path", 598)])
def test_a_step_calls_few_operators(kind, most):
    """3,343 and 1,288 calls before gates were made once and the pool was one kernel."""
    model, images = network().to(META), torch.empty(4, 3, 32, 32, device=META)
    labels = torch.zeros(4, dtype=torch.int64, device=META)
    for _ in range(2):
        with Calls() as seen:
            F.cross_entropy(model(images, ForwardContext(GATES[kind])), labels).backward()
    assert (seen.copies, seen.reads) == (0, 0)
    assert seen.calls.total() <= most, seen.calls.most_common(30)


@pytest.mark.parametrize("sampling", ["superposition", "uniform", "fair"])
def test_a_steady_step_of_a_training_copies_and_reads_nothing(sampling):
    images = np.zeros((160, 3, 8, 8), dtype=np.uint8)
    data = Dataset(
        "noise", images, np.arange(160) % 4, tuple("abcd"), {"train": np.arange(160)}, np.ones(3), np.ones(3)
    )
    recipe = Recipe(sampling=sampling, batch_size=8, epochs=1, crop_padding=1)
    model = network(2, 1).to(META)
    gating = SampledPaths(SPACE.full(), recipe, 0)
    run = TrainingState(model, Descent(model, recipe), Record(), EpochSums(), gating, None)
    steps = loop._steps(run, Passes(model), data, 0, 0)
    next(steps)  # copies the images and what is drawn for the epoch
    for _ in range(17):  # new paths, and so new gates, are among them
        with Calls() as seen:
            next(steps)
        assert (seen.copies, seen.reads) == (0, 0), seen.calls.most_common(30)
