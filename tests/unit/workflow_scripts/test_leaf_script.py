"""The job of a leaf: what it starts from."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fsnas.artifacts.checkpoint import write_checkpoint
from fsnas.artifacts.selection import write_selection
from fsnas.artifacts.splits import write_tree
from fsnas.artifacts.training_cost import write_training_cost
from fsnas.search.selection import LeafScore
from fsnas.training.record import TrainingCost
from tests.support.problems import random_network
from tests.support.scripts import script
from tests.support.space import SPACE
from tests.support.splits import grown_tree, made_tree

leaf = script("leaf")
MASK = SPACE.restrict(SPACE.full(), 1, (0, 3))


def write_leaf(checkpoint, key="k", space=MASK, seed=1, cost_key=None):
    """A checkpoint and the cost beside it."""
    about = {"record": {"epoch": [1]}, "settings": {}, "seed": 0, "dataset": "digits"}
    write_checkpoint(checkpoint, random_network(seed, space), key=key, **about)
    write_training_cost(checkpoint.with_suffix(".json"), TrainingCost(1, 2.0, 26, "cpu", key=cost_key or key))
    return checkpoint


# What a leaf starts from


def job(rule, **parts):
    inputs = {name: parts.pop(name) for name in ("tree", "initial", "selection", "leaves") if name in parts}
    return SimpleNamespace(rule=rule, input=SimpleNamespace(**inputs), wildcards=SimpleNamespace(**parts))


@pytest.fixture
def tree(tmp_path):
    """The file of a tree with four leaves, and the tree."""
    made = grown_tree("snip", 0, (2, 2), np.random.default_rng(0))
    write_tree(tmp_path / "tree.json", made, key="k", settings={})
    return tmp_path / "tree.json", made


@pytest.mark.parametrize(("number", "path"), list(enumerate(["00", "01", "10", "11"])))
def test_a_leaf_from_scratch_has_its_space_and_no_parent(number, path, tree):
    file, made = tree
    space, parent, key = leaf.start(job("leaf", tree=str(file), initial=[], number=str(number)), SPACE)
    assert (space == made.leaves[path]).all() and space.dtype == np.bool_
    assert (parent, key) == (None, "")


def test_a_leaf_from_the_root_takes_over_its_network_and_key(tree, tmp_path):
    root = write_leaf(tmp_path / "supernet.pt", "key of the root", SPACE.full(), seed=4)
    space, parent, key = leaf.start(job("leaf", tree=str(tree[0]), initial=[str(root)], number="2"), SPACE)
    assert (space == tree[1].leaves["10"]).all() and parent.sub_space.all() and key == "key of the root"
    assert torch.equal(parent.stem.weight, random_network(4).stem.weight)


def test_the_leaf_of_a_tree_without_splits_is_the_root(tmp_path):
    write_tree(tmp_path / "tree.json", made_tree("none", 0, []), key="k", settings={})
    space, parent, key = leaf.start(job("leaf", tree=str(tmp_path / "tree.json"), initial=[], number="0"), SPACE)
    assert space.all() and (parent, key) == (None, "")


@pytest.fixture
def rung(tmp_path):
    """Three leaves of the rung before, of which the last and the first go on, in this order."""
    spaces = [SPACE.restrict(SPACE.full(), 2, group) for group in ((0,), (1, 2), (3, 4))]
    files = [
        str(write_leaf(tmp_path / "leaves" / f"{i}.pt", f"key of {i}", space, i)) for i, space in enumerate(spaces)
    ]
    ranking = [LeafScore("2", 2, 0.9, 1.0), LeafScore("0", 0, 0.8, 1.0), LeafScore("1", 1, 0.7, 1.0)]
    write_selection(tmp_path / "selection.json", ranking, keep=2, key="k", settings={})
    return {"selection": str(tmp_path / "selection.json"), "leaves": files}, spaces


@pytest.mark.parametrize(("rank", "number"), [("0", 2), ("1", 0)])
def test_a_leaf_of_a_rung_goes_on_from_the_one_of_its_rank(rank, number, rung):
    inputs, spaces = rung
    space, parent, key = leaf.start(job("rung", **inputs, number=rank, rung="1"), SPACE)
    assert (space == spaces[number]).all() and (parent.sub_space == space).all() and key == f"key of {number}"
    assert torch.equal(parent.stem.weight, random_network(number).stem.weight)
