"""A file of another search space is refused by every reader, whatever else is right about it."""

import shutil

import numpy as np
import pytest

from fsnas.analysis.explained_variance import explained_variance
from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.checkpoint import read_checkpoint, read_leaves, write_checkpoint
from fsnas.artifacts.files import load_json
from fsnas.artifacts.scores import read_scores, write_scores
from fsnas.artifacts.search import read_search, write_search
from fsnas.artifacts.splits import read_splits, read_tree, write_splits, write_tree
from fsnas.errors import ArtifactError, FsnasError
from fsnas.search.result import Evaluation, SearchResult
from fsnas.spaces import SearchSpace
from fsnas.splitting.scores import NodeScores
from fsnas.splitting.trees import Split, Tree, node_spaces
from tests.support.toy import toy_space

ABOUT = {"method": "mine", "metric": "snip", "seed": 0}
MADE = {"key": "k", "settings": {}}


def split(space: SearchSpace) -> Split:
    first, *others = space.operations
    costs = dict.fromkeys(space.edges, 0.5)
    return Split("root", space.edges[0], ((first,), tuple(others)), 0.5, None, 1, 1, False, costs, ("0", "1"))


def tree(space: SearchSpace, **about) -> Tree:
    return Tree(**{**ABOUT, **about}, splits=(split(space),), leaves=node_spaces(space, [split(space)]), space=space)


def write_scores_file(path, space):
    edges, operations = space.full().shape
    affinity = np.zeros((edges, operations, operations))
    write_scores(path, {"root": NodeScores(space.full(), None, affinity, ())}, space=space, attributes={"key": "k"})


def write_splits_file(path, space):
    rules = {"objective": "mean", "balance": "none", "edge": "best"}
    write_splits(path, space=space, **ABOUT, level=0, splits=[split(space)], **rules, **MADE)


def write_search_file(path, space):
    one = SearchResult("random", (Evaluation("0", space.strings()[0], 1.0, 0.5),), 0)
    write_search(path, space=space, **ABOUT, searches=[one], **MADE)


def write_architectures_file(path, space):
    write_architectures(path, space.strings()[:1], {"value": np.zeros(1)}, space=space, kind="proxy", **MADE)


def write_checkpoint_file(path, space):
    network = space.network(None, {"channels": 2}, classes=3, in_channels=1)
    write_checkpoint(path, network, record={"epoch": []}, **MADE, seed=0, dataset="digits")


FILES = {
    "scores": ("scores.h5", write_scores_file, read_scores),
    "splits": ("splits.json", write_splits_file, read_splits),
    "tree": ("tree.json", lambda path, space: write_tree(path, tree(space), **MADE), read_tree),
    "search": ("search.json", write_search_file, read_search),
    "architectures": (
        "value.h5",
        write_architectures_file,
        lambda path, space: read_architectures(path, "proxy", space),
    ),
    "checkpoint": ("supernet.pt", write_checkpoint_file, read_checkpoint),
    "leaves": ("0.pt", write_checkpoint_file, lambda path, space: read_leaves([path], tree(space))),
}
OTHERS = {
    "fewer operations": lambda space: space.with_operations(["skip", "conv"]),
    "another name": lambda space: type(space)("toi", space.edges, space.operations),
    "other edges": lambda space: type(space)("toy", ("second", "first"), space.operations),
    "another order of operations": lambda space: type(space)("toy", space.edges, space.operations[::-1]),
}


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    with toy_space(tmp_path_factory.mktemp("toy")) as toy:
        yield toy


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize(("name", "write", "read"), FILES.values(), ids=FILES)
def test_a_file_of_another_space_is_refused(name, write, read, other, space, tmp_path):
    path = tmp_path / name
    write(path, space)
    with pytest.raises(ArtifactError) as error:
        read(path, other(space))
    message = str(error.value)
    assert f"{path}: field 'search_space' is {space.described()}, expected {other(space).described()}" in message
    assert "correct `space` in the config, or remove the file" in message


@pytest.mark.parametrize(("name", "write", "read"), FILES.values(), ids=FILES)
def test_a_file_of_the_space_is_read(name, write, read, space, tmp_path):
    write(tmp_path / name, space)
    if name != "0.pt":  # which is of the root here, and no leaf
        read(tmp_path / name, space)
    else:
        with pytest.raises(ArtifactError, match="field 'space' is none of the spaces of the leaves"):
            read(tmp_path / name, space)


def test_a_file_says_its_space(space, tmp_path):
    write_splits_file(tmp_path / "splits.json", space)
    described = {"name": "toy", "edges": ["first", "second"], "operations": ["skip", "pool", "conv"]}
    assert (
        load_json(tmp_path / "splits.json")["search_space"]
        == described
        == read_splits(shutil.copy(tmp_path / "splits.json", tmp_path / "copy.json")).space.described()
    )


def test_trees_of_two_spaces_are_not_compared(space):
    other = OTHERS["fewer operations"](space)
    trees = [tree(space), tree(other, seed=1)]
    with pytest.raises(
        FsnasError, match=r"method 'mine' and seed 1 has the search space .*expected trees of one space"
    ):
        explained_variance(trees, dict.fromkeys(other.strings(), 1.0))
