"""The samplers keep to the leaves and the budget, find what brute force finds, and are those of their papers."""

import logging
import warnings
from collections import Counter

import numpy as np
import optuna
import pytest
import torch
from scipy.stats import binom, chisquare, ttest_rel

from fsnas.errors import FsnasError
from fsnas.search import samplers
from fsnas.search.result import Evaluation, best_of
from fsnas.search.samplers import evolution
from fsnas.search.samplers.evolution import RegularizedEvolutionSampler
from fsnas.search.samplers.local import LocalSearchSampler
from fsnas.search.samplers.reinforce import ReinforceSampler
from fsnas.search.search import LEAF, search
from fsnas.spaces import count_architectures
from tests.reference.search import every_point, optimum
from tests.support.space import EDGES, SPACE
from tests.support.splits import grown_tree

WORST, BEST = (0, 0, 0, 0, 0, 0), (3, 3, 3, 1, 3, 3)


def smooth(seed=0):
    """What an architecture is worth: a term for every operation and a smaller one for every pair, plus the leaf's."""
    rng = np.random.default_rng(seed)
    single, pairs = rng.normal(size=(6, 5)), 0.3 * rng.normal(size=(6, 5, 6, 5))

    def evaluate(leaf, architecture):
        value = sum(single[e, o] for e, o in enumerate(architecture)) + 0.1 * leaf.count("1")
        value += sum(pairs[i, architecture[i], j, architecture[j]] for i in range(6) for j in range(i))
        return float(-value), float(1 / (1 + np.exp(-value / 4)))

    return evaluate


def planted(leaf, architecture):
    """The share of edges that have the operation of `BEST`: each edge tells a little, and only all of them give 1."""
    accuracy = sum(np.equal(architecture, BEST)) / 6
    return 1 - accuracy, float(accuracy)


def tiny_leaves():
    """Three leaves of 2, 4 and 6 architectures; the first two hold the same operations on edge 3<-2."""
    leaves = {"0": SPACE.only(WORST), "10": SPACE.only(BEST), "11": SPACE.only(BEST)}
    leaves["0"][5, [1, 3]] = leaves["0"][5, 0], True
    leaves["0"][5] = leaves["10"][5] = [True, False, False, True, False]
    leaves["10"][2, 4] = True
    leaves["11"][0, [2, 4]] = leaves["11"][4, 1] = True
    assert [count_architectures(space) for space in leaves.values()] == [2, 4, 6]
    return leaves


LEAVES = {
    "root": {"root": SPACE.full()},
    "binary": grown_tree("x", 0, (2, 2, 2), np.random.default_rng(1)).leaves,
    "exhaustive": grown_tree("x", 0, (5,), np.random.default_rng(2)).leaves,
    "tiny": tiny_leaves(),
    "point": {"0": SPACE.only(BEST)},
}


def run(leaves="binary", evaluate=None, *, sampler="evolution", evaluations=60, seed=0, **options):
    leaves = LEAVES[leaves] if isinstance(leaves, str) else leaves
    return search(SPACE, leaves, evaluate or smooth(), sampler=sampler, evaluations=evaluations, seed=seed, **options)


@pytest.fixture
def studies(monkeypatch):
    """The studies that searches make."""
    made, create = [], optuna.create_study

    def recorded(**options):
        made.append(create(**options))
        return made[-1]

    monkeypatch.setattr(optuna, "create_study", recorded)
    return made


@pytest.fixture
def parents(monkeypatch):
    """The parent of every trial after the first population."""
    drawn = []

    class Recording(RegularizedEvolutionSampler):
        def parent(self, study, living):
            drawn.append(super().parent(study, living))
            return drawn[-1]

    monkeypatch.setattr(evolution, "RegularizedEvolutionSampler", Recording)
    return drawn


@pytest.mark.parametrize("leaves", LEAVES)
@pytest.mark.parametrize("sampler", samplers.known())
def test_the_budget_is_kept_in_the_leaves_and_every_point_is_evaluated_once(sampler, leaves):
    calls: Counter[tuple] = Counter()
    evaluate = smooth()

    def counted(leaf, architecture):
        assert all(type(operation) is int for operation in architecture)
        calls[leaf, architecture] += 1
        return evaluate(leaf, architecture)

    found = run(leaves, counted, sampler=sampler, evaluations=45)
    points = [(one.leaf, SPACE.parse(one.architecture)) for one in found.evaluations]
    assert len(points) == 45 and found.sampler == sampler
    assert set(points) == set(calls) and set(calls.values()) == {1}
    for (leaf, architecture), one in zip(points, found.evaluations, strict=True):
        assert LEAVES[leaves][leaf][np.arange(len(EDGES)), architecture].all()
        assert (one.loss, one.accuracy) == evaluate(leaf, architecture)


