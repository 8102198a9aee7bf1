import pytest

from fsnas.errors import FsnasError
from fsnas.splitting.trees import children_paths, children_spaces, node_spaces
from tests.support.space import EDGES, SPACE
from tests.support.splits import made_split


def test_paths_are_branch_digits():
    assert children_paths("root", 3) == ("0", "1", "2") and children_paths("01", 2) == ("010", "011")


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
