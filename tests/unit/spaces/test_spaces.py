import numpy as np
import pytest
from scipy.stats import chisquare

from fsnas.errors import FsnasError
from fsnas.spaces.nas_bench_201 import (
    EDGES,
    OPERATIONS,
    architecture_string,
    architectures,
    as_space,
    count_architectures,
    draw_architectures,
    full_space,
    parse_architecture,
    restrict,
    splittable_edges,
)


def test_edges_are_in_the_order_of_autodl():
    assert EDGES == ("1<-0", "2<-0", "2<-1", "3<-0", "3<-1", "3<-2")
    assert OPERATIONS == ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


def test_the_full_space_holds_15625_architectures():
    assert count_architectures(full_space()) == 15_625 == len(set(architectures(full_space())))
    assert splittable_edges(full_space()) == [0, 1, 2, 3, 4, 5]


def test_restricting_an_edge_leaves_the_others_and_the_original():
    space = full_space()
    child = restrict(space, 3, [1, 4])
    assert space.all() and child[3].tolist() == [False, True, False, False, True]
    assert child[[0, 1, 2, 4, 5]].all() and splittable_edges(child) == [0, 1, 2, 4, 5]
    assert count_architectures(child) == 15_625 // 5 * 2 == len(list(architectures(child)))


def test_a_group_outside_the_space_is_an_error():
    child = restrict(full_space(), 0, [1, 2])
    for group in ([], [0], [1, 3]):
        with pytest.raises(FsnasError, match=r"edge 1<-0 holds \['skip_connect', 'nor_conv_1x1'\]; cannot restrict"):
            restrict(child, 0, group)


def test_architecture_strings_are_those_of_nasbench201():
    string = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_1x1~2|"
    assert parse_architecture(string) == (3, 3, 4, 1, 0, 2)
    assert architecture_string((3, 3, 4, 1, 0, 2)) == string
    assert np.flatnonzero(as_space((3, 3, 4, 1, 0, 2)).ravel()).tolist() == [3, 8, 14, 16, 20, 27]


def test_every_architecture_string_reads_back():
    names = [architecture_string(a) for a in architectures(full_space())]
    assert len(set(names)) == 15_625
    assert [parse_architecture(name) for name in names[::97]] == list(architectures(full_space()))[::97]


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
        parse_architecture(string)


# Drawn architectures


def small_space():
    """Twelve architectures: two, three and two operations on three edges, one on each of the others."""
    space = as_space((1, 3, 4, 0, 2, 3))
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
    first, again, other = (draw(full_space(), 20, seed).tolist() for seed in (1, 1, 2))
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
