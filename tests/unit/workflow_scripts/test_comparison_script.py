"""The job of the comparison: which file belongs to whom, and what the trees took."""

from types import SimpleNamespace

import numpy as np
import pytest

from fsnas.analysis.training_cost import COST_COLUMNS, cost_table
from fsnas.artifacts.architectures import write_architectures
from fsnas.artifacts.scores import write_scores
from fsnas.artifacts.training_cost import write_training_cost
from fsnas.search.result import Evaluation, SearchRecord, SearchResult
from fsnas.search.trajectory import LeafTrajectory, Learned
from fsnas.splitting.affinities import NodeScores
from fsnas.training.record import TrainingCost
from tests.support.scripts import script
from tests.support.space import SPACE

comparison = script("comparison")
NAMES = [SPACE.architecture_string(a) for a in ((3, 3, 4, 1, 0, 2), (1, 1, 1, 1, 1, 1), (3, 3, 3, 3, 3, 3))]


# Architectures that were found


def write_found(path, names, test, epochs=3, seed=0):
    name = f"accuracy_{epochs}_epochs_seed_{seed}"
    columns = {f"standalone_valid_{name}": np.full(len(names), 1.0), f"standalone_test_{name}": np.array(test)}
    write_architectures(path, names, columns, space=SPACE, kind="standalone", key="k", settings={})
    return str(path)


def test_found_architectures_have_their_test_accuracies(tmp_path):
    files = [
        write_found(tmp_path / "seed-0" / "gm" / "found.h5", NAMES[:2], [50.5, 61.25]),
        write_found(tmp_path / "seed-1" / "snip" / "found.h5", NAMES[2:], [70.0], epochs=12, seed=1),
    ]
    found = comparison.found_accuracies(files)
    assert found == dict(zip(NAMES, [50.5, 61.25, 70.0], strict=True))
    assert all(type(value) is float for value in found.values())
    assert comparison.found_accuracies([]) == {}


def test_of_an_architecture_that_was_found_twice_the_later_file_counts(tmp_path):
    files = [write_found(tmp_path / f"{i}.h5", NAMES[i : i + 2], [10.0 + i, 20.0 + i]) for i in range(2)]
    assert comparison.found_accuracies(files)[NAMES[1]] == 11.0
    assert comparison.found_accuracies(files[::-1])[NAMES[1]] == 20.0


# Costs


@pytest.fixture
def run(tmp_path):
    """Files of a run with two seeds and the methods gm, snip and none."""
    inputs = SimpleNamespace(roots=[], costs=[], learned_costs=[], scores=[])

    def cost(kind, path, *values, key=None):
        write_training_cost(tmp_path / path, TrainingCost(*values, "cpu", key or path, device_seconds=values[1] / 2))
        getattr(inputs, kind).append(str(tmp_path / path))

    def scored(path, seconds):
        node = NodeScores(SPACE, SPACE.full(), None, np.zeros((6, 5, 5)), ())
        about = {"seconds": seconds, "device_seconds": seconds / 2, "key": path}
        write_scores(tmp_path / path, {"root": node}, space=SPACE, attributes=about)
        inputs.scores.append(str(tmp_path / path))

    for seed in (0, 1):
        cost("roots", f"seed-{seed}/supernet.json", 20 + seed, 100.5 + seed, 9000)
        scored(f"seed-{seed}/gm/level-0/scores.h5", 2.0 + seed)
        scored(f"seed-{seed}/gm/level-1/scores.h5", 0.5)
        scored(f"seed-{seed}/snip/level-0/scores.h5", 4.0)
    cost("costs", "seed-0/gm/leaves/0.json", 5, 10.0, 500)
    cost("costs", "seed-0/gm/leaves/1.json", 5, 12.0, 600)
    cost("costs", "seed-0/gm/leaves/rung-1/0.json", 7, 14.25, 800)
    cost("costs", "seed-1/gm/leaves/0.json", 5, 11.0, 500)
    cost("costs", "seed-0/snip/leaves/0.json", 5, 10.0, 500, key="seed-0/gm/leaves/0.json")
    cost("costs", "seed-0/snip/leaves/1.json", 5, 13.0, 650)
    cost("costs", "seed-0/snip/leaves/rung-1/0.json", 0, 0.0, 0)
    cost("costs", "seed-0/none/leaves/root.json", 10, 60.0, 4000)
    params = SimpleNamespace(settings={"rooted": ["gm", "snip"]})
    return SimpleNamespace(input=inputs, params=params, config={"outdir": str(tmp_path)})


LEARNED = Learned(1, ((0.0,),), ((1.0,),), NAMES[0], 1.0, 0.5)


def searched(method, seed, *evaluations, search=None):
    """The record of one search per number of evaluations."""
    one = Evaluation("0", NAMES[0], 1.0, 0.5)
    learned = () if search is None else (LeafTrajectory(search, "0", (LEARNED,)),)
    searches = tuple(SearchResult(f"sampler {i}", (one,) * count, 0) for i, count in enumerate(evaluations))
    searches += () if search is None else (SearchResult(search, (one,) * 2, 0),)
    return {(method, seed): SearchRecord(method, "gm", seed, searches, "k", {}, learned)}


ROWS = {
    ("gm", 0): (20, 17, 1900, 3, 0, 100.5, 2.5, 36.25, 50.25, 1.25, 18.125, 30),
    ("gm", 1): (21, 5, 500, 1, 0, 101.5, 3.5, 11.0, 50.75, 1.75, 5.5, 30),
    # A leaf of no epochs was neither trained nor shared.
    ("snip", 0): (20, 10, 1150, 1, 1, 100.5, 4.0, 23.0, 50.25, 2.0, 11.5, 8),
    ("none", 0): (0, 10, 4000, 1, 0, 0.0, 0.0, 60.0, 0.0, 0.0, 30.0, 30),  # neither the root nor scores are needed
}


def test_costs_are_added_up_by_method_and_seed(run):
    searches = searched("gm", 0, 30, 30) | searched("gm", 1, 30) | searched("snip", 0, 8) | searched("none", 0, 30)
    rows = comparison.cost_rows(run, searches)
    assert [tuple(row) for row in rows] == [tuple(COST_COLUMNS)] * 4
    assert {(row["method"], row["seed"]): tuple(row.values())[3:] for row in rows} == ROWS
    assert len(cost_table(rows)) == 4


def test_a_differentiable_search_has_a_row_of_its_own(run, tmp_path):
    for number, key in enumerate(("a", "b")):
        path = tmp_path / f"seed-0/gm/leaves/darts-2/{number}.json"
        write_training_cost(path, TrainingCost(5, 20.0, 1000, "cpu", key, device_seconds=15.0))
        run.input.learned_costs.append(str(path))
    sampled, learned = comparison.cost_rows(run, searched("gm", 0, 30, search="darts-2"))
    assert tuple(sampled.values()) == ("gm", 0, "sampled", *ROWS["gm", 0])
    assert tuple(learned.values()) == (
        *("gm", 0, "darts-2", 20, 10, 2000, 2, 0, 100.5, 2.5, 40.0, 50.25, 1.25, 30.0, 2),
    )


def test_only_methods_that_were_searched_have_a_row(run):
    rows = comparison.cost_rows(run, searched("snip", 0, 8))
    alone = (*ROWS["snip", 0][:3], 2, 0, *ROWS["snip", 0][5:])  # no method before it has trained a leaf for it
    assert [tuple(row.values()) for row in rows] == [("snip", 0, "sampled", *alone)]
    assert comparison.cost_rows(run, {}) == []
