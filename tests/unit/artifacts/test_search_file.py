"""search.json: several searches in their order, each with its budget and its best."""

import json
import math
from dataclasses import replace

import pytest

from fsnas.artifacts.search import read_search, write_search
from fsnas.errors import ArtifactError
from fsnas.search.result import SearchResult
from fsnas.search.trajectory import LeafTrajectory
from tests.support.damage import KEY, evaluations, learned
from tests.support.space import SPACE

BY_TPE = (replace(evaluations()[0], loss=math.nan), *evaluations()[1:], evaluations()[1])
SEARCHES = (SearchResult("tpe", BY_TPE, 2), SearchResult("evolution", evaluations(0.75), 2))


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "search.json", SEARCHES)
    return tmp_path / "search.json"


def write(path, searches, trajectories=()):
    about = {"method": "mine", "metric": "snip", "seed": 3, "key": KEY, "settings": {}}
    write_search(path, space=SPACE, searches=searches, trajectories=trajectories, **about)


def test_the_file_says_budget_and_best_and_reads_back_in_its_order(path):
    content = json.loads(path.read_text())
    assert [(each["sampler"], each["budget"]) for each in content["searches"]] == [("tpe", 5), ("evolution", 4)]
    for each, written in zip(SEARCHES, content["searches"], strict=True):
        best = each.evaluations[2]
        point = {"leaf": "0", "architecture": best.architecture, "loss": 1.5, "accuracy": best.accuracy}
        assert written["best"] == {"number": 2, **point} and written["evaluations"][2] == point
    assert content["searches"][0]["evaluations"][0]["loss"] is None
    assert str(read_search(path, SPACE).searches) == str(SEARCHES)


def test_trajectories_read_back(path):
    found = (LeafTrajectory("tpe", "0", (learned(), learned(2))), LeafTrajectory("tpe", "1", (learned(last=0.5),)))
    write(path, SEARCHES, found)
    assert read_search(path, SPACE).trajectories == found


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (
            LeafTrajectory("gdas", "0", (learned(),)),
            r"\[0\].search': found 'gdas', expected one of \['tpe', 'ev",
        ),
        (LeafTrajectory("tpe", "0", (learned(2),)), r"\[0\].epochs\[0\].epoch': found 2, expected 1"),
        (
            LeafTrajectory("tpe", "0", (replace(learned(), shares=((1.0,),)),)),
            r"\[0\].epochs\[0\].shares': expected 6 rows of 5 numbers or null",
        ),
        (
            LeafTrajectory("tpe", "0", (replace(learned(), architecture="|none~0|"),)),
            r"\[0\].epochs\[0\].architecture': the architecture '\|none~0\|' has 1 edges, expected 6",
        ),
    ],
    ids=["search", "epoch", "rows", "architecture"],
)
def test_trajectories_that_could_not_be_read_are_not_written(one, message, path):
    with pytest.raises(ArtifactError, match=rf"search\.json: .*'trajectories{message}"):
        write(path, SEARCHES, [one])
    assert read_search(path).trajectories == ()


@pytest.mark.parametrize(
    ("searches", "message"),
    [([SEARCHES[0]] * 2, "'searches': found the samplers .* each once"), ([], "'searches' is .* at least 1 item")],
)
def test_searches_that_could_not_be_read_are_not_written(searches, message, path):
    with pytest.raises(ArtifactError, match=rf"search\.json: .*{message}"):
        write(path, searches)
    assert str(read_search(path).searches) == str(SEARCHES)
