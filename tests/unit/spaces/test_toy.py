"""The search space that docs/spaces.md builds: another shape than NAS-Bench-201's, against networks built by hand."""

import copy
import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from fsnas.errors import ConfigError, FsnasError, OutsideSpaceError
from fsnas.metrics import known, load, metric_spec
from fsnas.networks.gates import mixing_gates, path_gates, perturb
from fsnas.networks.shared_weights import evaluate_architectures
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.splitting.scoring import score_node
from tests.reference import metrics as twins
from tests.support.problems import random_batch
from tests.support.space import SPACE
from tests.support.toy import toy_space
from workflow_scripts._config import check, proxy_metrics
from workflow_scripts._defaults import completed

SKIP, POOL, CONV = range(3)
OF = {"classes": 4, "in_channels": 1}
METRICS = [name for name in known() if name != "lr"]
ARCHITECTURES = list(itertools.product(range(3), repeat=2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("toy")


@pytest.fixture(scope="module")
def space(folder):
    with toy_space(folder) as toy:
        yield toy


def supernet(space, mask=None, dtype=torch.float64, seed=1) -> Supernet:
    return space.network(mask, {"channels": 3}, **OF, seed=seed).to(dtype)


class Plain(nn.Module):
    """The network under ``gates`` of plain modules, one for every operation that has a gate."""

    def __init__(self, network: Supernet, gates: np.ndarray) -> None:
        super().__init__()
        self.gates, dtype = gates, network.named["stem.weight"].dtype
        self.stem = nn.Conv2d(1, 3, 3, padding=1, bias=False).to(dtype)
        self.bn = nn.BatchNorm2d(3, affine=False, track_running_stats=False)
        self.relu, self.operations = nn.ReLU(), nn.ModuleDict()
        for edge, name in enumerate(network.space.edges):
            modules = {SKIP: nn.Identity(), POOL: nn.AvgPool2d(3, 1, 1)}
            modules[CONV] = nn.Sequential(nn.ReLU(), nn.Conv2d(3, 3, 3, padding=1, bias=False), self.bn).to(dtype)
            if gates[edge, CONV]:
                modules[CONV][1].weight = network.named[f"convs.{name}.weight"]
            self.operations.update({f"{edge}{o}": module for o, module in modules.items() if gates[edge, o]})
        self.classifier = nn.Linear(3, 4).to(dtype)
        self.stem.weight = network.named["stem.weight"]
        self.classifier.weight, self.classifier.bias = network.named["head.weight"], network.named["head.bias"]

    def forward(self, x):
        x = self.bn(self.stem(x))
        for edge, gates in enumerate(self.gates):
            x = sum(gates[o] * self.operations[f"{edge}{o}"](x) for o in range(3) if gates[o])
        return self.classifier(self.relu(x).mean(dim=(2, 3)))

    def layers(self) -> dict[str, nn.Parameter]:
        return {name: m.weight for name, m in self.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))}


def perturbed(space, perturbation="disable"):
    """Every perturbed supernet of the root, and its plain twin."""
    network, gates = supernet(space), mixing_gates(space.full())
    for edge, operation in itertools.product(range(2), range(3)):
        changed = perturb(gates, edge, operation, perturbation)
        yield GatedSupernet(network, changed), Plain(network, changed)


def test_strings_and_sizes(space):
    assert space.strings()[5] == "pool-conv" and space.parse("pool-conv") == (POOL, CONV)
    assert space.with_operations(["conv", "skip"]).operations == ("skip", "conv")
    with pytest.raises(OutsideSpaceError, match="pool on edge first"):
        space.with_operations(["conv", "skip"]).parse("pool-conv")
    with pytest.raises(FsnasError, match="expected 2 of .*, with a hyphen"):
        space.parse("|none~0|")
    assert supernet(space).dimensions == {"channels": 3, **OF}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("perturbation", ["disable", "isolate"])
def test_outputs_equal_plain_modules(perturbation, dtype, space):
    batch = random_batch(0, dtype=dtype)
    for model, plain in perturbed(space, perturbation):
        found = GatedSupernet(model.network.to(dtype), model.gates)(batch.images)
        atol = 1e-5 if dtype == torch.float32 else 1e-10
        torch.testing.assert_close(found, plain.to(dtype)(batch.images), rtol=0, atol=atol)


@pytest.mark.parametrize("perturbation", ["disable", "isolate"])
@pytest.mark.parametrize("name", ["gradnorm", "snip", "grasp", "jacobcov", "fisher", "naswot", "ntk", "synflow"])
def test_scores_equal_a_naive_twin(name, perturbation, space, monkeypatch):
    """The twins of tests/reference, on the plain network of this space."""
    monkeypatch.setattr(twins, "plain_network", lambda model: copy.deepcopy(Plain(model.network, model.gates)))
    batch, metric, twin = random_batch(2, dtype=torch.float64), load(name), getattr(twins, name)
    for model, _ in perturbed(space, perturbation):
        with torch.enable_grad():
            expected = twin(model, batch)
        assert metric(model, batch) == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_value_on_every_edge(name, space):
    found = score_node(supernet(space, dtype=torch.float32), space.full(), name, [random_batch(r) for r in range(2)])
    assert np.isfinite(found.affinity).all() and not found.reasons


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_of_a_single_architecture_is_a_number(name, space):
    for architecture in ARCHITECTURES if metric_spec(name).kind == "score" else ():
        network = supernet(space, space.only(architecture), torch.float32)
        assert np.isfinite(load(name)(GatedSupernet(network, path_gates(architecture, 3)), random_batch(3)))


