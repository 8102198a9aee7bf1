"""NAS-Bench-Macro's network, all metrics on it and shared weights against the network of its authors."""

import numpy as np
import pytest
import torch

from fsnas.metrics import known, load, metric_spec
from fsnas.networks.gates import mixing_gates, path_gates
from fsnas.networks.modules import as_module
from fsnas.networks.shared_weights import different_networks, evaluate_architectures
from fsnas.networks.supernet import GatedSupernet
from fsnas.spaces import load as load_space
from tests.reference import metrics as twins
from tests.reference import shared_weights as reference
from tests.reference.plain import plain_network
from tests.support.problems import random_batch, random_gates, random_network, random_problem, random_space
from tests.unit.metrics.test_metrics import evaluate
from tests.unit.networks.test_shared_weights import assert_equal_values, random_batches
from tests.unit.networks.test_supernet import TOLERANCES, assert_same_network, same_side_of_relus

MACRO = load_space("nas-bench-macro")
METRICS = [name for name in known() if name != "lr"]
FLOAT32 = {"grasp": (1e-3, 0), "gm": (1e-5, 1e-6)}  # a sum that cancels in 26 layers; cosines near zero
CASES = [("disable", "batch", "float64"), ("isolate", "identity", "float64"), ("isolate", "batch", "float32")]


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize(("seed", "pixels"), [(0, (8, 8)), (1, (8, 8)), (2, (32, 32)), (3, (13, 18)), (4, (9, 2))])
def test_the_network_equals_that_of_its_authors(seed, pixels, dtype, tolerance):
    """In outputs and gradients; on a sub-space of its own, any operation may be closed."""
    rng = np.random.default_rng(seed)
    space = random_space(rng, MACRO)
    gates = random_gates(rng, space) if seed % 2 else mixing_gates(space)
    model = GatedSupernet(random_network(seed, space, of=MACRO, in_channels=3), gates)
    images = next(
        images
        for draw in range(10)
        if same_side_of_relus(model, images := random_batch(10 * seed + draw, in_channels=3, pixels=pixels).images)
    )
    model = GatedSupernet(model.network.to(dtype), gates)
    assert_same_network(model, plain_network(model), images.to(dtype), tolerance)
    torch.testing.assert_close(as_module(model)(images.to(dtype)), model(images.to(dtype)), rtol=0, atol=10 * tolerance)


@pytest.mark.parametrize("case", CASES, ids=" ".join)
@pytest.mark.parametrize("name", METRICS)
def test_metrics_equal_their_twins(name, case):
    perturbation, norm, dtype = case
    problem = random_problem(3, perturbation, getattr(torch, dtype), norm, MACRO, pixels=16)
    expected, found = (evaluate(source, name, problem) for source in (getattr(twins, name), load(name)))
    rtol, atol = FLOAT32.get(name, (1e-5, 0)) if dtype == "float32" else (1e-10, 1e-13)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
def test_shared_weights_equal_networks_of_their_own(dtype, tolerance):
    network, batches = random_network(1, dtype=dtype, of=MACRO), random_batches(1, dtype)
    chosen = np.random.default_rng(1).integers(3, size=(20, 8))
    expected = [reference.evaluate_architecture(network, tuple(each), batches) for each in chosen.tolist()]
    assert_equal_values(evaluate_architectures(network, chosen, batches), expected, tolerance)


def test_all_architectures_are_networks_of_their_own_and_share_their_first_layers(monkeypatch):
    network, layers = random_network(2, of=MACRO), []
    monkeypatch.setattr(type(network), "_layer", lambda self, edge, x, context: layers.append(edge) or x)
    monkeypatch.setattr(type(network), "_end", lambda self, x, context: torch.zeros(len(x), 4))
    every = MACRO.indices(MACRO.strings())
    assert len(different_networks(MACRO, every)[0]) == 6561
    evaluate_architectures(network, every, random_batches(2)[:1])
    assert [layers.count(edge) for edge in range(8)] == [3**edge for edge in range(1, 9)]


def test_behind_a_closed_layer_nothing_matters():
    gates = mixing_gates(MACRO.full())
    assert (MACRO.active_gates(gates) == gates).all()
    gates[3] = 0
    assert not MACRO.active_gates(gates).any()
    model, batch = GatedSupernet(random_network(5, of=MACRO), gates), random_batch(5)
    assert (model(batch.images).var(dim=0) == 0).all() and model(batch.images).shape == (6, 4)
    scores = {name: evaluate(load(name), name, random_problem(5, "disable", of=MACRO)) for name in ("snip", "naswot")}
    assert all(len({*values}) > 1 for values in scores.values())


def test_every_metric_of_a_single_architecture_is_a_number():
    for name in (name for name in METRICS if metric_spec(name).kind == "score"):
        for architecture in (MACRO.parse(string) for string in ("00000000", "00210201", "22222222")):
            network = random_network(3, MACRO.only(architecture), of=MACRO)
            assert np.isfinite(load(name)(GatedSupernet(network, path_gates(architecture, 3)), random_batch(3))), name
