"""Cells of any number of nodes with AutoDL's other operations, against a module per operation."""

import re

import numpy as np
import pytest
import torch

from fsnas.errors import ConfigError, FsnasError, OutsideSpaceError
from fsnas.metrics import known, load
from fsnas.networks.gates import mixing_gates, path_gates
from fsnas.networks.modules import as_module
from fsnas.networks.shared_weights import evaluate_architectures
from fsnas.networks.supernet import GatedSupernet
from fsnas.spaces import architectures, count_architectures, draw_architectures
from fsnas.spaces import load as load_space
from fsnas.spaces.cell import CellSize
from tests.reference import metrics as twins
from tests.reference import shared_weights as reference
from tests.reference.metrics import multiply_adds
from tests.reference.plain import PlainCell, PlainNetwork, plain_network
from tests.support.problems import random_batch, random_gates, random_network, random_problem, random_space
from tests.support.space import EDGES, OPERATIONS, SPACE
from tests.unit.metrics.test_metrics import evaluate
from tests.unit.networks.test_shared_weights import assert_equal_values, random_batches
from tests.unit.networks.test_supernet import TOLERANCES, assert_same_network, same_side_of_relus
from workflow_scripts._config import check
from workflow_scripts._defaults import completed

AUTODL = ("skip_connect", "nor_conv_3x3", "dua_sepc_3x3", "dil_sepc_3x3", "avg_pool_3x3", "max_pool_3x3", "none")
CELLS = {
    "as the issue names it": (AUTODL, 4),
    "three nodes, all other operations": (("dua_sepc_5x5", "dil_sepc_5x5", "nor_conv_7x7", "max_pool_3x3"), 3),
    "five nodes": (("nor_conv_1x1", "dua_sepc_3x3", "none"), 5),
}
SPACES = [load_space("cell", *cell) for cell in CELLS.values()]
PIXELS = [(8, 8), (32, 32), (9, 14)]


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize(("space", "seed", "pixels"), [*zip(SPACES, range(3), PIXELS, strict=True)], ids=[*CELLS])
def test_the_fast_cell_equals_the_plain_one(space, seed, pixels, dtype, tolerance):
    """In outputs and gradients; for random sub-spaces and gates."""
    rng = np.random.default_rng(seed)
    mask = random_space(rng, space)
    model = GatedSupernet(random_network(seed, mask, of=space, in_channels=3), random_gates(rng, mask))
    images = next(
        images
        for draw in range(10)
        if same_side_of_relus(model, images := random_batch(10 * seed + draw, in_channels=3, pixels=pixels).images)
    ).to(dtype)
    model = GatedSupernet(model.network.to(dtype), model.gates)
    assert_same_network(model, plain_network(model), images, tolerance)
    torch.testing.assert_close(as_module(model)(images), model(images), rtol=0, atol=10 * tolerance)


@pytest.mark.parametrize("space", SPACES, ids=CELLS)
@pytest.mark.parametrize("name", known())
def test_metrics_equal_their_twins(name, space):
    for perturbation, norm in (("disable", "batch"), ("isolate", "identity")):
        problem = random_problem(2, perturbation, torch.float64, norm, space)
        expected, found = (evaluate(source, name, problem) for source in (getattr(twins, name), load(name)))
        rtol = 1e-7 if name == "ntk" else 1e-10  # a condition number of e^22 leaves as many digits
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-13)


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
@pytest.mark.parametrize("space", SPACES, ids=CELLS)
def test_shared_weights_equal_networks_of_their_own(space, dtype, tolerance):
    network, batches = random_network(1, dtype=dtype, of=space, cells=2), random_batches(1, dtype)
    chosen = np.random.default_rng(1).integers(len(space.operations), size=(20, len(space.edges)))
    expected = [reference.evaluate_architecture(network, tuple(each), batches) for each in chosen.tolist()]
    assert_equal_values(evaluate_architectures(network, chosen, batches), expected, tolerance)


@pytest.mark.parametrize("space", SPACES, ids=CELLS)
def test_parameters_and_flops_are_those_of_the_modules(space):
    of = {"classes": 7, "in_channels": 1}
    for seed, sides in enumerate([(8, 8), (9, 14)]):
        mask = random_space(np.random.default_rng(seed), space)
        cells = [[PlainCell(width, mask.astype(float), True, space) for _ in range(2)] for width in (3, 6, 12)]
        plain = PlainNetwork(cells, 3, 7, 1)
        assert space.parameters(mask, CellSize(3, 2), **of) == sum(p.numel() for p in plain.parameters())
        assert (
            space.flops(mask, CellSize(3, 2), **of, image=sides) == multiply_adds(plain, torch.ones(2, 1, *sides)) / 2
        )


