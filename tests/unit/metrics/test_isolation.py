"""Whatever a metric does to what it is given, and to the process, the next evaluation sees what this one saw."""

import functools
import math
import os
import random
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from fsnas.errors import FsnasError
from fsnas.metrics import load, metric
from fsnas.metrics._isolation import own_copy
from fsnas.metrics._toolkit import gradients, loss_of
from fsnas.networks.gates import mixing_gates
from fsnas.networks.supernet import GatedSupernet
from fsnas.splitting.scoring import score_node
from tests.support.problems import random_batch, random_network, random_problem
from tests.support.space import SPACE
from tests.unit.metrics.test_metrics import mark, snapshot

declared = functools.partial(metric, direction="higher", paper="ours", equation="S")


def weights_in_place(model, batch):
    with torch.no_grad():
        for weight in model.layers().values():
            weight.mul_(0.9)


def weights_by_data(model, batch):
    for weight in model.network.parameters():
        weight.data.mul_(0.9)


def weights_by_numpy(model, batch):
    for weight in model.network.parameters():
        weight.detach().numpy()[...] = 1


def other_data(model, batch):
    for weight in model.network.parameters():
        weight.data = torch.ones_like(weight)


def other_parameters(model, batch):
    model.network.stem.weight = nn.Parameter(torch.ones_like(model.network.stem.weight))
    model.network.named["stem.weight"] = model.network.stem.weight


def another_type(model, batch):
    model.network.double()


def hooks(model, batch):
    for module in model.network.modules():
        module.register_forward_hook(lambda module, given, output: output * 0)
        module.register_full_backward_hook(lambda module, given, output: None)
    for weight in model.network.parameters():
        weight.register_hook(torch.zeros_like)


def methods(model, batch):
    model.network.classifier.forward = lambda x: x[:, :4] * 0
    model.network.last_bn.__class__ = nn.Identity


def no_gradients(model, batch):
    model.network.requires_grad_(False)
    torch.set_grad_enabled(False)


def gradients_left(model, batch):
    loss_of(model, batch).backward()
    model.network.eval()


def images_and_labels(model, batch):
    batch.images.add_(1.0).requires_grad_()
    batch.labels.zero_()


def gates_and_space(model, batch):
    model.gates[...] = 0
    model.active[...] = 0
    model.network.sub_space[...] = False
    model.network.dimensions["channels"] = 7


def crops(model, batch):
    batch.crops(5).zero_()


def generators(model, batch):
    torch.rand(3), np.random.rand(3), np.random.normal(), random.random()
    torch.manual_seed(3), np.random.seed(3), random.seed(3)


def settings(model, batch):
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(2)
    torch.set_float32_matmul_precision("medium")
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.deterministic = True
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    torch.autograd.set_detect_anomaly(True)
    np.seterr(all="raise")
    os.chdir("/")


CORRUPTIONS = [
    *(weights_in_place, weights_by_data, weights_by_numpy, other_data, other_parameters, another_type, hooks, methods),
    *(no_gradients, gradients_left, images_and_labels, gates_and_space, crops, generators, settings),
]


def world(network, batch):
    """All that a metric must leave alone."""
    return {
        **snapshot(network),
        "generators": (random.getstate(), [str(part) for part in np.random.get_state()]),
        "images": (batch.images.numpy().tobytes(), batch.images.requires_grad, batch.labels.tolist()),
        "space": (network.sub_space.tolist(), network.dimensions, type(network.last_bn)),
        "places": (os.getcwd(), np.geterr(), torch.is_anomaly_enabled(), torch.get_float32_matmul_precision()),
        "tensor hooks": [p._backward_hooks for p in network.parameters()],
    }


