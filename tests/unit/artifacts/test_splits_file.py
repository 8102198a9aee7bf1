"""splits.json and tree.json: what is written reads back; each damage is an error that names file and field."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fsnas.artifacts.splits import read_splits, read_tree, write_splits, write_tree
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
    about = {"method": "mine", "metric": "snip", "seed": 3, "level": level, "key": "k1", "settings": SETTINGS, **CUT}
    write_splits(path, space=SPACE, splits=splits, **about)


def test_a_level_reads_back_in_the_order_of_paths(tmp_path, tree):
    write_level(tmp_path / "splits.json", level_of(tree, 1)[::-1])
    level = read_splits(tmp_path / "splits.json")
    assert level.splits == tuple(level_of(tree, 1))
    assert (level.method, level.metric, level.seed, level.level, level.key) == ("mine", "snip", 3, 1, "k1")
    assert (level.objective, level.balance, level.edge, level.settings) == ("mean", "none", "best", SETTINGS)


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
