"""A field that does not fit, under a checksum that does: every format names it, and writes no file of which it is one.

One table for all formats. What is wrong with the bytes of a file: test_damage.py.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.checkpoint import read_record
from fsnas.artifacts.search import read_search
from fsnas.errors import ArtifactError
from tests.support import damage
from tests.support.damage import (
    KINDS,
    attribute,
    edit,
    evaluations,
    grouped,
    made,
    put,
    refusal,
    removed,
    replaced,
)
from tests.support.messages import pattern
from tests.support.space import SPACE

READ = {kind: KINDS[kind].readers[0] for kind in KINDS} | {
    "architectures": lambda path: read_architectures(path, space=SPACE),
    "search": lambda path: read_search(path, SPACE),
}


def cases(table):
    return [pytest.param(kind, *case, id=f"{kind}-{name}") for kind in table for name, case in table[kind].items()]


# A field that is missing, or something of another type in its place

ARRAYS = {
    "dataset": ("images", "labels", "mean", "std", "splits/train"),
    "scores": ("nodes/0/space", "nodes/0/scores", "nodes/0/affinity"),
    "architectures": ("architecture", "columns/accuracy"),
}


@pytest.mark.parametrize("damage", [removed, grouped, lambda name: replaced(name, "0.5")], ids=["no", "group", "text"])
@pytest.mark.parametrize(("kind", "array"), [(kind, array) for kind, arrays in ARRAYS.items() for array in arrays])
def test_an_array_that_is_missing_or_of_another_type_is_named(kind, array, damage, tmp_path):
    path = made(kind, tmp_path)
    edit(path, damage(array))
    if damage is removed and array.startswith("columns/"):
        assert READ[kind](path).columns.keys() == {"a/b"}, "one column less is another table"
        return
    with pytest.raises(ArtifactError, match=rf"field '({array}|{array.rpartition('/')[0] or array})'"), refusal(path):
        READ[kind](path)


# What does not fit the rest

ONE, TWO = (name.encode() for name in damage.ARCHITECTURES)
NAN = np.array([np.nan])


def of_search(*place):
    """Another value at a place of the first search."""
    *place, value = place
    return lambda content: put(content["searches"][0], place, value)


def other_best(content):
    """Another evaluation, itself true, is called the best."""
    search = content["searches"][0]
    search["best"] = {"number": 1, **search["evaluations"][1]}


def other_spelling(content):
    evaluation = content["searches"][0]["evaluations"][2]
    evaluation["architecture"] = f" {evaluation['architecture']}"


def first(change):
    """A change of the first node; it returns nothing, so that the content stays what it was."""
    return lambda content: change(content["nodes"][0]) and None


def swapped(content):
    content["nodes"][0:2] = content["nodes"][1::-1]


def twice(content):
    content["nodes"].insert(1, content["nodes"][1])


OF_NODES = {
    "unknown edge": (first(lambda n: n.update(edge="4<-0")), "field 'nodes[0].edge': '4<-0' is none of the edges"),
    "no partition": (first(lambda n: n["groups"][0].append(n["groups"][1][0])), "nodes[0].groups.*no partition"),
    "children": (first(lambda n: n.update(children=n["children"][::-1])), "nodes[0].children.*expected ['"),
    "edge clearness": (
        first(lambda n: n["edge_clearness"].update({n["edge"]: 1.5})),
        "edge_clearness.*expected all edges",
    ),
    "edge cost": (first(lambda n: n["edge_costs"].update({n["edge"]: None})), "nodes[0].edge_costs.*has no cost"),
    "swapped": (swapped, "field 'nodes[1].path': .*every node once"),
    "twice": (twice, "].path': .*every node once"),
}
WRONG = {
    "dataset": {
        "no name": (attribute("name", None), "cannot read field 'name'"),
        "no classes": (attribute("classes", None), "cannot read field 'classes'"),
        "classes no JSON": (attribute("classes", "a, b"), "cannot read field 'classes'"),
        "fewer classes": (attribute("classes", '["a"]'), "field 'labels': expected one of 0 to 0 for each image"),
        "float images": (replaced("images", np.zeros((6, 1, 4, 4))), "field 'images' is float64 .* expected uint8"),
        "flat images": (
            replaced("images", np.zeros((6, 16), np.uint8)),
            "'images' is uint8 of shape (6, 16), expected",
        ),
        "no image": (
            replaced("images", np.zeros((0, 1, 4, 4), np.uint8)),
            "field 'images' is uint8 of shape (0, 1, 4, 4), expected .*1 or more",
        ),
        "short labels": (
            replaced("labels", np.arange(5) % 2),
            "field 'labels' is int64 of shape (5,), expected int64 of shape (6,)",
        ),
        "negative label": (replaced("labels", np.arange(6) % 2 - 1), "field 'labels': expected one of 0 to 1"),
        "two means": (
            replaced("mean", np.ones(2)),
            "field 'mean' is float64 of shape (2,), expected float64 of shape (1,)",
        ),
        "NaN in mean": (replaced("mean", NAN), "field 'mean': expected one number"),
        "NaN in std": (replaced("std", NAN), "field 'std': expected one number above 0"),
        "std of 0": (replaced("std", np.zeros(1)), "field 'std': expected one number above 0"),
        "index above": (replaced("splits/test", np.array([6])), "field 'splits': expected different indices of 0 to 5"),
        "parts overlap": (replaced("splits/test", np.array([0])), "field 'splits': expected different indices"),
    },
    "scores": {
        "settings no JSON": (attribute("settings", "{half"), "cannot read field 'format'"),
        "no nodes": (removed("nodes"), "cannot read field 'nodes'"),
        "no reasons": (attribute("reasons", None, "nodes/0"), "cannot read field 'nodes/0'"),
        "reasons no JSON": (attribute("reasons", "[half", "nodes/0"), "cannot read field 'nodes/0'"),
        "reasons no list": (attribute("reasons", "5", "nodes/0"), "cannot read field 'nodes/0'"),
        "array for a node": (replaced("nodes/0", np.zeros(3)), "cannot read field 'nodes/0'"),
        "four edges": (
            replaced("nodes/0/space", np.ones((4, 5), bool)),
            "'nodes/0/space' is bool of shape (4, 5), expected bool of shape (6, 5)",
        ),
        "no repetitions": (replaced("nodes/0/scores", np.ones((6, 5))), "'nodes/0/scores' is float64 of shape (6, 5)"),
        "flat affinity": (replaced("nodes/0/affinity", np.ones((6, 25))), "'nodes/0/affinity' is float64 of shape"),
        "wide affinity": (
            replaced("nodes/0/affinity", np.ones((6, 5, 6))),
            "'nodes/0/affinity' is float64 of shape (6, 5,",
        ),
        "space of numbers": (replaced("nodes/0/space", np.ones((6, 5))), "'nodes/0/space' is float64 of"),
        "whole scores": (replaced("nodes/0/scores", np.ones((2, 6, 5), int)), "'nodes/0/scores' is int64 of"),
    },
    "architectures": {
        "no kind": (attribute("kind", None), "field 'kind' is None, expected 'truth' or"),
        "unknown kind": (attribute("kind", "oracle"), "field 'kind' is 'oracle', expected 'truth' or"),
        "settings no JSON": (attribute("settings", "{half"), "cannot read field 'format'"),
        "no columns": (removed("columns"), "cannot read field 'columns'"),
        "columns no group": (replaced("columns", np.ones(2)), "cannot read field 'columns"),
        "unknown": (replaced("architecture", [b"|none~0|", TWO]), "'architecture', entry 0: the archi.* has 1 edges"),
        "duplicate": (replaced("architecture", [TWO, TWO]), "field 'architecture': entries 0 and 1 are"),
        "not ASCII": (replaced("architecture", [b"\xff", TWO]), "cannot read field 'architecture'"),
        "numbers for names": (replaced("architecture", np.arange(2)), "cannot read field 'architecture'"),
        "one name": (replaced("architecture", ONE), "cannot read field 'architecture'"),
        "names in a square": (replaced("architecture", np.array([[ONE, TWO]])), "cannot read field 'architecture'"),
        "one name less": (replaced("architecture", [TWO]), "field 'columns/.*' is float64 of shape (2,), expected"),
        "one number less": (replaced("columns/accuracy", np.ones(1)), "'columns/accuracy' is float64 of shape (1,)"),
        "one number": (replaced("columns/accuracy", 3.0), "field 'columns/accuracy' is float64 of shape ()"),
        "whole numbers": (replaced("columns/accuracy", np.ones(2, int)), "'columns/accuracy' is int64 of shape"),
    },
    "splits": OF_NODES
    | {"level": (lambda c: c.update(level=0), "nodes[0].path.*is on level 1, below that of round 0")},
    "tree": OF_NODES
    | {
        "another leaf": (lambda c: c["leaves"].update({"000": c["leaves"]["11"]}), "'leaves': the splits give the lea"),
        "no parent": (lambda c: c["nodes"].pop(0) and None, "field 'nodes': node 0 cannot be split"),
        "swapped": (lambda c: c["nodes"].append(c["nodes"].pop(1)), "field 'nodes[2].path': .*every node once"),
    },
    "search": {
        "budget": (of_search("budget", 13), "field 'searches[0].budget': found 13 for 4 evaluations"),
        "one less": (of_search("evaluations", 3, ...), "searches[0].budget'"),
        "unknown": (of_search("evaluations", 2, "architecture", "|conv~0|"), "[2].architecture': cannot read 'conv~0'"),
        "spelling": (other_spelling, "evaluations[2].architecture': found ' |.*expected '|"),
        "other best": (other_best, "field 'searches[0].best': found .*, but the best of the evaluations is"),
        "best accuracy": (of_search("best", "accuracy", 1), "field 'searches[0].best': found .*but"),
        "best number": (of_search("best", "number", 99), "field 'searches[0].best': found .*but"),
        "twice": (lambda c: c["searches"].append(c["searches"][0]), "field 'searches': found the samplers"),
    },
    "selection": {"keep": ({"keep": 3}, "field 'keep': found 3, expected 1 to 2")},
}


@pytest.mark.parametrize(("kind", "change", "message"), cases(WRONG))
def test_a_field_that_does_not_fit_is_named(kind, change, message, tmp_path):
    path = made(kind, tmp_path)
    edit(path, change)
    with pytest.raises(ArtifactError, match=rf"{path.name}: .*{pattern(message)}"), refusal(path):
        READ[kind](path)


NO_NETWORK, OTHER_WEIGHTS = "fields 'network' and 'space' give no network", "'state_dict' does not fit field 'network'"
LARGE = {"channels": 4, "cells": 1, "classes": 4, "in_channels": 1}
OF_CHECKPOINT = {
    **{
        f"no {name}": ({name: None}, f"field '{name}' is missing")
        for name in ("search_space", "key", "settings", "seed", "dataset", "space", "network", "record", "state_dict")
    },
    "no format": ({"format": None}, "field 'format' is None, expected 'fsnas.supernet'"),
    "an argument more": ({"network": {"depth": 3}}, NO_NETWORK),
    "a name for a network": ({"network": "resnet"}, NO_NETWORK),
    "a list for a space": ({"space": [[True]]}, NO_NETWORK),
    "a small space": ({"space": torch.ones(2, 2)}, NO_NETWORK),
    "more channels": ({"network": LARGE}, OTHER_WEIGHTS),
    "another space": ({"space": torch.tensor(SPACE.only((1, 1, 1, 1, 1, 1)))}, OTHER_WEIGHTS),
}


@pytest.mark.parametrize(("changes", "message"), OF_CHECKPOINT.values(), ids=OF_CHECKPOINT)
def test_a_field_of_a_checkpoint_that_does_not_fit_is_named(changes, message, tmp_path):
    path = made("supernet", tmp_path)
    content = torch.load(path) | changes
    torch.save({name: value for name, value in content.items() if value is not None}, path)
    for reader in (damage.read_network, read_record)[: 1 + message.startswith("field '")]:
        with pytest.raises(ArtifactError, match=rf"supernet\.pt: .*{pattern(message)}"), refusal(path):
            reader(path)


# What is not written

FOUND, TREE = damage.evaluations(), damage.small_tree()
NOT_WRITTEN = {
    "architectures": {
        "too short": ({"loss": np.ones(1)}, "'columns/loss' is float64 of shape (1,), expected float64 of shape (2,)"),
        "two axes": ({"loss": np.ones((2, 1))}, "'columns/loss' is float64 of shape (2, 1)"),
        "no name": ({"": np.ones(2)}, "'columns' holds a column without a name"),
    },
    "search": {
        "unknown": ((replace(FOUND[0], architecture="|none~0|"), *FOUND[1:]), "[0].architecture'.*has 1 edges"),
        "other best": (evaluations(0.05), "'searches[0].best': found .* but the best"),
        "nothing": ((), "field 'searches[0].evaluations' is [], expected to have at least 1 item"),
    },
}


@pytest.mark.parametrize(("kind", "content", "message"), cases(NOT_WRITTEN))
def test_what_could_not_be_read_is_not_written_and_the_old_file_stays(kind, content, message, tmp_path):
    path = made(kind, tmp_path)
    before = path.read_bytes()
    with pytest.raises(ArtifactError, match=rf"{path.name}: .*{pattern(message)}"):
        KINDS[kind].write(path, content, **damage.lineage_of(kind))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
