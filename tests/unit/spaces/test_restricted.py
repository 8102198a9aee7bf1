"""NAS-Bench-201 without some of its operations is the full space, restricted: names, networks, metrics, truth."""

import numpy as np
import pytest
import torch

from fsnas.benchmark.sources.csv import read
from fsnas.errors import DataError, FsnasError, OutsideSpaceError
from fsnas.metrics import known, load, metric_spec
from fsnas.networks.gates import mixing_gates, perturb
from fsnas.networks.modules import as_module
from fsnas.networks.shared_weights import evaluate_architectures
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.spaces import architectures, count_architectures
from tests.support.problems import random_batch
from tests.support.space import OPERATIONS, SPACE

KEPT = ("skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
FEWER = {
    "without none": KEPT,
    "without convolutions of one kernel": ("none", "skip_connect", "nor_conv_3x3"),
    "only pooling and none": ("none", "avg_pool_3x3"),
}
SIZE, OF = {"channels": 3, "cells": 1}, {"classes": 4, "in_channels": 1}
OPTIONS = {"lr": {"samples": 200, "batch_size": 100}}
TOLERANCES = [(torch.float32, 1e-5), (torch.float64, 1e-10)]


def pair(operations, dtype: torch.dtype) -> tuple[Supernet, Supernet, list[int]]:
    """A supernet of the smaller space, one of the full space with the same weights, and where the operations stand."""
    small = SPACE.with_operations(operations)
    places = [OPERATIONS.index(name) for name in operations]
    mask = np.zeros_like(SPACE.full())
    mask[:, places] = True
    ours, full = (space.network(of, SIZE, **OF, seed=1) for space, of in ((small, None), (SPACE, mask)))
    full.load_state_dict(ours.state_dict())
    return ours.to(dtype), full.to(dtype), places


def widened(gates: np.ndarray, places: list[int]) -> np.ndarray:
    """Gates of the smaller space as those of the full one."""
    wide = np.zeros((len(gates), len(OPERATIONS)))
    wide[:, places] = gates
    return wide


@pytest.mark.parametrize("operations", FEWER.values(), ids=FEWER)
def test_the_names_are_those_of_the_benchmark(operations):
    small = SPACE.with_operations(operations)
    assert small.operations == operations and small.name == SPACE.name
    assert count_architectures(small.full()) == len(operations) ** 6
    for architecture in list(architectures(small.full()))[::37]:
        string = small.architecture_string(architecture)
        assert small.parse(string) == architecture
        assert [OPERATIONS[o] for o in SPACE.parse(string)] == [operations[o] for o in architecture]


def test_the_order_is_that_of_the_space_and_what_cannot_be_is_refused():
    assert SPACE.with_operations(KEPT[::-1]).operations == KEPT and SPACE.with_operations(None) is SPACE
    for wrong in (["skip_connect"], ["skip_connect", "skip_connect"]):
        with pytest.raises(FsnasError, match="expected at least 2 of nas-bench-201, each once"):
            SPACE.with_operations(wrong)
    with pytest.raises(FsnasError, match="no operation 'skip'; expected some of"):
        SPACE.with_operations(["skip", "none"])


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES, ids=str)
@pytest.mark.parametrize("operations", FEWER.values(), ids=FEWER)
def test_outputs_are_those_of_the_full_supernet(operations, dtype, tolerance):
    ours, full, places = pair(operations, dtype)
    images, rng = random_batch(0, dtype=dtype).images, np.random.default_rng(0)
    for _ in range(3):
        gates = rng.uniform(0.2, 1.5, (6, len(operations))) * (rng.random((6, len(operations))) < 0.7)
        model = GatedSupernet(ours, gates)
        expected = GatedSupernet(full, widened(gates, places))(images)
        torch.testing.assert_close(model(images), expected, rtol=tolerance, atol=tolerance)
        torch.testing.assert_close(as_module(model)(images), expected, rtol=10 * tolerance, atol=10 * tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES, ids=str)