@pytest.mark.parametrize("fails", [False, True], ids=["returns", "raises"])
@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda corrupt: corrupt.__name__)
def test_no_metric_changes_what_others_see(corrupt, fails):
    def plain(model, batch):
        corrupt(model, batch)
        return 1 / 0 if fails else 1.0

    problem, network = random_problem(3, "disable"), random_problem(3, "disable").models[0].network
    model, batch = GatedSupernet(network, problem.models[1].gates), problem.batch
    mark(network)
    np.random.normal()  # numpy keeps the second one of a pair
    snip, crops_before = load("snip")(model, batch), batch.crops(5)
    before, gates = world(network, batch), model.gates.copy()
    if fails:
        with pytest.raises(ZeroDivisionError):
            declared()(plain)(model, batch)
    else:
        assert declared()(plain)(model, batch) == 1.0
    assert world(network, batch) == before
    assert (model.gates == gates).all() and (model.active != 0).any() and torch.equal(batch.crops(5), crops_before)
    assert load("snip")(model, batch) == snip


def test_scores_do_not_depend_on_what_was_scored_before(monkeypatch):
    """Nor does an affinity: each operation's supernet has the weights that it was trained with."""

    @declared()
    def shrinks(model, batch):
        weights_by_data(model, batch)
        return gradients(loss_of(model, batch), model.layers())["stem.weight"].norm()

    network, batches = random_network(4), [random_batch(seed) for seed in (1, 2)]
    edge_less = SPACE.full()
    edge_less[1:, 0] = False
    monkeypatch.setattr("fsnas.splitting.scoring.load", lambda name: shrinks)
    whole = score_node(network, edge_less, "snip", batches).scores
    again = score_node(network, edge_less, "snip", batches[::-1]).scores[::-1]
    np.testing.assert_array_equal(whole, again)


