"""search.json: what is written reads back; each damage is an error that names file and field."""

import json
import math
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from fsnas.artifacts.search import read_search, write_search
from fsnas.errors import ArtifactError
from fsnas.search.result import SearchResult
from fsnas.search.samplers import taken
from fsnas.search.search import search
from tests.support.damage import edit, put
from tests.support.messages import pattern
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
    path = tmp_path / "search.json"
    write(path, searches)
    return path


def test_searches_read_back_in_their_order(path, searches):
    record = read_search(path, SPACE)
    assert (record.method, record.metric, record.seed, record.key) == ("mine", "snip", 3, "k")
    assert record.settings == SETTINGS and record.searches == searches
    assert any(math.isnan(one.loss) for one in record.searches[0].evaluations)


def test_the_file_says_budget_and_best(path, searches):
    content = json.loads(path.read_text())
    assert [each["sampler"] for each in content["searches"]] == ["tpe", "evolution", "random"]
    for each, written in zip(searches, content["searches"], strict=True):
        best = each.evaluations[each.best]
        loss = None if math.isnan(best.loss) else best.loss
        point = {"leaf": best.leaf, "architecture": best.architecture, "loss": loss, "accuracy": best.accuracy}
        assert written["best"] == {"number": each.best, **point}
        assert written["budget"] == 12 == len(written["evaluations"]) and written["evaluations"][each.best] == point


def test_the_schema_ships_and_fits_what_is_written(path):
    schema = json.loads((files("fsnas.artifacts") / "schemas" / "search.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(path.read_text()))


def with_first(searches, **changes):
    one = searches[0]
    return [replace(one, evaluations=(replace(one.evaluations[0], **changes), *one.evaluations[1:])), *searches[1:]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda s: with_first(s, accuracy=np.nan), "cannot be written as JSON.*finite"),
        (lambda s: with_first(s, loss=np.inf), "cannot be written as JSON.*finite"),
        (lambda s: with_first(s, accuracy=71.5), r"searches\[0\]\.evaluations\[0\]\.accuracy': 71\.5 is greater"),
        (lambda s: with_first(s, architecture="|none~0|"), r"evaluations\[0\]\.architecture'.*has 1 edges"),
        (lambda s: [s[0], s[0]], "'searches': found the samplers .* each once"),
        (lambda s: [replace(s[0], best=(s[0].best + 1) % 12)], r"'searches\[0\]\.best': found .* but the best"),
        (lambda s: [SearchResult("tpe", (), 0)], r"searches\[0\]\.(best|budget|evaluations)'"),
        (lambda s: [], "'searches': .* (non-empty|too short)"),
    ],
)
def test_what_could_not_be_read_is_not_written_and_the_old_file_stays(changed, message, path, searches):
    before = path.read_bytes()
    with pytest.raises(ArtifactError, match=rf"search\.json: .*{message}"):
        write(path, changed(searches))
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def at(field, value=...):
    return lambda content: put(content["searches"][0], field, value)


def other_best(content):
    """Another evaluation, itself true, is called the best."""
    search = content["searches"][0]
    number = (search["best"]["number"] + 1) % 12
    search["best"] = {"number": number, **search["evaluations"][number]}


DAMAGES = {
    "no seed": (lambda c: c.pop("seed") and None, "'seed' is a required property"),
    "one field more": (lambda c: c.update(note="x"), "field 'top level': .*'note' was unexpected"),
    "sampler": (at("sampler", "a b"), "field 'searches[0].sampler': 'a b' does not match"),
    "budget": (at("budget", 13), "field 'searches[0].budget': found 13 for 12 evaluations"),
    "one less": (at("evaluations[11]"), "searches[0].budget'"),
    "leaf": (at("evaluations[2].leaf", "a"), "evaluations[2].leaf': 'a' does not match"),
    "architecture": (at("evaluations[2].architecture", "|conv~0|"), "[2].architecture': cannot read 'conv~0'"),
    "spelling": (
        lambda c: at("evaluations[2].architecture", f" {c['searches'][0]['evaluations'][2]['architecture']}")(c),
        "evaluations[2].architecture': found ' |.*expected '|",
    ),
    "no accuracy": (at("evaluations[0].accuracy", None), "accuracy': None is not of type"),
    "other best": (other_best, "field 'searches[0].best': found .*, but the best of the evaluations is"),
    "best accuracy": (at("best.accuracy", 1), "field 'searches[0].best': found .*but"),
    "best number": (at("best.number", 99), "field 'searches[0].best': found .*but"),
    "twice": (lambda c: c["searches"].append(c["searches"][0]), "field 'searches': found the samplers"),
}


@pytest.mark.parametrize(("change", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_field_that_does_not_fit_is_named(change, message, path):
    edit(path, change)
    with pytest.raises(ArtifactError, match=rf"search\.json: .*{pattern(message)}"):
        read_search(path, SPACE)


def test_a_space_of_one_point_is_written_too(tmp_path):
    path = tmp_path / "one.json"
    write(path, [found("tpe", {"root": SPACE.only((1, 1, 1, 1, 1, 1))})])
    assert len(set(read_search(path, SPACE).searches[0].evaluations)) == 1
