"""rung-1/selection.json: what is written is read back; each damage is an error that names file and field."""

import json
import math
import re

import pytest

from fsnas.artifacts.selection import Judged, Selection, read_selection, write_selection
from fsnas.errors import ArtifactError

RANKING = (Judged("10", 2, 0.75, 0.1 + 0.2), Judged("0", 0, 0.5, 1.5), Judged("11", 1, 0.5, 2.5))
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
    with pytest.raises((ArtifactError, ValueError)):
        write(path, [Judged("0", 0, number, 1.0), *RANKING[1:]])
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_a_missing_truncated_or_other_file_is_an_error(path, tmp_path):
    with pytest.raises(ArtifactError, match=r"absent\.json: no such file; run snakemake to make it"):
        read_selection(tmp_path / "absent.json")
    with pytest.raises(ArtifactError, match=r"rung-1: cannot read field 'top level' \(.+\); remove the file and run"):
        read_selection(path.parent)
    whole = path.read_bytes()
    for content in (b"", b"no JSON", whole[:1], whole[: len(whole) // 2], whole[:-2], b"\xff" + whole):
        path.write_bytes(content)
        with pytest.raises(ArtifactError, match=r"selection\.json: cannot read field 'top level' \(.+\); remove the"):
            read_selection(path)


@pytest.mark.parametrize("content", ["[1]", '"text"', "3", "null", "NaN"])
def test_what_is_no_object_is_an_error(content, path):
    path.write_text(content)
    with pytest.raises(ArtifactError, match=r"selection\.json: cannot read field 'top level'"):
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
    "no ranking": ({"ranking": ...}, "cannot read field 'ranking' ('ranking'); remove the file and run again"),
    "a number for a ranking": ({"ranking": 3}, "cannot read field 'ranking' ("),
    "numbers in the ranking": ({"ranking": [1, 2]}, "cannot read field 'ranking' ("),
    "no leaf": (first(leaf=...), "cannot read field 'ranking' ('leaf')"),
    "no number": (first(number=...), "cannot read field 'ranking' ('number')"),
    "no accuracy": (first(accuracy=...), "cannot read field 'ranking' ('accuracy')"),
    "no loss": (first(loss=...), "cannot read field 'ranking' ('loss')"),
    "a text for a number": (first(number="second"), "cannot read field 'ranking' ("),
    "a text for an accuracy": (first(accuracy="high"), "cannot read field 'ranking' ("),
    "a null for a loss": (first(loss=None), "cannot read field 'ranking' ("),
    "no keep": ({"keep": ...}, "cannot read field 'keep' ('keep')"),
    "a null for keep": ({"keep": None}, "cannot read field 'keep' ("),
    "a list for keep": ({"keep": [1]}, "cannot read field 'keep' ("),
    "keep none": ({"keep": 0}, "field 'keep' is 0, expected 1 to 3; remove it and run again"),
    "keep fewer than none": ({"keep": -1}, "field 'keep' is -1, expected 1 to 3"),
    "keep more than there are": ({"keep": 4}, "field 'keep' is 4, expected 1 to 3"),
    "keep of no leaves": ({"ranking": []}, "field 'keep' is 2, expected 1 to 0"),
    "no key": ({"key": ...}, "cannot read field 'key' ('key'); remove the file and run again"),
}


def spoil(path, changes):
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not ...}))


@pytest.mark.parametrize(("changes", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_field_that_does_not_fit_is_named(changes, message, path):
    spoil(path, changes)
    with pytest.raises(ArtifactError, match=rf"selection\.json: {re.escape(message)}"):
        read_selection(path)


UNSEEN = {
    "NaN": (first(accuracy=math.nan) | {"keep": 1}, "ranking"),
    "infinite": (first(loss=math.inf) | {"keep": 1}, "ranking"),
    "half a leaf": ({"keep": 1.5}, "keep"),
    "true": ({"keep": True}, "keep"),
    "a number as text": (first(number="2") | {"keep": 1}, "ranking"),
    "a number below zero": (first(number=-1) | {"keep": 1}, "ranking"),
    "a leaf without a name": (first(leaf=None) | {"keep": 1}, "ranking"),
    "no text for a key": ({"key": None}, "key"),
}


@pytest.mark.xfail(reason="read_selection converts what it reads and does not check it as read_cost does")
@pytest.mark.parametrize(("changes", "field"), UNSEEN.values(), ids=UNSEEN)
def test_a_value_of_another_kind_is_named(changes, field, path):
    spoil(path, changes)
    with pytest.raises(ArtifactError, match=rf"selection\.json: .*{field}"):
        read_selection(path)
