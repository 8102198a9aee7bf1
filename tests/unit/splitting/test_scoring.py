"""Scores of a node: which supernets are evaluated, on what, and what becomes of a value that is not finite."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import fsnas.splitting.scoring
from fsnas.data.batches import scoring_batches
from fsnas.data.dataset import Dataset
from fsnas.errors import FsnasError
from fsnas.metrics import MetricSpec, known, load
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates
from fsnas.networks.supernet import GatedSupernet
from fsnas.seeding import derive
from fsnas.splitting.affinities import NodeScores, averaged, score_affinity
from fsnas.splitting.cuts import best_cut
from fsnas.splitting.scoring import score, score_node
from fsnas.training.recipe import Recipe
from tests.reference import scoring as twin
from tests.support.problems import random_batch, random_network
from tests.support.space import EDGES, OPERATIONS, SPACE

BATCHES = [random_batch(seed) for seed in (1, 2, 3)]
PERTURBATIONS = ["disable", "isolate"]
DEEP = SPACE.restrict(
    SPACE.restrict(SPACE.full(), 1, (0, 1)), 4, (2, 3, 4)
)  # a node of level 2: edges 1 and 4 are split
HELD = [0, 2, 3, 5]


@pytest.mark.parametrize("mixing", ["mean", "sum"])
@pytest.mark.parametrize("perturbation", PERTURBATIONS)
@pytest.mark.parametrize("metric", ["snip", "random", "params", "gm"])
def test_a_node_equals_the_loop_over_its_supernets(metric, perturbation, mixing):
    network = random_network(4)
    batches = BATCHES[:2]
    found = score_node(network, DEEP, metric, batches, perturbation=perturbation, mixing=mixing)
    scores, affinity = twin.score_node([network] * 2, DEEP, metric, batches, perturbation, mixing)
    assert (found.sub_space == DEEP).all() and found.reasons == ()
    if metric == "gm":
        assert found.scores is None
    else:
        np.testing.assert_array_equal(found.scores, scores)
    np.testing.assert_allclose(found.affinity, affinity, rtol=1e-14)


@pytest.mark.parametrize("batch_norm", ["batch", "identity"])
@pytest.mark.parametrize("metric", ["snip", "gm"])
def test_a_network_of_each_repetition_and_its_batch_norm_equal_the_loop(metric, batch_norm):
    networks = [random_network(seed, DEEP) for seed in (4, 5, 6)]
    found = score_node(networks, DEEP, metric, BATCHES, batch_norm=batch_norm)
    scores, affinity = twin.score_node(networks, DEEP, metric, BATCHES, "disable", "mean", batch_norm)
    np.testing.assert_allclose(found.affinity, affinity, rtol=1e-14)
    assert metric == "gm" or np.array_equal(found.scores, scores, equal_nan=True)


@pytest.mark.parametrize("metric", ["snip", "gm"])
def test_only_edges_that_hold_all_operations_are_scored(metric):
    node = score_node(random_network(4), DEEP, metric, BATCHES[:2])
    others = [edge for edge in range(len(EDGES)) if edge not in HELD]
    assert np.isfinite(node.affinity[HELD]).all() and np.isnan(node.affinity[others]).all()
    assert node.affinity.shape == (6, 5, 5)
    if metric == "snip":
        assert np.isfinite(node.scores[:, HELD]).all() and np.isnan(node.scores[:, others]).all()


def test_a_node_without_an_edge_to_split_has_no_scores():
    space = SPACE.full()
    space[:, 0] = False
    node = score_node(random_network(4), space, "snip", BATCHES[:1])
    assert np.isnan(node.scores).all() and np.isnan(node.affinity).all() and node.reasons == ()


def test_disabling_none_gives_the_unperturbed_supernet():
    network = random_network(4)
    whole = [load("snip")(GatedSupernet(network, mixing_gates(DEEP)), batch) for batch in BATCHES]
    scores = score_node(network, DEEP, "snip", BATCHES).scores
    for r, value in enumerate(whole):
        assert (scores[r, HELD, 0] == value).all()
        assert (scores[r][np.ix_(HELD, [2, 3])] != value).all()


def test_options_reach_the_metric():
    network, space = random_network(4), SPACE.restrict(DEEP, 2, (0, 1))
    defaults, warm = (
        score_node(network, space, "grasp", BATCHES[:1], options=options) for options in (None, {"temperature": 3.0})
    )
    model = twin.perturbed(network, space, 3, 1, "disable", "mean")
    assert warm.scores[0, 3, 1] == load("grasp")(model, BATCHES[0], temperature=3.0) != defaults.scores[0, 3, 1]


def test_the_affinity_is_the_mean_of_the_differences_not_the_difference_of_the_means():
    scores = np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 4.0]])
    expected = [[0, -1.5, -2], [-1.5, 0, -2.5], [-2, -2.5, 0]]
    found = score_affinity(scores)
    assert found.tolist() == expected and found.dtype == np.float64


@pytest.mark.parametrize("seed", range(3))
def test_the_affinity_is_symmetric_zero_with_itself_and_blind_to_a_shift(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-50, 50, (4, 5)).astype(np.float64)
    found = score_affinity(scores)
    assert (found == found.T).all() and (np.diag(found) == 0).all() and (found <= 0).all()
    np.testing.assert_array_equal(score_affinity(scores + rng.integers(-9, 9, (4, 1))), found)


class Spy:
    """A metric that keeps what it is called with, and returns ``value(gates, repetition)``."""

    def __init__(self, value, kind="score"):
        self.value, self.kind, self.calls = value, kind, []

    def __call__(self, *arguments, **options):
        batch = arguments[-1]
        models = arguments[0] if self.kind == "affinity" else [arguments[0]]
        self.calls += [(model, batch, options) for model in models]
        repetition = [id(other) for other in BATCHES].index(id(batch))
        if self.kind == "affinity":
            return torch.tensor(self.value(arguments[1], repetition))
        return self.value(models[0].gates, repetition)


@pytest.fixture
def spy(monkeypatch):
    def install(value, kind="score"):
        metric = Spy(value, kind)
        said = MetricSpec("spy", "none", kind, "ours", "", {})
        monkeypatch.setattr(fsnas.splitting.scoring, "load", lambda name: metric)
        monkeypatch.setattr(fsnas.splitting.scoring, "metric_spec", lambda name: said)
        return metric

    return install


def nothing(gates, repetition):
    return 0.0


def ones(edge, repetition):
    return np.ones((5, 5))


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
@pytest.mark.parametrize(("value", "kind"), [(nothing, "score"), (ones, "affinity")], ids=["score", "affinity"])
def test_every_supernet_sees_every_batch_once_and_differs_only_in_its_edge(value, kind, perturbation, spy):
    metric, network, gates = spy(value, kind), random_network(4), mixing_gates(DEEP)
    score_node(network, DEEP, "spy", BATCHES, perturbation=perturbation, options={"samples": 3})
    expected = set()
    for edge in HELD:
        for o in range(len(OPERATIONS)):
            changed = gates.copy()
            changed[edge] = np.eye(5)[o] if perturbation == "isolate" else np.where(np.arange(5) == o, 0, 0.2)
            expected |= {(changed.tobytes(), id(batch)) for batch in BATCHES}
    seen = [(model.gates.tobytes(), id(batch)) for model, batch, _ in metric.calls]
    assert set(seen) == expected and len(seen) == len(HELD) * len(OPERATIONS) * len(BATCHES)
    assert all(model.network is network and options == {"samples": 3} for model, _, options in metric.calls)


def test_the_order_of_edges_and_repetitions_changes_no_score():
    network = random_network(4)
    node = score_node(network, DEEP, "random", BATCHES)
    turned = score_node(network, DEEP, "random", BATCHES[::-1])
    alone = score_node(network, SPACE.restrict(SPACE.full(), 3, (1,)), "random", BATCHES)
    np.testing.assert_array_equal(turned.scores, node.scores[::-1])
    assert (alone.scores[:, HELD[0]] != node.scores[:, HELD[0]]).all(), "another node, other draws"


# Values that are not finite

BAD = pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])


@BAD
def test_a_score_that_is_not_finite_is_nan_with_a_reason(bad, spy):
    """Conv 3x3 on edge 3<-0 in the second repetition: that row and column are lost, nothing else."""

    def value(gates, repetition):
        return bad if repetition == 1 and gates[3, 3] == 0 else float(np.argmin(gates[3]) + repetition)

    spy(value)
    node = score_node(random_network(4), DEEP, "spy", BATCHES)
    assert node.reasons == (f"edge 3<-0, nor_conv_3x3, repetition 1: the value is {bad}",)
    lost = np.zeros_like(node.scores, dtype=bool)
    lost[1, 3, 3] = True
    assert (np.isnan(node.scores[:, HELD]) == lost[:, HELD]).all()
    for edge in HELD:
        touched = np.zeros((5, 5), dtype=bool)
        if edge == 3:
            touched[3] = touched[:, 3] = True
        assert (np.isnan(node.affinity[edge]) == touched).all(), EDGES[edge]
    assert node.affinity[3, 0, 4] == -4 and node.affinity[3, 1, 2] == -1


@BAD
def test_an_affinity_that_is_not_finite_is_nan_with_a_reason(bad, spy):
    def value(edge, repetition):
        matrix = np.full((5, 5), repetition, dtype=float)
        if edge == 5 and repetition == 2:
            matrix[1, 4] = matrix[4, 1] = bad
        return matrix

    spy(value, "affinity")
    node = score_node(random_network(4), DEEP, "spy", BATCHES)
    assert node.reasons == (f"edge 3<-2, avg_pool_3x3 and skip_connect, repetition 2: the value is {bad}",)
    assert np.isnan(node.affinity[5][[1, 4], [4, 1]]).all()
    assert (node.affinity[HELD][~np.isnan(node.affinity[HELD])] == 1).all() and node.scores is None
    assert np.isnan(node.affinity[HELD]).sum() == 2


def test_a_real_metric_that_breaks_down_says_so_for_every_supernet():
    network = random_network(1)
    with torch.no_grad():
        network.classifier.weight.zero_()
    node = score_node(network, DEEP, "synflow", BATCHES[:1])
    assert np.isnan(node.scores).all() and np.isnan(node.affinity).all()
    pattern = rf"edge ({'|'.join(EDGES)}), ({'|'.join(OPERATIONS)}), repetition 0: the value is -inf"
    assert all(re.fullmatch(pattern, reason) for reason in node.reasons)
    assert len(set(node.reasons)) == len(HELD) * len(OPERATIONS)


def test_what_is_not_finite_is_told_in_a_line(spy):
    spy(lambda gates, repetition: np.nan)
    said = score_node(random_network(4), DEEP, "spy", BATCHES).summary()
    counts = "none 12, skip_connect 12, nor_conv_1x1 12, nor_conv_3x3 12, avg_pool_3x3 12"
    assert said.startswith(
        f"60 values are not finite ({counts}), the first on edge 1<-0, none, repetition 0: the value"
    )
    assert "\n" not in said and len(said) < 300
    spy(lambda edge, repetition: np.full((5, 5), np.inf), "affinity")
    said = score_node(random_network(4), DEEP, "spy", BATCHES).summary()
    assert said.startswith("120 values are not finite (") and "none 48" in said and len(said) < 300
    spy(nothing)
    assert score_node(random_network(4), DEEP, "spy", BATCHES).summary() == "scored"


def test_finite_scores_too_far_apart_have_a_reason(spy):
    spy(lambda gates, repetition: 1.7e308 if gates[2, 0] else -1.7e308)
    with np.errstate(over="ignore"):
        node = score_node(random_network(4), DEEP, "spy", BATCHES)
    assert node.reasons and all("exceed float64" in reason for reason in node.reasons)


def dead_space():
    """Edge 3<-2 holds `none` only, so nobody reads node 2: edges 2<-0 and 2<-1 are whole and cannot matter."""
    return SPACE.restrict(SPACE.full(), EDGES.index("3<-2"), [0])


NETWORK_METRICS = [name for name in known() if name not in ("params", "flops", "random", "naswot", "lr")]


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
@pytest.mark.parametrize("metric", NETWORK_METRICS)
def test_an_edge_that_cannot_matter_ties_exactly(metric, perturbation):
    batches = [random_batch(seed) for seed in (1, 2)]
    found = score_node(random_network(4), dead_space(), metric, batches, perturbation=perturbation)
    for edge in (EDGES.index("2<-0"), EDGES.index("2<-1")):
        cut = best_cut(found.affinity[edge], 2, rng=np.random.default_rng(0))
        assert cut.degenerate and cut.ties == 15
    assert not best_cut(found.affinity[0], 2, rng=np.random.default_rng(0)).degenerate


@pytest.mark.parametrize("metric", known())
def test_two_runs_give_the_same_bits(metric):
    """One edge of a node, all perturbed supernets, weights and batches made anew."""
    space = SPACE.full()
    space[1:, 0] = False
    options = {"lr": {"samples": 200, "batch_size": 100}}.get(metric, {})
    first, second = (
        score_node(random_network(7), space, metric, [random_batch(seed) for seed in (1, 2)], options=options)
        for _ in range(2)
    )
    assert first.affinity[0].tobytes() == second.affinity[0].tobytes() and np.isfinite(first.affinity[0]).all()
    if first.scores is not None:
        assert first.scores.tobytes() == second.scores.tobytes()


# On a data set


def test_every_repetition_has_images_and_a_seed_of_its_own(monkeypatch):
    """Of a node and seed; the next metric sees the same."""
    images = np.arange(48, dtype=np.uint8).reshape(12, 1, 2, 2)
    data = Dataset("counted", images, np.arange(12) % 2, ("a", "b"), {"train": np.arange(12)}, np.zeros(1), np.ones(1))
    seen: list = []

    def spy(network, mask, metric, batches):
        seen.append(batches)
        return NodeScores(SPACE, mask, None, np.zeros((6, 5, 5)), metric=metric)

    monkeypatch.setattr(fsnas.splitting.scoring, "score_node", spy)
    for metric in ("snip", "gradnorm"):
        for seed in (0, 1):
            for path in ("root", "0"):
                found = score(random_network(4), data, metric, path=path, seed=seed, batch_size=4, repetitions=3)
                assert (found.path, found.metric, found.seed) == (path, metric, seed)
    assert len({batch.seed for batches in seen for batch in batches}) == 12
    assert all(torch.cat([batch.images for batch in batches]).unique().numel() == 48 for batches in seen)
    for one, other in zip(seen[:4], seen[4:], strict=True):
        assert all(torch.equal(a.images, b.images) and a.seed == b.seed for a, b in zip(one, other, strict=True))


PIXELS = np.random.default_rng(3).integers(0, 256, (24, 1, 8, 8), dtype=np.uint8)
DATA = Dataset(
    "noise", PIXELS, np.arange(24) % 4, (*"abcd",), {"train": np.arange(24)}, np.full(1, 0.5), np.full(1, 0.3)
)


@pytest.mark.parametrize("initialisation", ["default", "fan_out"])
@pytest.mark.parametrize("metric", ["snip", "gm"])
def test_initial_weights_are_those_of_a_fresh_network_of_the_node_for_each_repetition(metric, initialisation):
    network, before = random_network(4), random_network(4).state_dict()
    how = {"batch_size": 5, "repetitions": 3}
    fresh = {"weights": "initial", "initialisation": initialisation}
    found = score(network, DATA, metric, path="01", sub_space=DEEP, seed=8, **how, **fresh)
    own = derive(8, "scores", "01")
    drawn = scoring_batches(DATA, **how, seed=own, device=torch.device("cpu"))
    batches = [ScoringBatch(*batch, derive(own, r)) for r, batch in enumerate(drawn)]
    networks = [
        SPACE.network(DEEP, channels=2, cells=1, classes=4, in_channels=1, seed=derive(own, "initial weights", r))
        for r in range(3)
    ]
    for r, each in enumerate(networks if initialisation == "fan_out" else ()):
        generator = torch.Generator().manual_seed(derive(own, "initial weights", r))
        for module in (weight for name, weight in each.named_parameters() if weight.dim() == 4):
            spread = math.sqrt(2 / (module.shape[0] * module.shape[2] * module.shape[3]))
            with torch.no_grad():
                module.normal_(0, spread, generator=generator)
    scores, affinity = twin.score_node(networks, DEEP, metric, batches, "disable", "mean")
    np.testing.assert_allclose(found.affinity, affinity, rtol=1e-14)
    assert metric == "gm" or np.array_equal(found.scores, scores, equal_nan=True)
    assert len({each.stem.weight.sum().item() for each in networks}) == 3
    assert all(torch.equal(weight, before[name]) for name, weight in network.state_dict().items())


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"weights": "none"}, r"weights is 'none', expected one of \['trained', 'initial'\]"),
        ({"weights": "initial", "warmup": Recipe(epochs=1)}, "weights is 'initial' and there is a warm-up"),
        ({"weights": "initial", "initialisation": "zero"}, r"initialisation is 'zero', expected one of \['default'"),
        ({"batch_norm": "none"}, r"batch_norm is 'none', expected one of \['batch', 'identity'\]"),
    ],
)
def test_weights_that_cannot_be_are_refused(how, said):
    with pytest.raises(FsnasError, match=said):
        score(random_network(4), DATA, "snip", batch_size=5, **how)


def test_the_average_of_scores_compares_their_means():
    scores = np.full((2, *SPACE.full().shape), np.nan)
    scores[:, 0] = [[1, 2, 4, 0, 0], [3, 1, 4, 0, 8]]
    node = NodeScores(SPACE, SPACE.full(), scores, np.zeros((6, 5, 5)))
    assert averaged(node, "affinities") is node.affinity
    mean = [2, 1.5, 4, 0, 4]
    assert averaged(node, "scores")[0].tolist() == [[-abs(a - b) for b in mean] for a in mean]
    assert np.isnan(averaged(node, "scores")[1:]).all()
    assert averaged(replace(node, scores=None), "scores") is node.affinity, "of a metric that gives affinities"
    with pytest.raises(FsnasError, match=r"average is 'mean', expected one of \['affinities', 'scores'\]"):
        averaged(node, "mean")