@pytest.mark.parametrize("sampler", samplers.known())
def test_the_same_seed_gives_the_same_search(sampler):
    one = run(sampler=sampler)
    np.random.seed(7)  # nothing is drawn from the global generator
    backwards = dict(reversed(LEAVES["binary"].items()))
    assert run(sampler=sampler) == one == run(backwards, sampler=sampler)
    assert run(sampler=sampler, seed=1).evaluations != one.evaluations
    assert run(sampler=sampler, evaluations=30).evaluations == one.evaluations[:30], "the budget does not steer"


@pytest.mark.parametrize("sampler", samplers.known())
def test_a_whole_tiny_space_is_searched_as_by_brute_force(sampler):
    for seed in range(5):
        options = samplers.taken(sampler, {"population": 10, "tournament": 3})
        found = run("tiny", smooth(seed), sampler=sampler, evaluations=300, seed=seed, **options)
        best = found.evaluations[found.best]
        assert (best.leaf, best.architecture, best.loss, best.accuracy) == optimum(LEAVES["tiny"], smooth(seed))
    if sampler == "random":
        points = {(one.leaf, SPACE.parse(one.architecture)) for one in found.evaluations}
        assert points == set(every_point(LEAVES["tiny"]))


@pytest.mark.parametrize("sampler", sorted({*samplers.known()} - {"random"}))
@pytest.mark.parametrize("leaves", ["root", "binary"])
def test_a_sampler_that_learns_beats_random_on_a_smooth_objective(sampler, leaves):
    best = {}  # over 60 other seeds evolution gains 0.05 with a spread of 0.04, so that 24 show it beyond doubt
    for name in ("random", sampler):
        runs = [run(leaves, smooth(seed), sampler=name, evaluations=100, seed=seed) for seed in range(24)]
        best[name] = [found.evaluations[found.best].accuracy for found in runs]
    assert ttest_rel(best[sampler], best["random"], alternative="greater").pvalue < 0.01


def test_random_draws_leaves_and_operations_uniformly():
    found = run(sampler="random", evaluations=800).evaluations
    assert chisquare([*Counter(one.leaf for one in found).values()]).pvalue > 1e-3
    assert len({one.leaf for one in found}) == 8
    edge = [SPACE.parse(one.architecture)[0] for one in run("root", sampler="random", evaluations=500).evaluations]
    assert chisquare([edge.count(o) for o in range(5)]).pvalue > 1e-3


def test_parameters_are_named_by_edge_and_operations_and_only_choices_are_parameters(studies):
    run("tiny", sampler="random", evaluations=100)
    names = {trial.params[LEAF]: set(trial.params) - {LEAF} for trial in studies[-1].trials}
    assert names["0"] == {"3<-2 of none,nor_conv_3x3"}
    assert names["10"] == {"3<-2 of none,nor_conv_3x3", "2<-1 of nor_conv_3x3,avg_pool_3x3"}
    assert names["11"] == {"1<-0 of nor_conv_1x1,nor_conv_3x3,avg_pool_3x3", "3<-1 of skip_connect,nor_conv_3x3"}
    run("root", evaluations=3)
    assert {len(trial.params) for trial in studies[-1].trials} == {6}, "a tree with one leaf has no choice of leaf"
    run("point", evaluations=30)
    assert {len(trial.params) for trial in studies[-1].trials} == {0}


@pytest.fixture
def logged():
    """What Optuna logs, at its usual verbosity."""
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.INFO)
    logging.getLogger("optuna").addHandler(handler)
    yield records
    logging.getLogger("optuna").removeHandler(handler)
    optuna.logging.set_verbosity(before)


@pytest.mark.parametrize("leaves", LEAVES)
@pytest.mark.parametrize("sampler", samplers.known())
def test_nothing_is_warned_or_logged_and_the_verbosity_is_put_back(sampler, leaves, logged):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(leaves, sampler=sampler)
        with pytest.raises(ZeroDivisionError):
            run(leaves, lambda leaf, architecture: 1 / 0, sampler=sampler)
    assert logged == [] and optuna.logging.get_verbosity() == optuna.logging.INFO
    optuna.create_study()
    assert len(logged) == 1, "without a search Optuna is as loud as before"


