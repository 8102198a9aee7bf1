import numpy as np
import pytest
from scipy.stats import chisquare

from fsnas.errors import FsnasError
from fsnas.spaces import architectures, count_architectures, draw_architectures
from tests.support.space import EDGES, OPERATIONS, SPACE


def test_edges_are_in_the_order_of_autodl():
    assert EDGES == ("1<-0", "2<-0", "2<-1", "3<-0", "3<-1", "3<-2")
    assert OPERATIONS == ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


def test_the_full_space_holds_15625_architectures():
    assert count_architectures(SPACE.full()) == 15_625 == len(set(architectures(SPACE.full())))
    assert SPACE.splittable_edges(SPACE.full()) == [0, 1, 2, 3, 4, 5]


def test_restricting_an_edge_leaves_the_others_and_the_original():
    space = SPACE.full()
    child = SPACE.restrict(space, 3, [1, 4])
    assert space.all() and child[3].tolist() == [False, True, False, False, True]
    assert child[[0, 1, 2, 4, 5]].all() and SPACE.splittable_edges(child) == [0, 1, 2, 4, 5]
    assert count_architectures(child) == 15_625 // 5 * 2 == len(list(architectures(child)))


def test_a_group_outside_the_space_is_an_error():
    child = SPACE.restrict(SPACE.full(), 0, [1, 2])
    for group in ([], [0], [1, 3]):
        with pytest.raises(FsnasError, match=r"edge 1<-0 holds \['skip_connect', 'nor_conv_1x1'\]; cannot restrict"):
            SPACE.restrict(child, 0, group)


def test_architecture_strings_are_those_of_nasbench201():
    string = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_1x1~2|"
    assert SPACE.parse(string) == (3, 3, 4, 1, 0, 2)
    assert SPACE.architecture_string((3, 3, 4, 1, 0, 2)) == string
    assert np.flatnonzero(SPACE.only((3, 3, 4, 1, 0, 2)).ravel()).tolist() == [3, 8, 14, 16, 20, 27]


def test_every_architecture_string_reads_back():
    names = [SPACE.architecture_string(a) for a in architectures(SPACE.full())]
    assert len(set(names)) == 15_625
    assert [SPACE.parse(name) for name in names[::97]] == list(architectures(SPACE.full()))[::97]


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("|nor_conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|", "cannot read 'nor_conv_5x5~0'"),
        ("|none~0|+|none~0|none~0|+|none~0|none~1|none~2|", "cannot read 'none~0'.*each once"),
        ("|none~0|+|none~0|none~1|", "has 3 edges, expected 6"),
        ("", "cannot read ''"),
    ],
)
def test_a_string_that_is_no_architecture_is_an_error(string, message):
    with pytest.raises(FsnasError, match=message):
        SPACE.parse(string)


# Drawn architectures


def small_space():
    """Twelve architectures: two, three and two operations on three edges, one on each of the others."""
    space = SPACE.only((1, 3, 4, 0, 2, 3))
    space[0, 2] = space[2, [0, 3]] = space[5, 4] = True
    return space


def draw(space, count, seed=0):
    return draw_architectures(space, count, np.random.default_rng(seed))


@pytest.mark.parametrize("count", [0, 1, 5, 11])
@pytest.mark.parametrize("seed", range(3))
def test_drawn_architectures_are_different_and_of_the_space(count, seed):
    drawn = draw(small_space(), count, seed)
    assert drawn.shape == (count, len(EDGES)) and drawn.dtype == np.int64
    rows = [tuple(row) for row in drawn.tolist()]
    assert len(set(rows)) == count and set(rows) <= set(architectures(small_space()))
    assert rows == sorted(rows)


@pytest.mark.parametrize("count", [12, 13, 10_000])
def test_a_space_with_fewer_architectures_is_drawn_whole(count):
    drawn = draw(small_space(), count)
    assert drawn.dtype == np.int64
    assert [tuple(row) for row in drawn.tolist()] == list(architectures(small_space()))


def test_the_generator_decides_what_is_drawn():
    first, again, other = (draw(SPACE.full(), 20, seed).tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_every_architecture_and_every_pair_is_drawn_equally_often():
    space, rng = small_space(), np.random.default_rng(0)
    every = {architecture: i for i, architecture in enumerate(architectures(space))}
    pairs = np.zeros((12, 12))
    for _ in range(3000):
        chosen = [every[tuple(row)] for row in draw_architectures(space, 3, rng).tolist()]
        pairs[np.ix_(chosen, chosen)] += 1
    assert pairs.trace() == 9000
    assert chisquare(pairs.diagonal()).pvalue > 1e-3
    assert chisquare(pairs[np.triu_indices(12, 1)]).pvalue > 1e-3
