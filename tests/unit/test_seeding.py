"""Seeds: the same numbers on every machine, and another stream for every name."""

import itertools

import numpy as np
import pytest
from scipy.stats import kstest

from fsnas.seeding import derive, generator

# Written down once: a change of any of these changes every result.
NUMBERS = [
    ((0,), 3456079177858693020, [9, 16, 87]),
    ((0, "initial weights"), 1127407204323782063, [19, 83, 62]),
    ((7, "scores", "root", 3), 5757034242599990241, [55, 16, 25]),
    ((-1, "größe"), 5719759174154022278, [49, 27, 13]),
    ((2**70, "x"), 7442209179825235297, [17, 35, 85]),
]


@pytest.mark.parametrize(("names", "number", "draws"), NUMBERS, ids=str)
def test_the_numbers_stay_as_they_are(names, number, draws):
    assert derive(*names) == number
    assert generator(*names).integers(100, size=3).tolist() == draws


def test_seeds_of_numpy_are_seeds_too():
    assert derive(np.int64(7), "a", np.int64(3)) == derive(7, "a", 3)


def test_every_part_of_a_name_counts():
    names = [(), ("a",), ("b",), ("ab",), ("a", "b"), ("b", "a"), ("a", 1), ("a", 11), ("a", 1, 1), (1, "a")]
    found = [derive(seed, *name) for seed, name in itertools.product((0, 1, 10, 11, -1), names)]
    assert len(set(found)) == len(found)
    assert all(0 <= number < 2**63 for number in found)  # what torch's generators take


def test_streams_of_neighbouring_seeds_are_independent():
    first = np.array([generator(seed, "epoch").random() for seed in range(500)])
    second = np.array([generator(seed, "epoch", 1).random() for seed in range(500)])
    assert kstest(first, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.15
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.15


def test_a_generator_is_a_stream_of_its_own():
    one, other = generator(1, "a"), generator(1, "a")
    assert one.random(3).tolist() == other.random(3).tolist()
    before = np.random.get_state()[1].copy()
    generator(1, "b").random(3)
    assert (before == np.random.get_state()[1]).all()
