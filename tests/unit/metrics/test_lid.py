"""The local intrinsic dimension of features, and what `lid` makes of it."""

import math

import numpy as np
import pytest
import torch

from fsnas.metrics import load
from fsnas.metrics.lid import local_dimension
from fsnas.networks.forward import ForwardHook
from fsnas.networks.gates import mixing_gates, path_gates
from fsnas.networks.supernet import GatedSupernet
from fsnas.splitting.scoring import score_node
from tests.reference import metrics as twins
from tests.support.problems import random_batch, random_network, random_problem
from tests.support.space import EDGES, SPACE


def points(seed, count=40, dimension=6):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(count, dimension)))


def turned(dimension, seed=0):
    return torch.linalg.qr(points(seed, dimension, dimension)).Q


@pytest.mark.parametrize("factor", [1e-6, 0.37, 1e9])
@pytest.mark.parametrize("seed", range(5))
def test_the_dimension_does_not_see_scale_place_direction_or_order(seed, factor):
    x = points(seed)
    expected = local_dimension(x, 10)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(seed))
    for same in (factor * x, x + 3.0, x @ turned(6), x[order], torch.cat([x, 0 * x], dim=1), x.view(40, 2, 3)):
        torch.testing.assert_close(local_dimension(same, 10), expected, rtol=1e-10, atol=0)


@pytest.mark.parametrize("dimension", [1, 2, 4, 8])
def test_the_dimension_of_a_flat_piece_of_a_larger_space_is_its_own(dimension):
    """Amsaleg's estimate is k / (k - 1) times Levina and Bickel's, which has no bias there."""
    flat = torch.from_numpy(np.random.default_rng(1).random((3000, dimension)))
    embedded = torch.cat([flat, torch.zeros(3000, 12 - dimension)], dim=1) @ turned(12)
    assert local_dimension(embedded, 20).item() * 19 / 20 == pytest.approx(dimension, rel=0.15)


def test_points_at_one_place_have_dimension_zero_and_a_pair_of_them_counts_as_zero():
    assert local_dimension(torch.ones(30, 4), 20) == 0
    x = points(0)
    x[1] = x[0]
    apart = [local_dimension(points(0), 10), local_dimension(x, 10)]
    assert 0 < apart[1] < apart[0]
    assert local_dimension(x, 10) == pytest.approx(twins.local_dimension(x, 10), rel=1e-12)
    large = 1e8 + 1e-6 * points(2)  # a product of matrices would round these to zero, or below
    assert local_dimension(large, 10) == pytest.approx(twins.local_dimension(large, 10), rel=1e-12) and large.std() > 0


def test_equal_distances_have_no_dimension():
    assert local_dimension(torch.eye(5), 3) == math.inf
    assert local_dimension(points(0, count=2), 20) == math.inf and local_dimension(points(0, count=1), 20).isnan()


def test_all_others_are_neighbours_where_there_are_fewer():
    assert local_dimension(points(0, count=8), 20) == local_dimension(points(0, count=8), 7)


class _Seen(ForwardHook):
    def __init__(self):
        self.shapes = []

    def features(self, x):
        self.shapes.append(tuple(x.shape[1:]))


@pytest.mark.parametrize("cells", [1, 2])
def test_a_profile_has_an_entry_for_every_cell_and_reduction_whatever_the_gates(cells):
    network = random_network(1, cells=cells, channels=2)
    expected = [*[(2, 8, 8)] * cells, (4, 4, 4), *[(4, 4, 4)] * cells, (8, 2, 2), *[(8, 2, 2)] * cells]
    for gates in (mixing_gates(SPACE.full()), path_gates([0] * 6, 5), path_gates([3, 0, 0, 1, 0, 0], 5)):
        hook = _Seen()
        GatedSupernet(network, gates)(random_batch(1).images, hook=hook)
        assert hook.shapes == expected


@pytest.mark.parametrize("perturbation", ["disable", "isolate"])
def test_similarities_are_of_a_distance(perturbation):
    problem = random_problem(3, perturbation, torch.float64)
    found = load("lid")(problem.models, problem.edge, problem.batch)
    assert found.dtype == torch.float64 and torch.equal(found, found.T) and (found.diagonal() == 1).all()
    assert (found > 0).all() and (found <= 1).all()
    distance = 1 / found - 1
    assert (distance[:, None] <= distance[:, :, None] + distance[None] + 1e-12).all(), "the triangle inequality"


def test_features_that_are_the_same_for_all_images_are_no_accident():
    """Only `none` reaches the output: nothing of an image passes, and all profiles are zero."""
    network, batch = random_network(1, dtype=torch.float64), random_batch(1, dtype=torch.float64)
    models = [GatedSupernet(network, path_gates([3, 3, 3, 0, 0, 0], 5)), GatedSupernet(network, path_gates([0] * 6, 5))]
    assert torch.equal(load("lid")(models, 3, batch), torch.ones(2, 2))
    seeing = GatedSupernet(network, path_gates([3, 3, 3, 1, 0, 0], 5))
    assert load("lid")([seeing, models[0]], 3, batch)[0, 1] < 0.8


def test_a_dimension_that_is_not_finite_and_a_network_without_features_have_a_reason(monkeypatch):
    few = [random_batch(1, size=2)]
    found = score_node(random_network(1), SPACE.full(), "lid", few)
    assert np.isnan(found.affinity).any() and f"edge {EDGES[0]}" in found.reasons[0]
    monkeypatch.setattr("fsnas.metrics.lid._Profile.features", ForwardHook.features)
    found = score_node(random_network(1), SPACE.full(), "lid", [random_batch(1)])
    assert np.isnan(found.affinity).all() and "the value is nan" in found.reasons[0]
