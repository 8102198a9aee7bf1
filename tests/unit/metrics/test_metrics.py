import dataclasses
import inspect
import math

import numpy as np
import pytest
import torch

from fsnas.errors import ConfigError
from fsnas.metrics import known, load, metric_spec
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates, path_gates, perturb
from fsnas.networks.supernet import GatedSupernet
from tests.reference import metrics as twins
from tests.reference.plain import plain_network
from tests.support.problems import Problem, random_batch, random_network, random_problem
from tests.support.space import OPERATIONS, SPACE

SMALL = {"lr": {"samples": 250, "batch_size": 100}}
SCORES = [name for name in known() if metric_spec(name).kind == "score"]
PERTURBATIONS = ["disable", "isolate"]
FLOAT32 = {"grasp": 1e-4}  # a sum of terms of both signs loses digits


def evaluate(source, name, problem, **options):
    """The value of a metric, or of its twin, on ``problem``: ``[n, n]`` cosines, or ``[n]`` scores."""
    options = SMALL.get(name, {}) | options
    if metric_spec(name).kind == "affinity":
        return np.asarray(source(problem.models, problem.edge, problem.batch, **options))
    return np.array([source(model, problem.batch, **options) for model in problem.models])


def test_every_metric_has_a_twin():
    missing = [name for name in known() if not inspect.isfunction(getattr(twins, name, None))]
    assert not missing, f"write a slow, obvious twin in tests/reference/metrics.py for: {', '.join(missing)}"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("perturbation", PERTURBATIONS)
@pytest.mark.parametrize("name", known())
def test_metric_equals_twin_in_float64(name, perturbation, seed):
    problem = random_problem(seed, perturbation, torch.float64)
    expected = evaluate(getattr(twins, name), name, problem)
    np.testing.assert_allclose(evaluate(load(name), name, problem), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
@pytest.mark.parametrize("name", known())
def test_metric_equals_twin_in_float32(name, perturbation):
    problem = random_problem(11, perturbation)
    expected, found = (evaluate(source, name, problem) for source in (getattr(twins, name), load(name)))
    np.testing.assert_allclose(found, expected, rtol=FLOAT32.get(name, 1e-5))
    assert perturbation != "disable" or np.isfinite(found).all()


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
@pytest.mark.parametrize("name", known())
def test_metric_equals_twin_in_evaluation_mode_where_batch_norm_is_the_identity(name, perturbation):
    for seed, dtype, tolerance in ((4, torch.float64, 1e-10), (11, torch.float32, FLOAT32.get(name, 1e-5))):
        problem = random_problem(seed, perturbation, dtype, "identity")
        expected, found = (evaluate(source, name, problem) for source in (getattr(twins, name), load(name)))
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=1e-13)


def test_batch_norm_decides_the_metrics_that_pass_through_it():
    """All but those of one image or of the space alone (docs/methods.md)."""
    of = {norm: random_problem(4, "disable", torch.float64, norm) for norm in ("batch", "identity")}
    differ = {n for n in known() if not np.array_equal(*(evaluate(load(n), n, problem) for problem in of.values()))}
    assert differ == {*known()} - {"flops", "lr", "params", "random", "synflow"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ntk", {"samples": 4}),
        ("ntk", {"raw": True}),
        ("synflow", {"raw": True}),
        ("grasp", {"temperature": 3.0}),
        ("lr", {"samples": 130, "batch_size": 60}),
        ("lid", {"neighbours": 3}),
    ],
)
def test_options_do_what_the_twin_does(name, options):
    problem = random_problem(5, "disable", torch.float64)
    found = evaluate(load(name), name, problem, **options)
    np.testing.assert_allclose(found, evaluate(getattr(twins, name), name, problem, **options), rtol=1e-10)
    assert not np.array_equal(found, evaluate(load(name), name, problem))


def test_grasp_equals_the_full_hessian():
    network = random_network(3, dtype=torch.float64, channels=1, classes=2)
    model = GatedSupernet(network, path_gates(np.array((2, 1, 0, 0, 0, 4)), len(OPERATIONS)))
    batch = random_batch(3, classes=2, dtype=torch.float64)
    weights, gradient, matrix = twins.hessian(plain_network(model), batch)
    torch.testing.assert_close(matrix, matrix.T)
    expected = -(weights * (matrix @ gradient)).sum().item()
    assert load("grasp")(model, batch) == pytest.approx(expected, rel=1e-10)


def no_input():
    """Isolating `none` on the only edge into node 1: its operations run on zeros, their weights have no gradient."""
    network, gates = random_network(12, dtype=torch.float64), mixing_gates(SPACE.full())
    models = [GatedSupernet(network, perturb(gates, 0, o, "isolate")) for o in (0, 3)]
    return Problem(models, 0, random_batch(12, dtype=torch.float64))


def sides_of_any_length():
    network = random_network(6, dtype=torch.float64)
    models = [GatedSupernet(network, perturb(mixing_gates(SPACE.full()), 3, o)) for o in (1, 3)]
    return Problem(models, 3, random_batch(6, size=4, pixels=(9, 14), dtype=torch.float64))


@pytest.mark.parametrize("problem", [no_input, sides_of_any_length])
@pytest.mark.parametrize("name", known())
def test_metric_equals_twin_on(name, problem):
    expected = evaluate(getattr(twins, name), name, problem())
    np.testing.assert_allclose(evaluate(load(name), name, problem()), expected, rtol=1e-10, atol=1e-13)