def test_naswot_of_a_network_without_a_relu_is_no_number(space, monkeypatch):
    monkeypatch.setattr(f"{space.networks}.relu", lambda x, context: F.relu(x))
    model, batch = GatedSupernet(supernet(space), mixing_gates(space.full())), random_batch(0, dtype=torch.float64)
    assert load("naswot")(model, batch) == -np.inf


def test_gm_without_a_weight_to_compare_says_so(space):
    """With the first edge free of convolutions nothing but the edge that is split has weights."""
    mask = space.restrict(space.full(), 0, [SKIP, POOL])
    found = score_node(supernet(space, dtype=torch.float32), mask, "gm", [random_batch(0)])
    assert np.isnan(found.affinity[1]).any() and "edge second, pool and skip" in found.reasons[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_shared_weights_equal_plain_networks(dtype, space):
    network = supernet(space, dtype=dtype)
    batches = [(batch.images, batch.labels) for batch in (random_batch(i, dtype=dtype) for i in range(2))]
    loss, accuracy = evaluate_architectures(network, np.array(ARCHITECTURES), batches)
    for i, architecture in enumerate(ARCHITECTURES):
        plain = Plain(network, path_gates(architecture, 3))
        with torch.no_grad():
            outputs = [(plain(images), labels) for images, labels in batches]
        expected = np.mean([F.cross_entropy(y, labels).item() for y, labels in outputs])
        assert loss[i] == pytest.approx(expected, rel=1e-5 if dtype == torch.float32 else 1e-10)
        assert accuracy[i] == pytest.approx(np.mean([(y.argmax(1) == labels).double().mean() for y, labels in outputs]))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_parameters_and_flops_are_those_of_the_layers(architecture, space):
    convs, size = architecture.count(CONV), space.Size(3)
    mask = space.only(architecture)
    assert space.parameters(mask, size, **OF) == 27 + 81 * convs + 16
    assert space.flops(mask, size, **OF, image=(8, 6)) == 48 * (27 + 81 * convs) + 12


def test_counted_flops_are_those_that_nas_bench_201_states():
    for seed in range(5):
        architecture = np.random.default_rng(seed).integers(5, size=6)
        mask, size = SPACE.only(architecture), SPACE.Size(3, 2)
        counted = SPACE.network(mask, size, classes=7, in_channels=2).multiply_adds((11, 14))
        assert SPACE.flops(mask, size, classes=7, in_channels=2, image=(11, 14)) == counted + 7  # the bias


def test_a_layer_of_no_parameter_is_refused(space):
    network = supernet(space)
    network.stem.layers = (type(network.stem.layers[0])("stm.weight", "stem"),)
    with pytest.raises(FsnasError, match=r"toy states a layer 'stm.weight' \(did you mean 'stem.weight'\?\)"):
        _ = network.layers


# The config


def toy_config(folder, **changes):
    config = {"space": {"name": "toy", "operations": None}, "space_paths": [str(folder / "my_spaces")]}
    return completed({**config, "methods": ["snip", "random"], **changes})


def test_a_config_takes_a_space_with_defaults_that_fit_it(space, folder):
    config = toy_config(folder, supernet={"channels": 2})
    assert check(config) and config["leaves"]["sampled"] == config["truth"]["architectures"] == 9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": ["lr", "random"]}, r"methods\.lr: the metric lr needs a thin network, .* space toy has not"),
        ({"proxies": {"metrics": ["lr"]}}, r"proxies\.metrics: the metric lr needs a thin network"),
        ({"truth": {"architectures": 10}}, r"truth\.architectures: found 10, expected at most 9 \(there are 9; 0 for"),
        ({"method": {"max_leaves": 10}}, r"method\.max_leaves: found 10, expected at most 9"),
        ({"supernet": {"channel": 2}}, r"supernet\.channel: unknown key \(did you mean 'channels'\?\)"),
        ({"truth": {"source": "nasbench201", "file": "x"}}, "'nasbench201', .* those of nas-bench-201, but .*'toy'"),
        ({"space": {"name": "toy", "operations": ["skip", "con"]}}, r"no operation 'con' \(did you mean 'conv'"),
        ({"space": {"name": "toi", "operations": None}}, r"no search space 'toi' \(did you mean 'toy'\?\)"),
    ],
    ids=["lr", "lr as a proxy", "architectures", "leaves", "size", "truth", "operations", "name"],
)
def test_what_the_space_lacks_is_refused_before_any_job(changes, message, space, folder):
    with pytest.raises(ConfigError, match=message):
        check(toy_config(folder, **changes))


def test_all_proxies_are_those_that_the_space_can_have(space, folder):
    chosen = proxy_metrics(toy_config(folder, proxies={"metrics": "all"}))
    assert "lr" not in chosen and {"ntk", "params", "naswot"} < {*chosen}