def test_the_best_has_the_highest_accuracy_then_the_lowest_loss_then_comes_first():
    def best(*pairs):
        return best_of([Evaluation("root", "x", loss, accuracy) for loss, accuracy in pairs])

    assert best((1.0, 0.5), (2.0, 0.7), (1.0, 0.6)) == 1
    assert best((2.0, 0.7), (1.0, 0.7), (1.0, 0.7)) == 1
    assert best((np.nan, 0.7), (9.0, 0.7)) == 1 and best((np.nan, 0.7), (9.0, 0.6)) == 0
    assert best((np.nan, 0.7), (np.nan, 0.7)) == 0


def test_a_loss_that_is_not_finite_is_nan_and_ranks_last():
    found = run("tiny", lambda leaf, architecture: (np.inf if leaf == "0" else 2.0, 0.5), sampler="random")
    assert {str(one.loss) for one in found.evaluations if one.leaf == "0"} == {"nan"}
    assert found.evaluations[found.best].leaf != "0"


# Evolution


def test_the_first_population_is_random_whatever_the_accuracies():
    one, other = (run(evaluate=smooth(k), population=25).evaluations for k in (0, 1))
    points = [[(o.leaf, o.architecture) for o in found] for found in (one, other)]
    assert points[0][:25] == points[1][:25] and points[0][25:] != points[1][25:]


@pytest.mark.parametrize(("population", "tournament"), [(10, 3), (10, 10), (7, 1), (1, 1)])
def test_a_parent_is_among_the_last_population_and_no_older(population, tournament, parents, studies):
    first = iter(np.linspace(1, 0, 80))  # the oldest is the best: without ageing it would be the parent for ever
    how = {"evaluations": 80, "population": population, "tournament": tournament}
    run("binary", lambda leaf, architecture: (0.0, next(first)), **how)
    assert len(parents) == 80 - population
    ages = [number - parent.number for number, parent in enumerate(parents, start=population)]
    assert min(ages) >= 1 and max(ages) == population
    if tournament == population:
        values = [trial.value for trial in studies[-1].trials]
        alive = [values[number - population : number] for number in range(population, 80)]
        assert [parent.value for parent in parents] == [max(each) for each in alive]


def test_the_tournament_takes_its_best_as_often_as_drawing_without_replacement_would():
    # That the best of 10 is among 4 drawn has probability 0.4; with replacement it would have 0.34.
    rng = np.random.default_rng(0)
    living = [optuna.trial.create_trial(value=value) for value in rng.permutation(10)]
    sampler, study = RegularizedEvolutionSampler(10, 4, 0), optuna.create_study(direction="maximize")
    wins = sum(sampler.parent(study, living).value == 9 for _ in range(4000))
    assert binom.cdf(wins, 4000, 0.4) > 1e-3 and binom.sf(wins, 4000, 0.4) > 1e-3


def test_members_that_tie_are_parents_equally_often():
    living = [optuna.trial.create_trial(value=1.0, user_attrs={"i": i}) for i in range(6)]
    sampler, study = RegularizedEvolutionSampler(6, 6, 0), optuna.create_study(direction="maximize")
    counts = Counter(sampler.parent(study, living).user_attrs["i"] for _ in range(1200))
    assert chisquare([counts[i] for i in range(6)]).pvalue > 1e-3


def test_a_child_differs_in_one_parameter_or_in_the_leaf_and_what_the_parent_does_not_have(parents, studies):
    run("binary", evaluations=400)
    changed: Counter[bool] = Counter()
    children = studies[-1].trials[20:]
    for parent, child in zip(parents, children, strict=True):
        shared = set(parent.params) & set(child.params)
        different = [name for name in shared if parent.params[name] != child.params[name]]
        assert len(different) == 1, "one mutation, to another value"
        changed[different[0] == LEAF] += 1
        if different != [LEAF]:
            assert set(parent.params) == set(child.params)
    assert changed[True] > 20 and changed[False] > 200, "the leaf is one of at most 7 parameters"


def test_every_parameter_and_every_other_value_is_mutated_equally_often(parents, studies):
    run("root", evaluations=920)
    names: Counter[str] = Counter()
    values: Counter[int] = Counter()
    for parent, child in zip(parents, studies[-1].trials[20:], strict=True):
        (name,) = [name for name in parent.params if parent.params[name] != child.params[name]]
        operations = parent.distributions[name].choices
        names[name] += 1
        values[(operations.index(child.params[name]) - operations.index(parent.params[name])) % 5] += 1
    assert len(names) == 6 and chisquare([*names.values()]).pvalue > 1e-3
    assert sorted(values) == [1, 2, 3, 4] and chisquare([*values.values()]).pvalue > 1e-3