def test_the_cell_with_the_operations_of_nas_bench_201_is_the_same_network():
    space = load_space("cell", OPERATIONS)
    assert (space.edges, space.operations, space.benchmark) == (EDGES, OPERATIONS, SPACE.name)
    ours, its = (random_network(3, of=each) for each in (space, SPACE))
    images, gates = random_batch(3).images, mixing_gates(SPACE.full())
    assert torch.equal(GatedSupernet(ours, gates)(images), GatedSupernet(its, gates)(images))


def test_edges_strings_and_what_cannot_matter():
    three, five = (load_space("cell", ["skip_connect", "max_pool_3x3", "none"], nodes) for nodes in (3, 5))
    assert three.edges == ("1<-0", "2<-0", "2<-1") and five.edges == (*EDGES, "4<-0", "4<-1", "4<-2", "4<-3")
    assert count_architectures(five.full()) == 3**10 and three.strings()[0] == "|none~0|+|none~0|none~1|"
    string = "|max_pool_3x3~0|+|none~0|skip_connect~1|"
    assert three.architecture_string(three.parse(string)) == string and three.operations[-1] == "max_pool_3x3"
    with pytest.raises(OutsideSpaceError, match="nor_conv_3x3 on edge 1<-0"):
        three.parse(string.replace("max_pool", "nor_conv"))
    for other in (five.strings()[0], "|max_pool_3x3~0|", "|conv~0|+|none~0|none~1|", "00210201"):
        with pytest.raises(FsnasError, match="expected"):
            three.parse(other)
    gates = path_gates(np.array(three.parse("|none~0|+|skip_connect~0|skip_connect~1|")), 3)
    assert three.active_gates(gates).nonzero()[0].tolist() == [1]


@pytest.mark.parametrize(
    ("name", "count"), [("nas-bench-201-nonone", 4**6), ("nas-bench-201-s2", 2**6), ("nas-bench-201-s10", 2**6)]
)
def test_sub_sets_of_gm_nas_have_names(name, count):
    space = load_space(name)
    assert count_architectures(space.full()) == count and space.benchmark == "nas-bench-201"
    assert {*space.strings()} <= {*SPACE.strings()}
    config = {"space": {"name": name}, "methods": ["random"], "truth": {"source": "nasbench201", "file": "x.pth"}}
    with pytest.raises(ConfigError) as error:
        check(completed(config))
    assert "whose architectures are those of" not in str(error.value)


def config(truth=None, **space):
    return completed({"space": space, "methods": ["snip", "lr", "random"], "truth": truth or {}})


def test_a_config_takes_a_cell():
    assert check(config(name="cell", nodes=4, operations=[*AUTODL])) and check(config(name="nas-bench-201", nodes=3))


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"name": "cell", "nodes": 6}, "space.nodes: found 6, expected at most 5"),
        ({"name": "cell", "nodes": 2}, "space.nodes: found 2, expected at least 3"),
        ({"name": "nas-bench-macro", "nodes": 4}, "found 4 nodes, but nas-bench-macro has none to choose"),
        ({"name": "cell", "nodes": 5}, "cell has 25,937,424,601 architectures, expected at most 2,000,000"),
        (
            {"name": "cell", "operations": ["none", "dua_sepc_4x4"]},
            "cell has no operation 'dua_sepc_4x4' (did you mean",
        ),
        ({"name": "nas-bench-201", "operations": ["none", "max_pool_3x3"]}, "no operation 'max_pool_3x3'"),
    ],
    ids=["nodes", "few nodes", "no nodes", "architectures", "operation", "operation of another cell"],
)
def test_what_no_network_has_is_refused_before_any_job(space, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        check(config(**space))


@pytest.mark.parametrize("space", [{"name": "nas-bench-201", "nodes": 3}, {"name": "cell", "operations": [*AUTODL]}])
def test_the_official_file_is_not_of_another_cell(space):
    with pytest.raises(ConfigError, match="whose architectures are those of nas-bench-201, but space.name is"):
        check(config({"source": "nasbench201", "file": "x.pth"}, **space))


def test_a_space_of_many_architectures_is_drawn_without_a_list_of_them():
    space = load_space("cell", AUTODL[:4], 5)
    drawn = draw_architectures(space.full(), 5, np.random.default_rng(0))
    assert drawn.shape == (5, 10) and (drawn < 4).all()
    every = np.array([*architectures(SPACE.full())])
    chosen = np.sort(np.random.default_rng(1).choice(len(every), 30, replace=False))
    assert (draw_architectures(SPACE.full(), 30, np.random.default_rng(1)) == every[chosen]).all()
