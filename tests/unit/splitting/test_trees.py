import numpy as np
import pytest

from fsnas.errors import FsnasError
from fsnas.splitting.trees import children_paths, children_spaces, node_spaces
from tests.support.space import EDGES, SPACE
from tests.support.splits import grown_tree, made_split

FACTORS = [(), (2,), (2, 2, 2), (3, 2), (5,), (5, 5), (2,) * 6]


def test_paths_are_branch_digits():
    assert children_paths("root", 3) == ("0", "1", "2") and children_paths("01", 2) == ("010", "011")


@pytest.mark.parametrize("factors", FACTORS, ids=str)
@pytest.mark.parametrize("edge_rule", ["best", "first", "random"])
def test_leaves_partition_the_architectures_of_the_root(factors, edge_rule):
    tree = grown_tree("made", 1, factors, np.random.default_rng(len(factors)), edge_rule=edge_rule)
    assert len(tree.leaves) == np.prod(factors, initial=1)
    codes = np.indices((5,) * 6).reshape(6, -1)  # every architecture: one operation an edge
    holders = np.zeros(codes.shape[1], dtype=int)
    for space in tree.leaves.values():
        holders += space[np.arange(6)[:, None], codes].all(axis=0)
    assert codes.shape[1] == 15_625 and (holders == 1).all()


@pytest.mark.parametrize("factors", FACTORS[1:], ids=str)
def test_every_split_is_of_an_edge_that_holds_all_operations(factors):
    tree = grown_tree("made", 2, factors, np.random.default_rng(7))
    for split in tree.splits:
        above = [other for other in tree.splits if other.path == "root" or split.path.startswith(other.path)]
        edges = [other.edge for other in above if other.level < split.level]
        assert split.edge not in edges and set(split.edge_costs) == set(EDGES) - set(edges)


def test_children_hold_their_group_and_the_rest_of_their_parent():
    split = made_split("root", [["none", "skip_connect"], ["nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]], EDGES[4])
    spaces = children_spaces(SPACE, SPACE.full(), split)
    assert list(spaces) == ["0", "1"]
    assert spaces["0"][4].tolist() == [True, True, False, False, False]
    assert (spaces["0"] | spaces["1"]).all() and not (spaces["0"] & spaces["1"])[4].any()


def test_no_split_leaves_the_root():
    assert list(node_spaces(SPACE, [])) == ["root"] and node_spaces(SPACE, [])["root"].all()


def test_a_split_without_its_parent_or_twice_is_an_error():
    groups = [["none"], ["skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]]
    root = made_split("root", groups)
    for splits in ([made_split("0", groups)], [root, root], [root, made_split("00", groups, EDGES[1])]):
        with pytest.raises(FsnasError, match="cannot be split: it has no parent before it, or is there twice"):
            node_spaces(SPACE, splits)