def snapshot(network):
    """All that a metric must leave alone, comparable with ``==``."""
    return {
        "weights": {name: (p.dtype, p.detach().numpy().tobytes()) for name, p in network.named_parameters()},
        "buffers": [name for name, _ in network.named_buffers()],
        "flags": [p.requires_grad for p in network.parameters()],
        "grads": [None if p.grad is None else (id(p.grad), p.grad.numpy().tobytes()) for p in network.parameters()],
        "training": [module.training for module in network.modules()],
        "hooks": [len(m._forward_hooks) + len(m._backward_hooks) for m in network.modules()],
        "torch rng": torch.get_rng_state().numpy().tobytes(),
        "numpy rng": np.random.get_state()[1].tobytes(),
        "grad mode": torch.is_grad_enabled(),
        "default dtype": torch.get_default_dtype(),
        "backends": (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32, torch.get_num_threads()),
        "cudnn": (torch.backends.cudnn.enabled, torch.backends.cudnn.benchmark),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }


def mark(network):
    """Give the network grad flags and gradients that differ between its weights."""
    for i, parameter in enumerate(network.parameters()):
        parameter.requires_grad_(i % 3 > 0)
        parameter.grad = torch.full_like(parameter, i) if i % 2 else None


@pytest.mark.parametrize("grad_mode", [True, False])
@pytest.mark.parametrize("name", known())
def test_metric_leaves_everything_as_it_was(name, grad_mode):
    problem = random_problem(7, "disable")
    network, batch = problem.models[0].network, problem.batch
    mark(network)
    images, labels = batch.images.clone(), batch.labels.clone()
    with torch.set_grad_enabled(grad_mode):
        before = snapshot(network)
        evaluate(load(name), name, problem)
        assert snapshot(network) == before
    assert torch.equal(images, batch.images)
    assert torch.equal(labels, batch.labels)
    assert not batch.images.requires_grad


@pytest.mark.parametrize("name", known())
def test_declaration_agrees_with_the_function(name):
    said, signature = metric_spec(name), inspect.signature(load(name))
    keyword_only = [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert said.options == {p.name: p.default for p in keyword_only}
    assert said.direction in ("higher", "lower", "none")
    assert said.paper
    assert said.equation
    positional = [p.name for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == (["models", "edge", "batch"] if said.kind == "affinity" else ["model", "batch"])


def test_unknown_metric_lists_the_known_ones_and_the_nearest():
    with pytest.raises(ConfigError, match=r"no metric 'snipp' \(did you mean 'snip'\?\)\. Known metrics: fisher, "):
        load("snipp")
    with pytest.raises(ConfigError, match="no metric 'qqq'.*fisher, flops, gm.*synflow"):
        metric_spec("qqq")


@pytest.mark.parametrize("name", SCORES)
def test_score_is_a_float_and_two_batches_are_two_scores(name):
    problem = random_problem(9, "disable")
    values = [load(name)(problem.models[1], batch, **SMALL.get(name, {})) for batch in (problem.batch, random_batch(1))]
    assert all(type(value) is float for value in values)
    same = name in ("params", "flops", "synflow")
    assert (values[0] == values[1]) is same


def test_crops_are_drawn_once_for_a_repetition():
    calls = []

    def draw(samples, seed):
        calls.append((samples, seed))
        return torch.zeros(samples, 1, 3, 3)

    batches = [ScoringBatch(torch.zeros(2, 1, 8, 8), torch.zeros(2, dtype=torch.int64), seed, draw) for seed in (1, 2)]
    for batch in batches:
        first = batch.crops(5)
        first.add_(1)  # what a metric does with them is its own
        assert torch.equal(batch.crops(5), torch.zeros(5, 1, 3, 3))
    assert calls == [(5, 1), (5, 2)]


def test_lr_sees_the_space_and_not_the_weights():
    batch = random_batch(1)
    a, b = (GatedSupernet(random_network(s), mixing_gates(SPACE.full())) for s in (1, 2))
    assert load("lr")(a, batch) == load("lr")(b, batch)


def dead_model():
    """The last BatchNorm keeps every unit of the last ReLU off: no gradient reaches a weight before it."""
    network = random_network(1)
    with torch.no_grad():
        network.last_bn.weight.zero_()
        network.last_bn.bias.fill_(-1.0)
    return GatedSupernet(network, mixing_gates(SPACE.full()))


@pytest.mark.parametrize("name", ["jacobcov", "ntk", "gm"])
def test_without_gradient_the_value_is_not_finite(name):
    model, batch = dead_model(), random_batch(1)
    value = load(name)([model, model], 0, batch) if name == "gm" else load(name)(model, batch)
    assert not np.isfinite(np.asarray(value)).any()


def test_synflow_without_flow_is_minus_infinity():
    network = random_network(1)
    with torch.no_grad():
        network.classifier.weight.zero_()
    assert load("synflow")(GatedSupernet(network, mixing_gates(SPACE.full())), random_batch(1)) == -math.inf


def test_repeated_image_makes_naswot_singular():
    problem = random_problem(2, "disable")
    images = problem.batch.images[[0, 0, 1, 2]]
    batch = dataclasses.replace(problem.batch, images=images, labels=problem.batch.labels[:4])
    assert load("naswot")(problem.models[0], batch) < -20 or math.isinf(load("naswot")(problem.models[0], batch))
