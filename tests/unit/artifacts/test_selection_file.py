"""rung-1/selection.json: what is written is read back; each damage is an error that names file and field."""

import json
import math
import re

import pytest

from fsnas.artifacts.selection import read_selection, write_selection
from fsnas.errors import ArtifactError
from fsnas.search.selection import LeafScore, Selection
from tests.support.damage import edit

RANKING = (LeafScore("10", 2, 0.75, 0.1 + 0.2), LeafScore("0", 0, 0.5, 1.5), LeafScore("11", 1, 0.5, 2.5))
SETTINGS = {"seed": 3, "sampled": 16, "machine": {"device": "cpu"}}


def write(path, ranking=RANKING, keep=2, settings=SETTINGS):
    write_selection(path, ranking, keep=keep, key="0123456789abcdef", settings=settings)


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


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    write(tmp_path / "again.json", list(RANKING), settings=dict(reversed(SETTINGS.items())))
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_not_written_and_the_old_file_stays(number, path):
    before = path.read_bytes()
    with pytest.raises(ArtifactError, match="cannot be written, field 'ranking"):
        write(path, [LeafScore("0", 0, number, 1.0), *RANKING[1:]])
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_a_missing_truncated_or_other_file_is_an_error(path, tmp_path):
    with pytest.raises(ArtifactError, match=r"absent\.json: no such file; run snakemake to make it"):
        read_selection(tmp_path / "absent.json")
    with pytest.raises(ArtifactError, match=r"rung-1: cannot be read as JSON \(.+\); remove the file and run"):
        read_selection(path.parent)
    whole = path.read_bytes()
    for content in (b"", b"no JSON", whole[:1], whole[: len(whole) // 2], whole[:-2], b"\xff" + whole):
        path.write_bytes(content)
        with pytest.raises(ArtifactError, match=r"selection\.json: cannot be read as JSON \(.+\); remove the"):
            read_selection(path)


@pytest.mark.parametrize(("content", "kind"), [("[1]", "list"), ('"text"', "str"), ("3", "int"), ("null", "NoneType")])
def test_what_is_no_object_is_an_error(content, kind, path):
    path.write_text(content)
    with pytest.raises(ArtifactError, match=rf"selection\.json: expected a JSON object, found a {kind}; remove it"):
        read_selection(path)


def first(**changes):
    """The ranking with another first entry; ``...`` leaves a field out."""
    entry = {"leaf": "10", "number": 2, "accuracy": 0.75, "loss": 0.5} | changes
    return {"ranking": [{name: value for name, value in entry.items() if value is not ...}]}


DAMAGES = {
    "other format": ({"format": "fsnas.tree"}, "field 'format' is 'fsnas.tree', expected 'fsnas.selection'; remove"),
    "no format": ({"format": ...}, "field 'format' is None, expected 'fsnas.selection'"),
    "newer version": ({"version": 2}, "field 'version' is 2, this fsnas reads 1; remove the file and run again"),
    "no version": ({"version": ...}, "field 'version' is None, this fsnas reads 1"),
    "no ranking": (
        {"ranking": ...},
        "field 'ranking' is None, expected a list of leaves; remove the file",
    ),
    "a number for a ranking": ({"ranking": 3}, "field 'ranking' is 3, expected a list of leaves"),
    "numbers in the ranking": ({"ranking": [1, 2]}, "field 'ranking[0].leaf' is None, expected text"),
    "no leaf": (first(leaf=...), "field 'ranking[0].leaf' is None, expected text"),
    "no number": (first(number=...), "field 'ranking[0].number' is None, expected a whole number from 0"),
    "no accuracy": (first(accuracy=...), "field 'ranking[0].accuracy' is None, expected a finite number"),
    "no loss": (first(loss=...), "field 'ranking[0].loss' is None, expected a finite number"),
    "a text for a number": (first(number="second"), "field 'ranking[0].number' is 'second', expected a whole"),
    "a text for an accuracy": (first(accuracy="high"), "field 'ranking[0].accuracy' is 'high', expected a finite"),
    "NaN": (first(accuracy=math.nan), "cannot be read as JSON (NaN is no JSON number)"),
    "infinite": (first(loss=math.inf), "cannot be read as JSON (Infinity is no JSON number)"),
    "a number as text": (first(number="2"), "field 'ranking[0].number' is '2', expected a whole number"),
    "a number below zero": (first(number=-1), "field 'ranking[0].number' is -1, expected a whole number"),
    "a null for a loss": (first(loss=None), "field 'ranking[0].loss' is None"),
    "no keep": ({"keep": ...}, "field 'keep' is None, expected 1 to 3"),
    "a list for keep": ({"keep": [1]}, "field 'keep' is [1], expected 1 to 3"),
    "half a leaf": ({"keep": 1.5}, "field 'keep' is 1.5, expected 1 to 3"),
    "true": ({"keep": True}, "field 'keep' is True, expected 1 to 3"),
    "keep none": ({"keep": 0}, "field 'keep' is 0, expected 1 to 3; remove the file and run again"),
    "keep fewer than none": ({"keep": -1}, "field 'keep' is -1, expected 1 to 3"),
    "keep more than there are": ({"keep": 4}, "field 'keep' is 4, expected 1 to 3"),
    "keep of no leaves": ({"ranking": []}, "field 'ranking' is [], expected a list of leaves"),
    "no key": ({"key": ...}, "field 'key' is None, expected text; remove the file and run again"),
}


@pytest.mark.parametrize(("changes", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_field_that_does_not_fit_is_named(changes, message, path):
    edit(path, changes)
    with pytest.raises(ArtifactError, match=rf"selection\.json: {re.escape(message)}"):
        read_selection(path)
