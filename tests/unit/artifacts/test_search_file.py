"""search.json: what is written reads back; each damage is an error that names file and field."""

import json
import math
from dataclasses import asdict

import pytest

from fsnas.artifacts.search import read_search, write_search
from fsnas.search.samplers import taken
from fsnas.search.search import search
from tests.support.space import SPACE

SAMPLERS = ("random", "evolution", "tpe")
SETTINGS = {"samplers": [*SAMPLERS], "evaluations": 12}
LEAVES = {"0": SPACE.restrict(SPACE.full(), 1, [0, 2]), "1": SPACE.restrict(SPACE.full(), 1, [1, 3, 4])}


def evaluate(leaf, architecture):
    return (math.nan if leaf == "0" else 1.5), sum(architecture) / 24


def found(sampler, leaves=LEAVES):
    return search(SPACE, leaves, evaluate, sampler=sampler, evaluations=12, seed=1, **taken(sampler, {"population": 5}))


@pytest.fixture
def searches():
    return tuple(found(sampler) for sampler in SAMPLERS[::-1])


def write(path, searches):
    write_search(path, space=SPACE, method="mine", metric="snip", seed=3, searches=searches, key="k", settings=SETTINGS)


@pytest.fixture
def path(tmp_path, searches):
    write(tmp_path / "search.json", searches)
    return tmp_path / "search.json"


def test_searches_read_back_in_their_order(path, searches):
    record = read_search(path, SPACE)
    assert (record.method, record.metric, record.seed, record.key) == ("mine", "snip", 3, "k")
    assert record.settings == SETTINGS and record.searches == searches
    assert any(math.isnan(one.loss) for one in record.searches[0].evaluations)


def test_the_file_says_budget_and_best(path, searches):
    for each, written in zip(searches, json.loads(path.read_text())["searches"], strict=True):
        best = asdict(each.evaluations[each.best])
        best["loss"] = None if math.isnan(best["loss"]) else best["loss"]
        assert written["best"] == {"number": each.best, **best} and written["evaluations"][each.best] == best
        assert written["sampler"] == each.sampler and written["budget"] == 12 == len(written["evaluations"])


def test_a_space_of_one_point_is_written_too(tmp_path):
    path = tmp_path / "one.json"
    write(path, [found("tpe", {"root": SPACE.only((1, 1, 1, 1, 1, 1))})])
    assert len(set(read_search(path, SPACE).searches[0].evaluations)) == 1