@pytest.mark.parametrize("operations", FEWER.values(), ids=FEWER)
def test_shared_weights_are_those_of_the_full_supernet(operations, dtype, tolerance):
    ours, full, places = pair(operations, dtype)
    chosen = np.random.default_rng(1).integers(len(operations), size=(40, 6))
    batches = [(batch.images, batch.labels) for batch in (random_batch(i, dtype=dtype) for i in range(2))]
    found, expected = (
        evaluate_architectures(network, each, batches)
        for network, each in ((ours, chosen), (full, np.array(places)[chosen]))
    )
    np.testing.assert_allclose(found[0], expected[0], rtol=tolerance)
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES, ids=str)
@pytest.mark.parametrize("perturbation", ["disable", "isolate"])
@pytest.mark.parametrize("name", [name for name in known() if name not in ("lr", "random")])
def test_metrics_are_those_of_the_full_supernet(name, perturbation, dtype, tolerance):
    """Not lr, which draws weights of its own for every operation; nor random, which sees nothing."""
    ours, full, places = pair(KEPT, dtype)
    gates, batch = mixing_gates(ours.space.full()), random_batch(2, dtype=dtype)
    models = [GatedSupernet(ours, perturb(gates, 4, o, perturbation)) for o in range(len(KEPT))]
    wide = [GatedSupernet(full, widened(model.gates, places)) for model in models]
    function = load(name)
    if metric_spec(name).kind == "affinity":
        found, expected = (np.asarray(function(each, 4, batch)) for each in (models, wide))
    else:
        found, expected = ([function(model, batch) for model in each] for each in (models, wide))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("operations", [KEPT, FEWER["without convolutions of one kernel"]], ids=len)
def test_lr_of_a_smaller_space_tells_operations_apart(operations):
    ours, _, _ = pair(operations, torch.float32)
    gates = mixing_gates(ours.space.full())
    models = [GatedSupernet(ours, perturb(gates, 0, o)) for o in range(len(operations))]
    values = [load("lr")(model, random_batch(2), **OPTIONS["lr"]) for model in models]
    assert all(1 < value <= 200 for value in values) and len({*values}) > 1


# The truth


def write(path, strings, column="test_accuracy"):
    rows = [f"{string},{i % 97}.5" for i, string in enumerate(strings)]
    path.write_text("\n".join([f"ArchitectureString,{column}", *rows]) + "\n", encoding="utf-8")
    return path


def test_lines_of_a_csv_outside_the_space_are_left_out(tmp_path):
    small, every = SPACE.with_operations(KEPT), SPACE.strings()
    path = write(tmp_path / "truth.csv", every)
    strings, columns = read(path, space=small, architecture_column="ArchitectureString", column="test_accuracy")
    numbers = {string: i % 97 + 0.5 for i, string in enumerate(every)}
    assert len(strings) == 4096 and not any("none" in string for string in strings)
    assert [numbers[string] for string in strings] == columns["test_accuracy"].tolist()
    with pytest.raises(OutsideSpaceError, match=r"has none on edge 1<-0, which is none of \['skip_connect'"):
        small.parse(every[0])


def test_a_csv_with_nothing_of_the_space_is_refused(tmp_path):
    path = write(tmp_path / "truth.csv", [string for string in SPACE.strings() if "none" in string][:5])
    with pytest.raises(DataError, match=r"holds no architecture with the operations \['skip_connect'"):
        read(path, space=SPACE.with_operations(KEPT), architecture_column="ArchitectureString")


def test_a_string_of_another_benchmark_is_told_what_the_space_expects(tmp_path):
    path = write(tmp_path / "truth.csv", ["3:4:5:6:7"])
    with pytest.raises(
        DataError, match=r"NATS-Bench's size space.*expected strings of nas-bench-201, e\.g\. \|skip_co"
    ):
        read(path, space=SPACE.with_operations(KEPT), architecture_column="ArchitectureString")
