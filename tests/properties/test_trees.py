"""Trees of any policy: their leaves share out the architectures of the root, and files keep them whole."""

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fsnas.artifacts.splits import read_tree, write_tree
from fsnas.spaces import architectures, count_architectures
from fsnas.splitting.choices import BALANCES, EDGE_RULES, OBJECTIVES
from fsnas.splitting.trees import children_spaces, node_spaces
from tests.properties.settings import repeatable
from tests.support.space import SPACE
from tests.support.splits import grown_tree

ALL = set(architectures(SPACE.full()))
FACTORS = st.lists(st.integers(2, 5), max_size=3).filter(lambda factors: np.prod(factors, initial=1) <= 30)


@st.composite
def trees(draw):
    """``(make, tree)``: a tree, and the call that makes it again."""
    choices = {
        "objective": draw(st.sampled_from(OBJECTIVES)),
        "balance": draw(st.sampled_from(BALANCES)),
        "edge": draw(st.sampled_from(EDGE_RULES)),
    }
    seed, factors = draw(st.integers(0, 99)), draw(FACTORS)

    def make():
        return grown_tree("made", seed, factors, np.random.default_rng(seed), **choices)

    return make, make()


@repeatable
@given(made=trees())
def test_every_architecture_is_in_exactly_one_leaf(made):
    _, tree = made
    found = Counter(architecture for space in tree.leaves.values() for architecture in architectures(space))
    assert found.keys() == ALL and set(found.values()) == {1}
    assert sum(map(count_architectures, tree.leaves.values())) == 15_625


@repeatable
@given(made=trees())
def test_children_share_out_their_parent_on_an_edge_that_was_whole(made):
    _, tree = made
    spaces = {"root": SPACE.full()}
    for split in tree.splits:
        parent, children = spaces[split.path], children_spaces(SPACE, spaces[split.path], split)
        changed = np.flatnonzero((np.stack(list(children.values())) != parent).any(axis=(0, 2)))
        assert len(changed) == 1 and changed[0] in SPACE.splittable_edges(parent)
        assert (np.sum([child[changed[0]] for child in children.values()], axis=0) == 1).all()
        spaces |= children
    assert all((spaces[path] == space).all() for path, space in node_spaces(SPACE, tree.splits).items())


@repeatable
@given(made=trees())
def test_a_tree_made_again_has_the_same_bytes_and_reads_back(made):
    make, tree = made
    with tempfile.TemporaryDirectory() as folder:
        one, other = Path(folder, "tree.json"), Path(folder, "again.json")
        write_tree(one, tree, key="k", settings={})
        found = read_tree(one)
        write_tree(other, make(), key="k", settings={})
        assert one.read_bytes() == other.read_bytes()
        assert found.splits == tree.splits and found.leaves.keys() == tree.leaves.keys()
