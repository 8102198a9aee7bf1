"""Proxies as their authors write them, for any `nn.Module`: they run on a supernet as plain modules."""

import functools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from fsnas.errors import FsnasError
from fsnas.lineage.dependencies import check_users_code
from fsnas.metrics import load, metric, metric_spec, path_of
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates, path_gates
from fsnas.networks.modules import as_module
from fsnas.networks.supernet import GatedSupernet
from tests.reference.plain import plain_network
from tests.support.config import ROOT
from tests.support.problems import draw_crops, random_batch, random_network, random_problem
from tests.support.space import OPERATIONS, SPACE
from tests.support.users import folders_of_metrics, write

declared = functools.partial(metric, direction="higher", paper="ours", equation="S")


@pytest.mark.parametrize("perturbation", ["disable", "isolate"])
@pytest.mark.parametrize("seed", range(4))
def test_a_supernet_as_modules_gives_the_same_logits(seed, perturbation):
    problem = random_problem(seed, perturbation, torch.float64)
    for model in problem.models:
        net, images = as_module(model), problem.batch.images
        torch.testing.assert_close(net(images), model(images), rtol=1e-10, atol=1e-12)
        torch.testing.assert_close(net(images), plain_network(model)(images), rtol=1e-10, atol=1e-12)
        convolutions = [m.weight for m in net.modules() if isinstance(m, nn.Conv2d)]
        assert {id(p) for p in [*convolutions, net.classifier.weight]} == {id(p) for p in model.layers().values()}


def test_odd_sides_are_rounded_as_in_the_supernet():
    model = GatedSupernet(random_network(1, dtype=torch.float64), mixing_gates(SPACE.full()))
    images = random_batch(1, pixels=11, dtype=torch.float64).images
    torch.testing.assert_close(as_module(model)(images), model(images), rtol=1e-10, atol=1e-12)


def test_to_make_modules_draws_nothing():
    state = torch.get_rng_state()
    as_module(GatedSupernet(random_network(1), mixing_gates(SPACE.full())))
    assert torch.equal(torch.get_rng_state(), state)


def zero_cost_nas(net, inputs, targets, loss_fn, of):
    """The loop of Abdelfattah et al. 2021 over the layers of a network, for what is summed over weights."""
    net.zero_grad()
    loss_fn(net(inputs), targets).backward()
    found = [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear)) and m.weight.grad is not None]
    return sum(of(m.weight) for m in found)


@pytest.mark.parametrize(
    ("name", "of"), [("snip", lambda w: (w * w.grad).abs().sum()), ("gradnorm", lambda w: w.grad.norm())]
)
def test_a_published_loop_over_modules_gives_the_value_of_ours(name, of):
    ported = declared()(
        lambda model, batch: zero_cost_nas(as_module(model), batch.images, batch.labels, F.cross_entropy, of)
    )
    problem = random_problem(5, "disable", torch.float64)
    for model in problem.models:
        found, expected = ported(model, problem.batch), load(name)(model, problem.batch)
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-13)


def test_hooks_on_relus_see_their_inputs():
    """NASWOT by forward hooks, as it is published; an operation that cannot matter has no module."""

    @declared()
    def hooked(model, batch):
        net, kernels = as_module(model), []

        def hook(module, given, output):
            code = (given[0] > 0).flatten(1).double()
            kernels.append(code @ code.T + (1 - code) @ (1 - code).T)

        for module in net.modules():
            if isinstance(module, nn.ReLU):
                module.register_forward_hook(hook)
        net(batch.images)
        return np.linalg.slogdet(sum(kernels).numpy())[1]

    model, batch = GatedSupernet(random_network(2), mixing_gates(SPACE.full())), random_batch(2)
    assert hooked(model, batch) == pytest.approx(load("naswot")(model, batch), rel=1e-10)


def zico_as_documented(folder):
    """The file that CONTRIBUTING.md shows."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    code = text.partition("`my_metrics/zico.py`:\n\n")[2].partition("\n**What it imports")[0]
    return write(folder, {"zico.py": "\n".join(line[4:] for line in code.splitlines()) + "\n"})


def slow_zico(model, batch, batches):
    """The same on the plain network, a weight at a time."""
    plain, parts = plain_network(model), np.array_split(np.arange(len(batch.images)), batches)
    weights, value = plain.layers(), 0.0
    grads = []
    for part in parts:
        loss = F.cross_entropy(plain(batch.images[part]), batch.labels[part])
        grads.append(torch.autograd.grad(loss, list(weights.values()), allow_unused=True))
    for of_layer in zip(*grads, strict=True):
        if of_layer[0] is None:
            continue
        total = 0.0
        for values in zip(*(grad.flatten().tolist() for grad in of_layer), strict=True):
            deviation = np.std(values)
            if deviation > 0:
                total += np.mean(np.abs(values)) / deviation
        value += math.log(total) if total else 0.0
    return value


def test_a_metric_of_several_batches_equals_its_slow_twin(tmp_path):
    """A quotient of small numbers loses digits."""
    problem = random_problem(2, "disable", torch.float64)
    with folders_of_metrics(zico_as_documented(tmp_path)):
        check_users_code(path_of("zico"))
        assert metric_spec("zico").options == {"batches": 2}
        for model, batches in zip(problem.models, (2, 3, 4, 2, 3), strict=True):
            found = load("zico")(model, problem.batch, batches=batches)
            assert found == pytest.approx(slow_zico(model, problem.batch, batches), rel=1e-8)
        nothing = GatedSupernet(random_network(2), path_gates(np.zeros(6, dtype=int), len(OPERATIONS)))
        assert math.isfinite(load("zico")(nothing, random_batch(2))), "an architecture of `none` only"


def test_a_batch_is_split_in_order_into_parts_of_nearly_equal_size():
    batch = random_batch(1, size=7)
    parts = batch.split(3)
    assert [len(part.images) for part in parts] == [3, 2, 2] == [len(part.labels) for part in parts]
    assert torch.equal(torch.cat([part.images for part in parts]), batch.images)
    assert torch.equal(torch.cat([part.labels for part in parts]), batch.labels)
    assert len({batch.seed, *(part.seed for part in parts)}) == 4
    assert [part.seed for part in parts] == [part.seed for part in batch.split(3)]
    assert not torch.equal(parts[0].crops(9), parts[1].crops(9))
    assert len(batch.split(1)[0].images) == 7 == len(batch.split(7))


@pytest.mark.parametrize("parts", [0, 8, -1])
def test_more_parts_than_images_are_refused(parts):
    batch = ScoringBatch(torch.zeros(7, 1, 2, 2), torch.zeros(7, dtype=torch.int64), 1, draw_crops)
    with pytest.raises(FsnasError, match=rf"batch\.split: found {parts} parts, expected 1 to 7, .*method\.batch_size"):
        batch.split(parts)
