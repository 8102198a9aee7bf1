import re

import numpy as np
import pytest
import torch
from torch import Tensor

import tests.reference.shared_weights as reference
from fsnas.errors import FsnasError
from fsnas.networks import stacks
from fsnas.networks.gates import path_gates
from fsnas.networks.shared_weights import different_networks, evaluate_architectures, evaluate_in_leaves
from fsnas.networks.supernet import Supernet
from fsnas.spaces import architectures
from tests.support.problems import random_batch, random_network, random_space
from tests.support.space import EDGES, OPERATIONS, SPACE

TOLERANCES = [(torch.float32, 1e-5), (torch.float64, 1e-10)]
ALL = np.array(list(architectures(SPACE.full())))
NOTHING = (0, 0, 0, 0, 0, 0)


def random_architectures(rng: np.random.Generator, space: np.ndarray, count: int) -> np.ndarray:
    """Drawn with replacement, so that some are there twice."""
    return np.stack([rng.choice(np.flatnonzero(row), count) for row in space], axis=1)


def random_batches(seed: int, dtype: torch.dtype = torch.float32, **how) -> list[tuple[Tensor, Tensor]]:
    """Of different sizes, so that a mean of means is found."""
    drawn = [random_batch(seed + i, size=size, dtype=dtype, **how) for i, size in enumerate((6, 9))]
    return [(batch.images, batch.labels) for batch in drawn]