def test_what_the_parent_does_not_have_is_drawn_uniformly():
    """Leaf 0 fixes edge 3<-2; only leaf 1 has its parameter, and every child of leaf 0 in leaf 1 draws it anew."""
    leaves = {"0": SPACE.restrict(SPACE.full(), 5, [0]), "1": SPACE.restrict(SPACE.full(), 5, [1, 2, 3, 4])}
    drawn: Counter[int] = Counter()
    for seed in range(40):
        found = run(leaves, lambda leaf, a: (0.0, float(leaf == "0")), seed=seed, population=20, tournament=20)
        new = [SPACE.parse(one.architecture)[5] for one in found.evaluations[20:] if one.leaf == "1"]
        drawn.update(new)
    assert sorted(drawn) == [1, 2, 3, 4] and chisquare([*drawn.values()]).pvalue > 1e-3


def test_the_sampler_serves_a_study_that_minimises_and_leaves_other_parameters_alone():
    sampler = RegularizedEvolutionSampler(8, 8, seed=0)
    study = optuna.create_study(direction="minimize", sampler=sampler)
    for _ in range(60):
        trial = study.ask()
        study.tell(trial, trial.suggest_float("x", 0, 1) + trial.suggest_categorical("y", [0, 1, 2]))
    best = min(study.trials[:8], key=lambda trial: trial.values[0])
    assert study.trials[8].params["x"] == best.params["x"] and len({t.params["x"] for t in study.trials}) <= 8


# Local search


def test_a_neighbour_has_another_operation_on_one_edge_or_another_leaf_and_each_is_evaluated(studies):
    leaves = {name: SPACE.restrict(SPACE.full(), 0, [o]) for name, o in zip("01234", range(5), strict=True)}
    run(leaves, planted, sampler="local", evaluations=1 + 4 + 5 * 4)
    start, around = studies[-1].trials[0], studies[-1].trials[1:]
    assert {len(trial.params) for trial in [start, *around]} == {6}, "the leaf, and five edges"
    assert all(sum(trial.params[k] != v for k, v in start.params.items()) == 1 for trial in around)
    assert len({tuple(trial.params.values()) for trial in [start, *around]}) == 25


def test_it_moves_to_the_best_neighbour_and_begins_again_at_random_where_none_is_better(studies):
    def rugged(leaf, architecture):
        return 0.0, float(np.random.default_rng(list(architecture)).random())

    run("root", rugged, sampler="local", evaluations=400)
    trials, known, here, starts, moves = studies[-1].trials, {}, None, 0, 0

    def key(params):
        return tuple(params[name] for name in sorted(params))

    while len(known) < 300:  # rounds, from the order of the trials and their values alone
        if here is None:
            here, starts = trials[len(known)], starts + 1
            assert key(here.params) not in known
            known[key(here.params)] = here
        neighbours = [
            key(here.params | {name: value}) for name in here.params for value in here.distributions[name].choices
            if value != here.params[name]
        ]  # fmt: skip
        new = [one for one in neighbours if one not in known]
        made = trials[len(known) : len(known) + len(new)]
        assert sorted(key(trial.params) for trial in made) == sorted(new)
        assert [key(trial.params) for trial in made] != new, "in random order"
        known |= {key(trial.params): trial for trial in made}
        best = max((known[one] for one in neighbours), key=lambda trial: trial.value)
        moves += best.value > here.value
        here = best if best.value > here.value else None
    assert starts > 2 and moves > 2


def test_one_climb_finds_the_top_of_a_landscape_with_one_optimum():
    for seed in range(20):
        found = run("root", planted, sampler="local", evaluations=1 + 6 * 24, seed=seed)
        assert found.evaluations[found.best].accuracy == 1


def test_local_search_serves_a_study_that_minimises_and_begins_other_parameters_anew_with_each_start():
    sampler = LocalSearchSampler(seed=0)
    study = optuna.create_study(direction="minimize", sampler=sampler)
    for _ in range(60):
        trial = study.ask()
        study.tell(trial, abs(trial.suggest_categorical("x", list(range(9))) - 4) + trial.suggest_float("y", 0, 0.1))
    assert {trial.params["x"] for trial in study.trials[:9]} == set(range(9))
    assert len({trial.params["y"] for trial in study.trials[:9]}) == 1, "what is no choice is inherited"
    assert 5 < len({trial.params["y"] for trial in study.trials}) < 60


