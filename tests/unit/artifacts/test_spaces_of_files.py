"""A file of another search space is refused by every reader, whatever else is right about it."""

import pytest

from fsnas.analysis.explained_variance import explained_variance
from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.checkpoint import read_checkpoint, read_leaves
from fsnas.artifacts.files import load_json
from fsnas.artifacts.scores import read_scores
from fsnas.artifacts.search import read_search
from fsnas.artifacts.splits import read_splits, read_tree
from fsnas.errors import ArtifactError, FsnasError
from fsnas.spaces import SearchSpace
from fsnas.splitting.trees import Tree, node_spaces
from tests.support.damage import made
from tests.support.space import EDGES, OPERATIONS, SPACE


def tree(space: SearchSpace, seed: int = 0) -> Tree:
    return Tree("mine", "snip", seed, (), node_spaces(space, []), space)


READ = {
    "scores": read_scores,
    "splits": read_splits,
    "tree": read_tree,
    "search": read_search,
    "architectures": lambda path, space: read_architectures(path, "truth", space),
    "supernet": read_checkpoint,
    "a leaf": lambda path, space: read_leaves([path], tree(space)),
}
OTHERS = {
    "fewer operations": SPACE.with_operations(OPERATIONS[1:]),
    "another name": type(SPACE)("mine", EDGES, OPERATIONS),
    "other edges": type(SPACE)(SPACE.name, EDGES[::-1], OPERATIONS),
    "another order of operations": type(SPACE)(SPACE.name, EDGES, OPERATIONS[::-1]),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("kind", READ)
def test_a_file_of_another_space_is_refused(kind, other, tmp_path):
    path = made("supernet" if kind == "a leaf" else kind, tmp_path)
    with pytest.raises(ArtifactError) as error:
        READ[kind](path, other)
    message = str(error.value)
    assert f"{path}: field 'search_space' is {SPACE.described()}, expected {other.described()}" in message
    assert "correct `space` in the config, or remove the file" in message
    READ[kind](path, SPACE)


def test_a_file_says_its_space(tmp_path):
    path = made("splits", tmp_path)
    described = {"name": "nas-bench-201", "edges": [*EDGES], "operations": [*OPERATIONS]}
    assert load_json(path)["search_space"] == described == read_splits(path).space.described()


def test_trees_of_two_spaces_are_not_compared():
    other = OTHERS["fewer operations"]
    message = r"method 'mine' and seed 1 has the search space .*expected trees of one space"
    with pytest.raises(FsnasError, match=message):
        explained_variance([tree(SPACE), tree(other, seed=1)], dict.fromkeys(other.strings(), 1.0))
