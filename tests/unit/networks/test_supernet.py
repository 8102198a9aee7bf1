import re

import numpy as np
import pytest
import torch
from torch import Tensor

from fsnas.errors import FsnasError
from fsnas.networks.forward import ForwardContext, ForwardHook
from fsnas.networks.gates import mixing_gates, path_gates, perturb
from fsnas.networks.layers import Reduction
from fsnas.networks.supernet import GatedSupernet, Supernet, inherit
from tests.reference.plain import architecture_network, copy_weights, plain_network
from tests.support.problems import random_batch, random_gates, random_network, random_space, supernet
from tests.support.space import EDGES, OPERATIONS, SPACE

TOLERANCES = [(torch.float32, 1e-5), (torch.float64, 1e-10)]
KINDS = ["random", "mean", "sum"]


def assert_close(
    found: Tensor | None, expected: Tensor | None, tolerance: float, what: str, scale: float | None = None
) -> None:
    """Relative to ``scale``, by default that of the expected tensor; an absent gradient is zero."""
    if found is None or expected is None:
        present = expected if found is None else found
        assert present is None or not present.any(), what
        return
    difference = (found - expected).abs().max().item()
    scale = max(expected.abs().max().item(), 1e-3) if scale is None else scale
    assert difference <= tolerance * scale, f"{what}: differs by {difference}, the scale is {scale}"


def gates_of(kind: str, rng: np.random.Generator, space: np.ndarray) -> np.ndarray:
    return random_gates(rng, space) if kind == "random" else mixing_gates(space, kind)


def loss(output: Tensor) -> Tensor:
    """A projection on fixed numbers, so that no gradient cancels by symmetry."""
    numbers = torch.randn(output.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return (output * numbers.to(output.dtype)).sum()


# Many pixels are in the other order of memory; sides may be no multiples of 4 and not square.
CASES = [(seed, {"cells": 2}, (8, 8)) for seed in range(4)] + [(seed, {"channels": 4}, (32, 32)) for seed in range(4)]
CASES += [(3, {}, sides) for sides in ((8, 9), (10, 11), (30, 50), (50, 30), (13, 8))]


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("seed", "network", "pixels"), CASES, ids=str)
def test_fast_network_equals_plain_network(seed, network, pixels, kind, dtype, tolerance):
    rng = np.random.default_rng(seed)
    gates = gates_of(kind, rng, random_space(rng) if pixels == (8, 8) else SPACE.full())
    model = GatedSupernet(random_network(seed, in_channels=3, **network), gates)
    for draw in range(10):
        images = random_batch(seed + 100 * draw, size=6 if pixels == (8, 8) else 3, in_channels=3, pixels=pixels).images
        if dtype == torch.float64 or same_side_of_relus(model, images):
            break
    else:
        pytest.fail("in each of ten draws rounding moves a unit across the bend of a ReLU, where the gradient jumps")
    model = GatedSupernet(model.network.to(dtype), gates)
    assert_same_network(model, plain_network(model), images.to(dtype), tolerance)