def assert_equal_values(found: tuple[np.ndarray, np.ndarray], expected: list[tuple[float, float]], tolerance: float):
    loss, accuracy = np.array(expected).T
    assert [values.dtype for values in found] == [np.float64] * 2
    np.testing.assert_allclose(found[0], loss, rtol=tolerance, atol=0)
    np.testing.assert_allclose(found[1], accuracy, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize("cells", [1, 2])
@pytest.mark.parametrize(("seed", "pixels"), enumerate([8, 8, 8, 8, 8, (30, 50), (9, 8), (11, 14)]), ids=str)
def test_architectures_equal_plain_networks_with_copied_weights(seed, pixels, cells, dtype, tolerance):
    rng = np.random.default_rng(seed)
    space = random_space(rng)
    network = random_network(seed, space, dtype, channels=3, cells=cells, in_channels=2)
    chosen, batches = random_architectures(rng, space, 12), random_batches(seed, dtype, in_channels=2, pixels=pixels)
    expected = [reference.evaluate_architecture(network, tuple(a), batches) for a in chosen.tolist()]
    assert_equal_values(evaluate_architectures(network, chosen, batches), expected, tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
def test_every_operation_on_every_edge_equals_the_plain_one(dtype, tolerance):
    """Convolutions around it, so that all of them matter."""
    network, batches = random_network(3, dtype=dtype), random_batches(3, dtype)
    chosen = np.full((len(EDGES) * len(OPERATIONS), len(EDGES)), OPERATIONS.index("nor_conv_3x3"))
    for row, (edge, operation) in enumerate(np.ndindex(len(EDGES), len(OPERATIONS))):
        chosen[row, edge] = operation
    expected = [reference.evaluate_architecture(network, tuple(a), batches) for a in chosen.tolist()]
    assert_equal_values(evaluate_architectures(network, chosen, batches), expected, tolerance)


def leaves(dtype: torch.dtype) -> dict[str, Supernet]:
    """Three leaves of a tree, each with weights of its own."""
    left, right = SPACE.restrict(SPACE.full(), 4, [0, 3]), SPACE.restrict(SPACE.full(), 4, [1, 2, 4])
    spaces = {"0": left, "10": SPACE.restrict(right, 1, [0, 1, 2]), "11": SPACE.restrict(right, 1, [3, 4])}
    return {path: random_network(seed, space, dtype) for seed, (path, space) in enumerate(spaces.items())}


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize("seed", range(3))
def test_in_leaves_each_architecture_has_the_weights_of_its_leaf(seed, dtype, tolerance):
    networks, batches = leaves(dtype), random_batches(seed, dtype)
    chosen = random_architectures(np.random.default_rng(seed), SPACE.full(), 20)
    expected = [reference.evaluate_in_leaves(networks, tuple(a), batches) for a in chosen.tolist()]
    assert_equal_values(evaluate_in_leaves(networks, chosen, batches), expected, tolerance)


def test_neither_the_stack_nor_the_others_change_a_value():
    rng = np.random.default_rng(0)
    network, batches = random_network(0), random_batches(0)
    chosen = random_architectures(rng, SPACE.full(), 60)
    loss, accuracy = evaluate_architectures(network, chosen, batches)
    assert len(np.unique(loss)) > 40
    for together in (1, 2, 7, 1000):
        order = rng.permutation(len(chosen))[:30]
        found = evaluate_architectures(network, chosen[order], batches, together=together)
        np.testing.assert_allclose(found[0], loss[order], rtol=1e-5)
        assert (found[1] == accuracy[order]).all()


def test_float32_is_exact_enough_for_a_real_batch():
    network = random_network(1, channels=4, classes=10, in_channels=3)
    batch = random_batch(1, size=64, classes=10, in_channels=3, pixels=32)
    chosen = random_architectures(np.random.default_rng(1), SPACE.full(), 10)
    single = evaluate_architectures(network, chosen, [(batch.images, batch.labels)])[0]
    double = evaluate_architectures(network.double(), chosen, [(batch.images.double(), batch.labels)])[0]
    np.testing.assert_allclose(single, double, rtol=2e-6)


def test_any_memory_format_of_the_images():
    network, batches = random_network(2, in_channels=3), random_batches(2, in_channels=3)
    last = [(images.contiguous(memory_format=torch.channels_last), labels) for images, labels in batches]
    chosen = random_architectures(np.random.default_rng(2), SPACE.full(), 5)
    for found, expected in zip(*(evaluate_architectures(network, chosen, b) for b in (last, batches)), strict=True):
        assert (found == expected).all()


def test_same_call_same_bits_and_nothing_is_changed():
    network, batches = random_network(4), random_batches(4)
    chosen = random_architectures(np.random.default_rng(4), SPACE.full(), 40)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    copies, state = [images.clone() for images, _ in batches], torch.get_rng_state()
    first, second = (evaluate_architectures(network, chosen, batches, together=8) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(p.grad is None and p.requires_grad for p in network.parameters()) and torch.is_grad_enabled()
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(images, copy) for (images, _), copy in zip(batches, copies, strict=True))


def test_a_disconnected_architecture_has_constant_logits():
    network, (images, labels) = random_network(5), random_batches(5)[0]
    cut_off = (3, 3, 3, 0, 0, 0)  # nothing reaches the output
    loss, accuracy = evaluate_architectures(network, np.array([NOTHING, cut_off]), [(images, labels)])
    expected = reference.evaluate_architecture(network, NOTHING, [(images, labels)])
    assert loss[0] == loss[1] == pytest.approx(expected[0], rel=1e-5)
    assert accuracy[0] == accuracy[1] == expected[1]
    assert accuracy[0] in [(labels == label).double().mean().item() for label in range(4)]


def test_different_networks_are_those_with_other_live_operations():
    networks, of = different_networks(SPACE, ALL)
    assert networks.shape == (9445, 6) and of.shape == (len(ALL),)
    assert [*map(tuple, networks.tolist())] == sorted({*map(tuple, networks.tolist())})
    for architecture, network in zip(ALL[::97], networks[of][::97], strict=True):
        live = SPACE.active_gates(path_gates(architecture, len(OPERATIONS)))
        assert (live == path_gates(network, len(OPERATIONS)) * (network >= 0)[:, None]).all()


def test_every_different_network_is_computed_once_a_batch(monkeypatch):
    logits = stacks._logits
    computed: list[tuple[int, ...]] = []

    def counted(network, x: Tensor, networks: np.ndarray) -> Tensor:
        computed.extend(map(tuple, networks.tolist()))
        return logits(network, x, networks)

    monkeypatch.setattr(stacks, "_logits", counted)
    chosen = np.concatenate([ALL[:300], ALL[200:400]])
    evaluate_architectures(random_network(6), chosen, random_batches(6)[:1], together=7)
    assert computed == [*map(tuple, different_networks(SPACE, chosen)[0].tolist())]
    assert len(computed) < 100


def test_no_architectures_have_no_values():
    batches = random_batches(0)
    empty = np.empty((0, 6), dtype=np.int64)
    for found in (evaluate_architectures(random_network(0), empty, batches), evaluate_in_leaves({}, empty, batches)):
        assert [values.shape for values in found] == [(0,), (0,)]


def test_an_architecture_outside_the_space_is_an_error():
    space = SPACE.restrict(SPACE.full(), 4, [0, 3])
    outside = (1, 1, 1, 1, 2, 1)
    message = (
        f"{re.escape(SPACE.architecture_string(outside))} is not in the space .* edge 3<-1 has nor_conv_1x1, "
        r"expected one of \['none', 'nor_conv_3x3'\]"
    )
    with pytest.raises(FsnasError, match=message):
        evaluate_architectures(random_network(0, space), np.array([NOTHING, outside]), random_batches(0))


def test_an_architecture_in_no_leaf_or_in_two_is_an_error():
    networks, batches = leaves(torch.float32), random_batches(0)
    with pytest.raises(FsnasError, match=r"is in \['0', 'root'\] of the leaves"):
        evaluate_in_leaves(networks | {"root": random_network(0)}, np.array([NOTHING]), batches)
    del networks["0"]
    with pytest.raises(FsnasError, match=r"is in none of the leaves \['10', '11'\]"):
        evaluate_in_leaves(networks, np.array([NOTHING]), batches)


@pytest.mark.parametrize(("how", "message"), [({"together": 0}, "together is 0"), ({"batches": []}, "no batch")])
def test_what_cannot_be_evaluated_is_an_error(how, message):
    with pytest.raises(FsnasError, match=message):
        evaluate_architectures(random_network(0), np.array([NOTHING]), **{"batches": random_batches(0)} | how)