DRAWS = {
    "torch": lambda: torch.rand(1).item(),
    "numpy": lambda: np.random.rand(),
    "random": lambda: random.random(),
    "numpy's normal": lambda: np.random.normal(),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_a_metric_draws_follows_from_the_seed_of_the_repetition(draw):
    drawn = declared()(lambda model, batch: draw())
    model = GatedSupernet(random_network(1), mixing_gates(SPACE.full()))
    first, other = drawn(model, random_batch(1)), drawn(model, random_batch(2))
    draw()
    assert drawn(model, random_batch(1)) == first != other


def test_synflow_in_place_as_its_authors_write_it():
    """All weights made positive, one backward pass, and the signs put back, or not."""

    @declared()
    def ported(model, batch, *, put_back=True):
        network = model.network.double()
        signs = {name: torch.sign(p) for name, p in network.state_dict().items()}
        with torch.no_grad():
            for p in network.state_dict().values():
                p.abs_()
        ones = torch.ones_like(batch.images[:1], dtype=torch.float64)
        model(ones, batch_norm="none").sum().backward()
        value = sum((p * p.grad).abs().sum() for p in model.layers().values() if p.grad is not None)
        if put_back:
            with torch.no_grad():
                for name, p in network.state_dict().items():
                    p.mul_(signs[name])
        return value.log()

    for seed, put_back in ((1, True), (2, False)):
        problem = random_problem(seed, "disable")
        for model in problem.models:
            expected = load("synflow")(model, problem.batch)
            assert ported(model, problem.batch, put_back=put_back) == pytest.approx(expected, rel=1e-12)


def test_a_copy_has_the_same_bits_and_nothing_in_common():
    network = random_network(3)
    network.register_buffer("seen", torch.ones(2))
    copy = own_copy(network)
    assert list(copy.state_dict()) == list(network.state_dict())
    for (name, p), (_, q) in zip(network.state_dict().items(), copy.state_dict().items(), strict=True):
        assert torch.equal(p, q) and p.data_ptr() != q.data_ptr(), name
    assert all(copy.named[name] is p for name, p in copy.named_parameters())
    assert not {id(m) for m in network.modules()} & {id(m) for m in copy.modules()}
    assert [type(m) for m in network.modules()] == [type(m) for m in copy.modules()]


VALUES = {
    "a float": (2, 2.0),
    "a numpy number": (np.float32(2), 2.0),
    "a tensor": (torch.tensor([2.0], requires_grad=True), 2.0),
    "an infinite one": (-math.inf, -math.inf),
    "a number too large": (-(10**400), -math.inf),
    "an array": (np.array([[2]]), 2.0),
}


@pytest.mark.parametrize(("value", "expected"), VALUES.values(), ids=VALUES)
def test_a_score_is_a_float(value, expected):
    model = GatedSupernet(random_network(1), mixing_gates(SPACE.full()))
    found = declared()(lambda model, batch: value)(model, random_batch(1))
    assert type(found) is float and found == expected


WRONG = {
    "None": (None, "returned None, expected one number; return a float"),
    "a text": ("1.5", r"returned '1\.5' \(str\), expected one number"),
    "two numbers": (torch.zeros(2), r"returned a Tensor of shape \[2\] and type torch\.float32, expected one number"),
    "a complex number": (1j, r"returned 1j \(complex\), expected one number"),
    "a complex tensor": (
        torch.tensor(1j),
        r"returned a Tensor of shape \[\] and type torch\.complex64, expected one number",
    ),
    "a list": ([1.0], r"returned \[1\.0\] \(list\), expected one number"),
    "a generator": ((x for x in "a"), r"returned <generator .* \(generator\), expected one number"),
}


@pytest.mark.parametrize(("value", "said"), WRONG.values(), ids=WRONG)
def test_what_is_no_score_is_named_with_file_and_line(value, said):
    def plain(model, batch):
        return value

    model = GatedSupernet(random_network(1), mixing_gates(SPACE.full()))
    place = rf"test_isolation\.py, line {plain.__code__.co_firstlineno}: plain\(\)"
    with pytest.raises(FsnasError, match=f"{place} {said}"):
        declared()(plain)(model, random_batch(1))


ASKEW = np.eye(5)
ASKEW[0, 1] = np.nan
MATRICES = {
    "None": (None, r"returned None, expected affinities: a matrix of numbers with the shape \[5, 5\]"),
    "a number": (1.0, r"returned 1\.0 \(float\), expected affinities"),
    "another shape": (np.zeros((5, 4)), r"returned a ndarray of shape \[5, 4\] and type float64, expected affinities"),
    "texts": ([["a"] * 5] * 5, r"expected affinities"),
    "ragged": ([[1.0], [1.0, 2.0]], r"expected affinities"),
    "not symmetric": (np.arange(25.0).reshape(5, 5), r"is not symmetric, expected A\[i, j\] == A\[j, i\]"),
    "NaN on one side": (ASKEW, r"is not symmetric"),
}


@pytest.mark.parametrize(("value", "said"), MATRICES.values(), ids=MATRICES)
def test_what_is_no_affinity_is_named(value, said):
    problem = random_problem(1, "disable")
    plain = declared(kind="affinity")(lambda models, edge, batch: value)
    with pytest.raises(FsnasError, match=rf"test_isolation\.py, line \d+: <lambda>\(\) .*{said}"):
        plain(problem.models, problem.edge, problem.batch)


def test_an_affinity_may_have_a_gradient_and_be_a_list():
    problem, network = random_problem(1, "disable"), random_network(4)
    for value in (torch.eye(5, requires_grad=True), np.eye(5).tolist()):
        plain = declared(kind="affinity")(lambda models, edge, batch, value=value: value)
        assert np.array_equal(np.asarray(plain(problem.models, problem.edge, problem.batch)), np.eye(5))
    assert network is not problem.models[0].network


def test_a_metric_that_leaves_the_process_raises():
    def plain(model, batch):
        raise SystemExit(3)

    model = GatedSupernet(random_network(1), mixing_gates(SPACE.full()))
    with pytest.raises(
        RuntimeError, match=r"plain\(\) called sys\.exit\(3\), expected that it returns a value"
    ) as caught:
        declared()(plain)(model, random_batch(1))
    assert any(entry.name == "plain" for entry in caught.traceback)


def test_options_may_have_any_name():
    model = GatedSupernet(random_network(1), mixing_gates(SPACE.full()))
    plain = declared()(lambda model, batch, *, function=1, kind=2, seed=3: function + kind + seed)
    assert plain(model, random_batch(1), function=2, kind=3, seed=4) == 9.0


def test_nothing_warns():
    model = GatedSupernet(random_network(1), mixing_gates(SPACE.full()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        declared()(lambda model, batch: 1.0)(model, random_batch(1))
