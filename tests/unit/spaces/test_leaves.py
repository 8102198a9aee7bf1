import numpy as np
import pytest

from fsnas.errors import FsnasError
from fsnas.spaces import architectures, count_architectures
from fsnas.splitting.trees import ROOT
from tests.support.space import OPERATIONS, SPACE

ALL = np.array(list(architectures(SPACE.full())))


def random_leaves(seed: int) -> dict[str, np.ndarray]:
    """Every leaf so far is split in two, on an edge of its own choice, three times."""
    rng = np.random.default_rng(seed)
    leaves = {"": SPACE.full()}
    for _ in range(3):
        children = {}
        for path, space in leaves.items():
            edge = int(rng.choice(np.flatnonzero(space.all(axis=1))))
            cut, order = rng.integers(1, len(OPERATIONS)), rng.permutation(len(OPERATIONS))
            for branch, group in enumerate((order[:cut], order[cut:])):
                children[f"{path}{branch}"] = SPACE.restrict(space, edge, group.tolist())
        leaves = children
    return leaves


def test_the_root_holds_every_architecture():
    assert set(SPACE.owner({ROOT: SPACE.full()}, ALL)) == {ROOT}


@pytest.mark.parametrize("seed", range(5))
def test_every_architecture_is_in_the_leaf_that_lists_it(seed):
    leaves = random_leaves(seed)
    found = SPACE.owner(leaves, ALL)
    for path, space in leaves.items():
        chosen = ALL[found == path]
        assert len(chosen) == count_architectures(space)
        assert {*map(tuple, chosen.tolist())} == {*architectures(space)}


def test_paths_come_in_the_order_given_and_whole():
    leaves = random_leaves(1)
    order = np.random.default_rng(0).permutation(len(ALL))
    assert (SPACE.owner(leaves, ALL[order]) == SPACE.owner(leaves, ALL)[order]).all()
    longer = {"0": SPACE.restrict(SPACE.full(), 0, [0]), "101": SPACE.restrict(SPACE.full(), 0, [1, 2, 3, 4])}
    assert set(SPACE.owner(longer, ALL)) == {"0", "101"}


@pytest.mark.parametrize("nothing", [[], np.empty((0, 6), dtype=int)])
def test_no_architectures_have_no_leaves(nothing):
    found = SPACE.owner(random_leaves(0), nothing)
    assert found.shape == (0,) and found.dtype.kind == "U"


def test_an_architecture_in_no_leaf_is_an_error():
    leaves = random_leaves(2)
    path = next(iter(leaves))
    missing = next(architectures(leaves[path]))
    count = count_architectures(leaves.pop(path))
    with pytest.raises(FsnasError) as error:
        SPACE.owner(leaves, ALL)
    message = str(error.value)
    assert SPACE.architecture_string(missing) in message and "in none of the leaves" in message
    assert f"{count} of 15625" in message and "whole tree" in message


def test_an_architecture_in_two_leaves_is_an_error():
    leaves = {"0": SPACE.full(), "1": SPACE.restrict(SPACE.full(), 0, [1])}
    with pytest.raises(FsnasError, match=r"skip_connect~0\|.*is in \['0', '1'\] of the leaves.*3125 of 15625"):
        SPACE.owner(leaves, ALL)


def test_no_leaves_hold_nothing():
    with pytest.raises(FsnasError, match="in none of the leaves"):
        SPACE.owner({}, ALL[:1])


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 5), int), np.zeros(6, int), np.full((1, 6), 0.5), np.zeros((1, 2, 3), int)]
)
def test_what_is_no_list_of_architectures_is_an_error(wrong):
    with pytest.raises(FsnasError, match="expected integers"):
        SPACE.as_indices(wrong)


@pytest.mark.parametrize("operation", [-1, 5])
def test_an_unknown_operation_is_an_error(operation):
    architecture = np.zeros((3, 6), dtype=int)
    architecture[2, 4] = operation
    with pytest.raises(FsnasError, match=f"architecture 2 has the operation {operation} on edge 3<-1"):
        SPACE.owner({ROOT: SPACE.full()}, architecture)