# REINFORCE


def test_reinforce_beats_random_on_a_planted_landscape():
    found = {name: [run("root", planted, sampler=name, evaluations=100, seed=seed) for seed in range(20)]
             for name in ("random", "reinforce")}  # fmt: skip
    best = {name: [one.evaluations[one.best].accuracy for one in runs] for name, runs in found.items()}
    assert min(best["reinforce"]) >= 5 / 6 and np.mean(best["reinforce"]) > np.mean(best["random"]) + 0.25
    assert np.mean([np.array(best["reinforce"]) > best["random"]]) >= 0.9
    late = [np.mean([each.accuracy for each in one.evaluations[-20:]]) for one in found["reinforce"]]
    assert min(late) > 0.5, "the policy itself is good: a uniform one has 0.2"


def test_the_logits_are_those_of_adam_in_pytorch_on_the_loss_of_nas_bench_201():
    sampler, rng = ReinforceSampler(0.1, 0.9, seed=3), np.random.default_rng(0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    logits = {name: torch.zeros(n, dtype=torch.float64, requires_grad=True) for name, n in (("a", 3), ("b", 4))}
    optimisers = {name: torch.optim.Adam([values], lr=0.1) for name, values in logits.items()}
    rewards: list[float] = []
    for step in range(40):
        trial = study.ask()
        names = ["a", "b"] if step % 3 else ["a"]  # b is of a leaf that not every trial has
        chosen = {name: trial.suggest_categorical(name, list(range(len(logits[name])))) for name in names}
        rewards.append(float(rng.random()) + chosen["a"])
        study.tell(trial, rewards[-1])
        weights = 0.9 ** np.arange(len(rewards))[::-1]
        advantage = rewards[-1] - float(weights @ rewards / weights.sum())
        for name in names:
            optimisers[name].zero_grad()
            (-advantage * torch.log_softmax(logits[name], 0)[chosen[name]]).backward()
            optimisers[name].step()
    for name, values in logits.items():
        np.testing.assert_allclose(sampler.probabilities(name), torch.softmax(values, 0).detach(), rtol=1e-10)


def test_the_first_choices_of_reinforce_are_uniform_and_other_parameters_are_left_alone():
    firsts = [run("root", sampler="reinforce", evaluations=1, seed=seed).evaluations[0] for seed in range(400)]
    edge = [SPACE.parse(one.architecture)[0] for one in firsts]
    assert chisquare([edge.count(o) for o in range(5)]).pvalue > 1e-3
    study = optuna.create_study(direction="minimize", sampler=ReinforceSampler(0.5, 0.5, seed=0))
    for _ in range(60):
        trial = study.ask()
        study.tell(trial, trial.suggest_categorical("y", [0, 1, 2]) + 0 * trial.suggest_float("x", 0, 1))
    assert {trial.params["y"] for trial in study.trials[-20:]} == {0}
    assert len({trial.params["x"] for trial in study.trials}) == 60


# Errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampler": "evolutoin"}, r"no sampler 'evolutoin' \(did you mean 'evolution'\?\)\. Known samplers: ev"),
        ({"evaluations": 0}, "budget of the search is 0 evaluations, expected at least 1"),
        ({"population": 0}, "population is 0, expected at least 1"),
        ({"population": 4, "tournament": 5}, "tournament is 5, expected 1 to 4, the population"),
        ({"tournament": 0}, "tournament is 0, expected 1 to 20"),
        ({"sampler": "reinforce", "learning_rate": 0.0}, "learning rate is 0.0, expected more than 0"),
        ({"sampler": "reinforce", "baseline_momentum": 1.0}, "baseline's momentum is 1.0, expected 0 or more and less"),
        ({"leaves": {}}, "no leaf to search; expected the leaves of a tree"),
        ({"leaves": {"01": np.zeros((6, 5), bool)}}, r"leaf 01 has the shape \(6, 5\), or an edge without operations"),
        ({"leaves": {"01": np.ones(5, bool)}}, r"leaf 01 has the shape \(5,\)"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_errors(options, message):
    with pytest.raises(FsnasError, match=message):
        run(**options)


@pytest.mark.parametrize("accuracy", [np.nan, np.inf])
def test_an_accuracy_that_is_not_finite_names_leaf_and_architecture(accuracy):
    message = rf"leaf 0, architecture \|nor_conv_3x3~0\|\+.*: the accuracy is {accuracy}, expected a finite number"
    with pytest.raises(FsnasError, match=message):
        run("point", lambda leaf, architecture: (1.0, accuracy))
