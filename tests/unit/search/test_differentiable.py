"""Differentiable search: gradients of gates, every algorithm's oracle, and that stopping changes no bit."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn

from fsnas.artifacts.training_state import StateFile
from fsnas.errors import FsnasError, Stopped
from fsnas.networks.forward import ForwardContext
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.search import algorithms
from fsnas.search.differentiable import search_leaf
from fsnas.search.trajectory import Trajectory, entropy, share_of
from fsnas.spaces import SearchSpace, load
from fsnas.spaces.cell import CellSize
from fsnas.training.recipe import Recipe
from tests.reference import differentiable as twin
from tests.reference.plain import learning, plain_network
from tests.support.problems import random_batch, random_gates, random_network, random_space
from tests.support.space import OPERATIONS, SPACE
from tests.unit.networks.test_cells import CELLS, SPACES
from tests.unit.networks.test_supernet import TOLERANCES, assert_close, loss
from tests.unit.training.test_training import RECIPE, Double, bits, data

MACRO = load("nas-bench-macro")
OURS = [*SPACES, SPACE, MACRO]
VARIANTS = {"darts": {}, "darts-2": {"order": 2}, "gdas": {}, "snas": {}, "drnas": {}}


def made(name, **options):
    return algorithms.load(name.split("-")[0])(**VARIANTS[name] | options)


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize("pixels", [8, (32, 30)], ids=str)
@pytest.mark.parametrize("space", OURS, ids=[*CELLS, SPACE.name, MACRO.name])
def test_gates_with_gradients_equal_those_of_the_plain_network(space, pixels, dtype, tolerance):
    """In the outputs, and in the gradients of weights and gates; and the outputs equal those of numbers."""
    rng, size = np.random.default_rng(3), 4 if space is MACRO else 2
    mask = random_space(rng, space)
    network, gates = random_network(3, mask, of=space, channels=size, in_channels=3), random_gates(rng, mask)
    of_double = []
    for kind in {dtype, torch.float64}:  # gradients in float32 against those of the twin in float64
        network.to(kind)
        images = random_batch(5, in_channels=3, pixels=pixels, dtype=kind).images
        ours, others = (torch.tensor(gates, dtype=kind, requires_grad=True) for _ in range(2))
        output = network(images, ForwardContext(gates, learned=ours))
        plain = learning(plain_network(GatedSupernet(network, gates)), others)
        expected = plain(images)
        assert_close(output, expected, tolerance, "logits")
        assert_close(network(images, ForwardContext(gates)), expected, tolerance, "logits of numbers")
        loss(output).backward()
        loss(expected).backward()
        of_double.append((kind, ours.grad, others.grad))
        if kind == torch.float64:
            named = plain.named()
            scale = max(p.grad.abs().max().item() for p in named.values() if p.grad is not None)
            for name, parameter in network.named_parameters():
                assert_close(parameter.grad, named[name].grad if name in named else None, 1e-10, name, scale)
        for parameter in network.parameters():
            parameter.grad = None
    for kind, found, expected in of_double:
        # In float32 rounding may move a unit across the bend of a ReLU.
        assert_close(found, expected, 1e-10 if kind == torch.float64 else 2e-2, "gradient of the gates")


# The oracles


@dataclasses.dataclass
class Nothing:
    """The size of a network without any."""


class Planted(Supernet):
    """All images are of class 0, whose logit is the higher the more of the planted operations is in the mixture."""

    best = (2, 1)

    def __init__(self, space):
        super().__init__(space, space.full(), Nothing(), classes=4, in_channels=1)
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, x, context):
        planted = sum(context.gate(e, o) * (1.0 if o == self.best[e] else -0.5) for e, o in np.argwhere(context.gates))
        return self.scale * planted * x.new_tensor([1.0, 0.0, 0.0, 0.0]).expand(len(x), 4)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_algorithm_finds_the_planted_optimum(name):
    space = SearchSpace("planted", ("first", "second"), ("a", "b", "c"))
    all_alike = dataclasses.replace(data(), labels=np.zeros(41, dtype=np.int64))
    recipe = Recipe(epochs=20, batch_size=13, lr=1e-3, crop_padding=0, flip=False)
    algorithm = made(name, learning_rate=0.1)
    for seed in range(3):
        _, learned = search_leaf(Planted(space), all_alike, recipe, algorithm, seed=seed)
        assert learned[-1].architecture == space.architecture_string(np.array(Planted.best)), (seed, learned[-1])
        assert len(learned) == 20 and entropy(learned[-1].shares) < entropy(learned[0].shares)


def double():
    mask = random_space(np.random.default_rng(2))
    return Double(SPACE, mask, CellSize(2, 1), classes=4, in_channels=1, seed=3).double()


@pytest.mark.parametrize("order", [1, 2])
def test_darts_equals_a_plain_double_loop_step_by_step(order):
    recipe = dataclasses.replace(RECIPE, epochs=2)
    fast, slow = double(), double()
    steps, algorithm = [], made("darts", order=order)
    kept = algorithm.draw
    spied = dataclasses.replace(algorithm, draw=lambda p, *rest: steps.append(p.detach().clone()) or kept(p, *rest))
    record, learned = search_leaf(fast, data(), recipe, spied, seed=7)
    expected = twin.search(slow, data(), recipe, seed=7, order=order)
    enabled = torch.from_numpy(fast.sub_space)
    assert len(steps) == 2 * len(expected) == 8
    for found, wanted in zip(steps[1::2], expected, strict=True):
        torch.testing.assert_close(found[enabled], wanted[enabled], rtol=0, atol=1e-9)
    for (name, ours), other in zip(fast.named_parameters(), slow.parameters(), strict=True):
        torch.testing.assert_close(ours, other, rtol=0, atol=1e-8, msg=name)
    assert record.samples == [26 * (order + 1)] * 2 and len(learned) == 2


def test_gumbel_draws_are_seeded_and_the_limit_is_categorical():
    parameters = torch.log(torch.tensor([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0]], dtype=torch.float64))
    for name in ("gdas", "snas", "drnas"):
        draw = made(name).draw
        first, again, other = (draw(parameters, np.random.default_rng(seed), 0.5) for seed in (1, 1, 2))
        assert torch.equal(first, again) and not torch.equal(first[0], other[0]) or name == "gdas"
        torch.testing.assert_close(first.sum(1), torch.ones(2, dtype=torch.float64))
        assert first[1].tolist() == [1, 0, 0], "a disabled operation has no gate"
    drawn = torch.stack([made("gdas").draw(parameters, np.random.default_rng(seed), 1.0)[0] for seed in range(3000)])
    assert set(drawn.flatten().tolist()) == {0.0, 1.0}
    np.testing.assert_allclose(drawn.mean(0), [0.7, 0.2, 0.1], atol=0.03)


def test_a_search_executes_only_what_gdas_has_drawn():
    network, algorithm = double(), made("gdas")
    parameters = torch.where(torch.from_numpy(network.sub_space), 0.0, -torch.inf).double().requires_grad_()
    gates = algorithm.draw(parameters, np.random.default_rng(0), 0.0)
    assert ((gates == 1).sum(1) == 1).all() and ((gates == 0) | (gates == 1)).all()
    (gradient,) = torch.autograd.grad(gates.sum(), parameters)
    choice = network.sub_space.sum(1) > 1
    assert gradient[torch.from_numpy(choice)].abs().sum(1).min() > 0, "the gate of what is drawn has a gradient"


def test_no_step_of_the_parameters_moves_a_disabled_operation():
    network = random_network(1, random_space(np.random.default_rng(4)))
    for name in VARIANTS:
        _, learned = search_leaf(network, data(), RECIPE, made(name), seed=3)
        for one in learned:
            assert [[v is not None for v in row] for row in one.parameters] == network.sub_space.tolist()
            assert [[v is not None for v in row] for row in one.shares] == network.sub_space.tolist()
            np.testing.assert_allclose([sum(v or 0 for v in row) for row in one.shares], 1)
            chosen = SPACE.as_indices(np.array([SPACE.parse(one.architecture)]))[0]
            assert network.sub_space[np.arange(6), chosen].all()


# Stopping


@pytest.mark.parametrize("name", VARIANTS)
def test_a_search_that_was_stopped_ends_bit_identical(name, tmp_path):
    def searched(weights=1, **options):
        network = random_network(weights)
        return network, *search_leaf(network, data(), RECIPE, made(name), seed=5, **options)

    expected, record, learned = searched()
    state = StateFile(tmp_path / "state.pt", "k")
    for attempt, steps in enumerate((1, 2, 1)):  # in the middle of an epoch, at its end, in the next one
        asked = iter([""] * (steps - 1) + ["a test"])
        with pytest.raises(Stopped):
            searched(1 if attempt == 0 else 40, state=state, stop=lambda asked=asked: next(asked))
    found, resumed, others = searched(99, state=state)
    assert bits(found) == bits(expected) and resumed == record and others == learned
    again = searched()
    assert bits(again[0]) == bits(expected) and again[2] == learned


def test_entropy_and_shares():
    even, decided = ((0.5, 0.5, None), (None, 1.0, None)), ((1.0, 0.0, None), (None, 1.0, None))
    assert math.isclose(entropy(even), 1) and entropy(decided) == 0
    assert share_of(even, 1) == 0.5 and math.isnan(share_of(even, 2)) and math.isnan(entropy(decided[1:]))
    _, learned = search_leaf(random_network(1), data(), RECIPE, made("darts"), seed=5)
    trajectory = Trajectory("darts", learned, "k")
    assert trajectory.architecture == learned[-1].architecture
    values = [v for row in learned[-1].parameters for v in row]
    assert len(values) == 6 * len(OPERATIONS) and 0.99 < entropy(learned[-1].shares) <= 1


# Messages


def test_a_network_that_does_not_use_the_gates_is_named():
    class Deaf(Double):
        def forward(self, x, context):
            return super().forward(x, ForwardContext(context.gates))

    network = Deaf(SPACE, SPACE.full(), CellSize(2, 1), classes=4, in_channels=1, seed=3).double()
    with pytest.raises(FsnasError, match=r"does not depend on the architecture parameters; .*context.gate\(edge, oper"):
        search_leaf(network, data(), RECIPE, made("darts"))


def test_too_few_validation_images_are_named():
    few = data()
    few.splits["valid"] = few.splits["valid"][:5]
    with pytest.raises(FsnasError, match="found 13 images, but the validation part of patterns has 5; lower"):
        search_leaf(random_network(1), few, RECIPE, made("darts"))


def test_a_gradient_that_is_not_finite_is_named():
    network = random_network(1)
    with torch.no_grad():
        network.classifier.weight.fill_(math.inf)
    with pytest.raises(FsnasError, match=r"not finite in epoch 1, step 1 \(seed 0\); lower supernet.lr"):
        search_leaf(network, data(), RECIPE, made("darts"))
