"""rung-1/selection.json: what is written is read back; each damage is an error that names file and field."""

import json
import math
import re

import pytest

from fsnas.artifacts.selection import read_selection, write_selection
from fsnas.errors import ArtifactError
from fsnas.search.selection import LeafScore, Selection
from tests.support.damage import edit, put

RANKING = (LeafScore("10", 2, 0.75, 0.1 + 0.2), LeafScore("0", 0, 0.5, 1.5), LeafScore("11", 1, 0.5, 2.5))
SETTINGS = {"seed": 3, "sampled": 16, "machine": {"device": "cpu"}}


def write(path, ranking=RANKING, keep=2):
    write_selection(path, ranking, keep=keep, key="0123456789abcdef", settings=SETTINGS)


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "rung-1" / "selection.json")
    return tmp_path / "rung-1" / "selection.json"


def test_a_selection_reads_back(path):
    found = read_selection(path)
    assert found == Selection(RANKING, 2, "0123456789abcdef")
    assert found.kept == RANKING[:2]
    types = [(str, int, float, float)] * 3
    assert [tuple(map(type, (j.leaf, j.number, j.accuracy, j.loss))) for j in found.ranking] == types


@pytest.mark.parametrize("keep", [1, 3])
def test_the_best_go_on_one_at_least_and_all_at_most(keep, path):
    write(path, keep=keep)
    assert read_selection(path).kept == RANKING[:keep]


def test_the_file_is_sorted_json_with_its_settings(path):
    content = json.loads(path.read_text())
    assert list(content) == sorted(content) and path.read_text().endswith("}\n")
    assert (content["format"], content["version"]) == ("fsnas.selection", 1)
    assert content["settings"] == SETTINGS and [judged["leaf"] for judged in content["ranking"]] == ["10", "0", "11"]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_not_written_and_the_old_file_stays(number, path):
    before = path.read_bytes()
    with pytest.raises(ArtifactError, match="cannot be written, field 'ranking"):
        write(path, [LeafScore("0", 0, number, 1.0), *RANKING[1:]])
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


WRONG = {  # by field: what stands there instead (... for nothing), and what is expected
    "ranking": ([..., 3, []], "a list of leaves"),
    "ranking[0].leaf": ([..., 3], "text"),
    "ranking[0].number": ([..., "second", "2", -1, 0.5, True], "a whole number from 0"),
    "ranking[0].accuracy": ([..., "high", True], "a finite number"),
    "ranking[0].loss": ([..., None], "a finite number"),
    "keep": ([..., [1], 1.5, True, 0, -1, 4], "1 to 3"),
    "key": ([..., 3], "text"),
}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [(field, v, expected) for field, (values, expected) in WRONG.items() for v in values],
)
def test_a_field_that_does_not_fit_is_named(field, value, expected, path):
    edit(path, lambda content: put(content, field, value))
    found = None if value is ... else value
    message = re.escape(f"selection.json: field '{field}' is {found!r}, expected {expected}; remove the file and run")
    with pytest.raises(ArtifactError, match=message):
        read_selection(path)


def test_what_is_no_leaf_is_named(path):
    edit(path, {"ranking": [1, 2]})
    with pytest.raises(ArtifactError, match=r"field 'ranking\[0\]\.leaf' is None, expected text"):
        read_selection(path)
