"""search.json: several searches in their order, each with its budget and its best."""

import json
import math
from dataclasses import replace

import pytest

from fsnas.artifacts.search import read_search, write_search
from fsnas.errors import ArtifactError
from fsnas.search.result import SearchResult
from tests.support.damage import KEY, evaluations
from tests.support.space import SPACE

BY_TPE = (replace(evaluations()[0], loss=math.nan), *evaluations()[1:], evaluations()[1])
SEARCHES = (SearchResult("tpe", BY_TPE, 2), SearchResult("evolution", evaluations(0.75), 2))


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "search.json", SEARCHES)
    return tmp_path / "search.json"


def write(path, searches):
    write_search(path, space=SPACE, method="mine", metric="snip", seed=3, searches=searches, key=KEY, settings={})


def test_the_file_says_budget_and_best_and_reads_back_in_its_order(path):
    content = json.loads(path.read_text())
    assert [(each["sampler"], each["budget"]) for each in content["searches"]] == [("tpe", 5), ("evolution", 4)]
    for each, written in zip(SEARCHES, content["searches"], strict=True):
        best = each.evaluations[2]
        point = {"leaf": "0", "architecture": best.architecture, "loss": 1.5, "accuracy": best.accuracy}
        assert written["best"] == {"number": 2, **point} and written["evaluations"][2] == point
    assert content["searches"][0]["evaluations"][0]["loss"] is None
    assert str(read_search(path, SPACE).searches) == str(SEARCHES)


@pytest.mark.parametrize(
    ("searches", "message"),
    [([SEARCHES[0]] * 2, "'searches': found the samplers .* each once"), ([], "'searches' is .* at least 1 item")],
)
def test_searches_that_could_not_be_read_are_not_written(searches, message, path):
    with pytest.raises(ArtifactError, match=rf"search\.json: .*{message}"):
        write(path, searches)
    assert str(read_search(path).searches) == str(SEARCHES)
