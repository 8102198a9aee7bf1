"""splits.json and tree.json: what is written reads back; each damage is an error that names file and field."""

import json
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from fsnas.artifacts.splits import read_splits, read_tree, write_splits, write_tree
from fsnas.errors import ArtifactError
from tests.support.damage import edit
from tests.support.messages import pattern
from tests.support.space import SPACE
from tests.support.splits import grown_tree

SETTINGS = {"policy": {"name": "constant", "branching": 2, "max_leaves": 8}, "batch_size": 64}
CUT = {"objective": "mean", "balance": "none", "edge": "best"}


@pytest.fixture
def tree():
    return grown_tree("snip", 3, (2, 2, 2), np.random.default_rng(0))


def level_of(tree, level):
    return [split for split in tree.splits if split.level == level]


def write_level(path, splits, level=1):
    write_splits(
        path,
        space=SPACE,
        method="mine",
        metric="snip",
        seed=3,
        level=level,
        splits=splits,
        key="k1",
        settings=SETTINGS,
        **CUT,
    )


@pytest.fixture
def level_file(tmp_path, tree):
    path = tmp_path / "splits.json"
    write_level(path, level_of(tree, 1)[::-1])
    return path


@pytest.fixture
def tree_file(tmp_path, tree):
    path = tmp_path / "tree.json"
    write_tree(path, tree, key="k2", settings=SETTINGS)
    return path


def test_a_level_reads_back(level_file, tree):
    level = read_splits(level_file)
    assert level.splits == tuple(level_of(tree, 1))
    assert (level.method, level.metric, level.seed, level.level, level.key) == ("mine", "snip", 3, 1, "k1")
    assert (level.objective, level.balance, level.edge, level.settings) == ("mean", "none", "best", SETTINGS)


def test_a_tree_reads_back(tree_file, tree):
    found = read_tree(tree_file)
    assert found.splits == tree.splits and (found.method, found.metric, found.seed) == ("snip", "snip", 3)
    assert list(found.leaves) == list(tree.leaves)
    assert all(np.array_equal(found.leaves[path], tree.leaves[path]) for path in tree.leaves)


def test_a_tree_without_splits_reads_back(tmp_path):
    path = tmp_path / "tree.json"
    write_tree(path, grown_tree("one-shot", 0, (), np.random.default_rng(0)), key="k", settings={})
    found = read_tree(path)
    assert found.splits == () and list(found.leaves) == ["root"] and found.leaves["root"].all()


@pytest.mark.parametrize("cost", [None, np.nan, np.inf])
def test_an_edge_without_finite_scores_is_null(cost, tmp_path, tree):
    split = level_of(tree, 0)[0]
    other = next(edge for edge in split.edge_costs if edge != split.edge)
    split = replace(split, edge_costs={**split.edge_costs, other: cost}, runner_up=None)
    write_level(tmp_path / "splits.json", [split], level=0)
    split = replace(split, edge_costs={**split.edge_costs, other: None})
    stored = json.loads((tmp_path / "splits.json").read_text())["nodes"][0]
    assert stored["edge_costs"][other] is None and stored["runner_up"] is None
    assert read_splits(tmp_path / "splits.json").splits == (split,)


@pytest.mark.parametrize("name", ["splits", "tree"])
def test_the_schemas_are_valid_and_accept_what_is_written(name, level_file, tree_file):
    schema = json.loads((files("fsnas.artifacts") / "schemas" / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads({"splits": level_file, "tree": tree_file}[name].read_text()))


def test_a_number_that_is_not_finite_is_refused_and_the_old_file_stays(level_file, tree):
    before = level_file.read_bytes()
    split = replace(level_of(tree, 1)[0], cost=float("nan"))
    with pytest.raises(ArtifactError, match=r"splits\.json.*(cost|finite)"):
        write_level(level_file, [split])
    assert level_file.read_bytes() == before and list(level_file.parent.iterdir()) == [level_file]


def first(change):
    return lambda content: change(content["nodes"][0])


DAMAGES = {
    "no seed": (lambda c: c.pop("seed") and None, "'seed' is a required property"),
    "seed is text": (lambda c: c.update(seed="0"), "field 'seed': '0' is not of type 'integer'"),
    "one field more": (lambda c: c.update(note="x"), "'note' was unexpected"),
    "unknown edge": (first(lambda n: n.update(edge="4<-0")), "field 'nodes[0].edge': '4<-0' is none of the edges"),
    "ties of 0": (first(lambda n: n.update(ties=0)), "field 'nodes[0].ties': 0 is less than the minimum of 1"),
    "no cost": (first(lambda n: n.update(cost=None)), "field 'nodes[0].cost': None is not of type 'number'"),
    "no partition": (first(lambda n: n["groups"][0].append(n["groups"][1][0])), "nodes[0].groups.*no partition"),
    "children": (first(lambda n: n.update(children=n["children"][::-1])), "nodes[0].children.*expected ['"),
    "edge cost": (first(lambda n: n["edge_costs"].update({n["edge"]: None})), "nodes[0].edge_costs.*has no cost"),
}


def swapped(content):
    content["nodes"][1:3] = content["nodes"][2:0:-1]


def twice(content):
    content["nodes"].insert(1, content["nodes"][1])


@pytest.mark.parametrize(("change", "place"), [(swapped, 2), (twice, 2)], ids=["swapped", "twice"])
def test_nodes_out_of_order_or_twice_are_an_error(change, place, tmp_path, tree_file, tree):
    level_file = tmp_path / "level-2.json"
    write_level(level_file, level_of(tree, 2), level=2)
    for path, read in ((tree_file, read_tree), (level_file, read_splits)):
        edit(path, change)
        with pytest.raises(ArtifactError, match=rf"{path.name}: field 'nodes\[{place}\]\.path': .*every node once"):
            read(path)


@pytest.mark.parametrize("kind", ["level", "tree"])
@pytest.mark.parametrize(("change", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_field_that_does_not_fit_is_named(change, message, kind, level_file, tree_file):
    path, read = (level_file, read_splits) if kind == "level" else (tree_file, read_tree)
    edit(path, change)
    with pytest.raises(ArtifactError, match=f"{path.name}: .*{pattern(message)}"):
        read(path)


def test_a_split_of_another_level_is_an_error(level_file):
    edit(level_file, lambda content: content.update(level=2))
    with pytest.raises(ArtifactError, match=r"nodes\[0\]\.path.*is on level 1, not on 2"):
        read_splits(level_file)


def test_leaves_that_the_splits_do_not_give_are_an_error(tree_file):
    edit(tree_file, lambda content: content["leaves"].update({"000": content["leaves"]["111"]}))
    with pytest.raises(ArtifactError, match="field 'leaves': the splits give the leaves"):
        read_tree(tree_file)


def test_a_tree_that_lacks_a_parent_is_an_error(tree_file):
    edit(tree_file, lambda content: content["nodes"].pop(0) and None)
    with pytest.raises(ArtifactError, match="field 'nodes': node 0 cannot be split"):
        read_tree(tree_file)