def same_side_of_relus(model: GatedSupernet, images: Tensor) -> bool:
    """Whether float32 and float64 turn the same units on, in the fast network and in the plain one."""

    class On(ForwardHook):
        def __init__(self) -> None:
            self.found: list[Tensor] = []

        def relu(self, x: Tensor, count: int) -> None:
            self.found.append(x > 0)

    found = []
    for dtype in (torch.float64, torch.float32):
        hook, plain = On(), plain_network(GatedSupernet(model.network.to(dtype), model.gates))
        for module in plain.modules():
            if isinstance(module, torch.nn.ReLU):
                module.register_forward_pre_hook(lambda module, given, hook=hook: hook.relu(given[0], 1))
        with torch.no_grad():
            model(images.to(dtype), hook=hook)
            plain(images.to(dtype))
        found.append(hook.found)
    return all(torch.equal(a, b) for a, b in zip(*found, strict=True))


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize(
    "chosen", [(3, 3, 4, 1, 0, 2), (2, 1, 3, 3, 3, 3), (0, 1, 3, 4, 2, 3), (0, 0, 0, 0, 0, 0), (0, 0, 3, 0, 3, 2)]
)
def test_architecture_equals_the_one_of_nas_bench_201(chosen, dtype, tolerance):
    sizes = {"channels": 2, "cells": 2, "classes": 4, "in_channels": 3}
    model = GatedSupernet(random_network(1, dtype=dtype, **sizes), path_gates(np.array(chosen), len(OPERATIONS)))
    plain = copy_weights(architecture_network(chosen, **sizes, affine=False), model)
    assert_same_network(model, plain, random_batch(1, in_channels=3, dtype=dtype).images, tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_float32_is_exact_enough_for_a_real_batch(kind):
    """Sums over 64 images of 32x32: a BatchNorm that adds up in float32 is off by more than this."""
    network = random_network(1, channels=4, in_channels=3)
    images = random_batch(1, size=64, in_channels=3, pixels=32).images
    gates = gates_of(kind, np.random.default_rng(1), SPACE.full())
    with torch.no_grad():
        single = GatedSupernet(network, gates)(images)
        double = GatedSupernet(network.double(), gates)(images.double())
    assert_close(single.double(), double, 1e-6, "logits")


def test_a_reduction_halves_both_sides_and_rounds_up():
    block = Reduction(2, 4, "block", torch.Generator().manual_seed(0))
    context = ForwardContext(path_gates(np.zeros(6, dtype=int), len(OPERATIONS)))
    for sides, halves in (((8, 8), (4, 4)), ((9, 11), (5, 6)), ((2, 3), (1, 2)), ((1, 1), (1, 1))):
        assert block(torch.randn(3, 2, *sides), context).shape == (3, 4, *halves)


def assert_same_network(model, plain, images, tolerance):
    """Gradients are compared on the scale of the largest: small ones are what rounding leaves of large terms."""
    inputs = [images.clone().requires_grad_() for _ in range(2)]
    outputs = [model(inputs[0]), plain(inputs[1])]
    assert_close(outputs[0], outputs[1], tolerance, "logits")
    for output in outputs:
        loss(output).backward()
    assert_close(inputs[0].grad, inputs[1].grad, tolerance, "gradient of the images")
    expected = {name: parameter.grad for name, parameter in plain.named().items()}
    scale = max(grad.abs().max().item() for grad in expected.values() if grad is not None)
    for name, parameter in model.network.named_parameters():
        assert_close(parameter.grad, expected.get(name), tolerance, name, scale)


@pytest.mark.parametrize("seed", range(4))
def test_supernet_of_a_space_is_the_full_one_restricted(seed):
    rng = np.random.default_rng(seed)
    space = random_space(rng)
    full, small = random_network(seed), random_network(seed + 9, space)
    values = dict(full.named_parameters())
    small.load_state_dict({name: values[name].detach() for name in small.state_dict()})
    images, gates = random_batch(seed).images, random_gates(rng, space)
    assert torch.equal(GatedSupernet(full, gates)(images), GatedSupernet(small, gates)(images))
    assert list(GatedSupernet(full, gates).layers()) == list(GatedSupernet(small, gates).layers())
    enabled = {f"{EDGES[e]}:{OPERATIONS[o]}" for e, o in np.argwhere(space) if "conv" in OPERATIONS[o]}
    assert set(small.stages[0][0].weights) == enabled


def test_same_seed_same_weights_and_rng_untouched():
    state = torch.get_rng_state()
    a, b, c = (supernet(channels=2, cells=1, classes=4, seed=s) for s in (3, 3, 4))
    for (name, x), y in zip(a.named_parameters(), b.parameters(), strict=True):
        assert torch.equal(x, y), name
    assert not torch.equal(a.stem.weight, c.stem.weight)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("seed", range(4))
def test_tap_sees_every_executed_layer_once_and_counts_the_relus(seed):
    class Names(ForwardHook):
        def __init__(self) -> None:
            self.layers, self.relus = [], 0

        def layer(self, output, names):
            self.layers += names

        def relu(self, x, count):
            self.relus += count

    gates = mixing_gates(SPACE.full())
    gates[5] *= np.random.default_rng(seed).random(len(OPERATIONS)) < 0.5
    model, hook = GatedSupernet(random_network(seed), gates), Names()
    model(random_batch(seed).images, hook=hook)
    assert sorted(hook.layers) == sorted(model.layers())
    outside = {"stem.weight", "reductions.0.downsample.weight", "reductions.1.downsample.weight", "classifier.weight"}
    assert hook.relus == len(set(model.layers()) - outside) + 1


def test_perturbations():
    gates = mixing_gates(SPACE.full())
    disabled, isolated = perturb(gates, 2, 3), perturb(gates, 2, 3, "isolate")
    assert disabled[2].tolist() == [0.2, 0.2, 0.2, 0, 0.2]
    assert isolated[2].tolist() == [0, 0, 0, 1, 0]
    others = np.arange(len(EDGES)) != 2
    assert (disabled[others] == gates[others]).all()
    assert (isolated[others] == gates[others]).all()
    assert (gates == 0.2).all()


def test_gates_of_the_mixture():
    space = SPACE.only((0, 1, 2, 3, 4, 0))
    space[0, 1] = True
    assert mixing_gates(space)[0].tolist() == [0.5, 0.5, 0, 0, 0]
    assert (mixing_gates(space, "sum") == space).all()
    assert (path_gates(np.array((0, 1, 2, 3, 4, 0)), len(OPERATIONS)) == SPACE.only((0, 1, 2, 3, 4, 0))).all()


def test_unknown_words_are_named():
    with pytest.raises(FsnasError, match="mixing is 'max', expected 'mean' or 'sum'"):
        mixing_gates(SPACE.full(), "max")
    with pytest.raises(FsnasError, match="perturbation is 'remove', expected 'disable' or 'isolate'"):
        perturb(mixing_gates(SPACE.full()), 0, 0, "remove")


@pytest.mark.parametrize("seed", range(6))
def test_what_cannot_matter_changes_no_output(seed):
    rng = np.random.default_rng(seed)
    gates = random_gates(rng, random_space(rng) & (rng.random((6, 5)) < 0.5))
    network, images = random_network(seed, dtype=torch.float64), random_batch(seed, dtype=torch.float64).images
    whole, live = (network(images, ForwardContext(g)) for g in (gates, SPACE.active_gates(gates)))
    assert_close(live, whole, 1e-10, "logits")


# Weights of a parent


def weights(network: Supernet) -> dict[str, Tensor]:
    """A copy, so that a later change of the network is seen."""
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def assert_same_weights(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor), name


@pytest.mark.parametrize("seed", range(4))
def test_a_child_gets_exactly_the_weights_of_its_parent(seed):
    rng = np.random.default_rng(seed)
    space = random_space(rng)
    parent, child = random_network(seed, space | random_space(rng)), random_network(seed + 9, space)
    before, own = weights(parent), weights(child)
    inherit(child, parent)
    assert_same_weights(weights(child), {name: before[name] for name in own})
    assert len(own) < len(before) and not torch.equal(own["stem.weight"], before["stem.weight"])
    assert (child.sub_space == space).all()
    assert_same_weights(weights(parent), before)


def test_an_heir_shares_no_memory_with_its_parent():
    parent, child = random_network(1), random_network(2, SPACE.restrict(SPACE.full(), 0, [1, 3]))
    inherit(child, parent)
    before = weights(parent)
    with torch.no_grad():
        for parameter in child.parameters():
            parameter.add_(1.0)
    assert_same_weights(weights(parent), before)
    assert not any(torch.equal(tensor, before[name]) for name, tensor in child.state_dict().items())


SMALLER = SPACE.restrict(SPACE.full(), 1, [0, 1, 2])
PARENTS = {
    "a smaller space": ({"space": SMALLER}, "stages.0.0.weights.2<-0:nor_conv_3x3", "[2, 2, 3, 3]", "none"),
    "fewer cells": ({"cells": 1}, "stages.0.1.weights.1<-0:nor_conv_1x1", "[2, 2, 1, 1]", "none"),
    "more channels": ({"channels": 4}, "stem.weight", "[2, 1, 3, 3]", "[4, 1, 3, 3]"),
    "fewer classes": ({"classes": 3}, "classifier.weight", "[4, 8]", "[3, 8]"),
}


@pytest.mark.parametrize(("changes", "weight", "expected", "found"), PARENTS.values(), ids=PARENTS)
def test_a_parent_that_does_not_fit_is_an_error_and_the_child_stays_as_it_was(changes, weight, expected, found):
    child = random_network(2, cells=2)
    parent = random_network(1, **{"cells": 2} | changes)
    before = weights(child)
    advice = "the parent must be a supernet of the same size whose space holds that of its child"
    message = f"cannot take over the weight {weight}: expected the shape {expected}, found {found}; {advice}"
    with pytest.raises(FsnasError, match=f"^{re.escape(message)}$"):
        inherit(child, parent)
    assert_same_weights(weights(child), before)
