"""The truth: seeded samples of architectures, the column that is the truth, and what has none."""

import numpy as np
import pytest

from fsnas.benchmark.ground_truth import compared_architectures, ground_truth_of, sample_architectures
from fsnas.benchmark.table import ArchitectureTable
from fsnas.errors import DataError, FsnasError
from tests.support.space import SPACE

ALL = SPACE.strings()
META = ALL[4000:4006]


def test_a_sample_is_seeded_and_without_repetition():
    sample = sample_architectures(ALL, 100, seed=1, name="compared")
    assert len(set(sample)) == 100 and set(sample) <= set(ALL)
    assert set(sample) != set(sample_architectures(ALL, 100, seed=2, name="compared"))
    assert set(sample) != set(sample_architectures(ALL, 100, seed=1, name="standalone"))


def test_a_larger_sample_begins_with_the_smaller():
    assert sample_architectures(ALL, 24, seed=1, name="a")[:16] == sample_architectures(ALL, 16, seed=1, name="a")


@pytest.mark.parametrize("count", [0, 6, 7])
def test_none_or_too_many_are_all(count):
    assert sample_architectures(tuple(META), count, seed=0, name="a") == META
    assert len(sample_architectures(ALL, 0, seed=0, name="a")) == 15625


def test_every_architecture_is_as_likely():
    counts = dict.fromkeys(META, 0)
    for seed in range(600):
        for name in sample_architectures(META, 2, seed=seed, name="a"):
            counts[name] += 1
    assert all(150 < count < 250 for count in counts.values()), "about 200 of 600; 5 standard deviations are 58"


def test_the_truth_leaves_out_what_has_none():
    numbers = ArchitectureTable(tuple(META), {"test": np.array([1, np.nan, 3, 4, np.nan, 6.0]), "a": np.ones(6)}, {})
    expected = {META[0]: 1.0, META[2]: 3.0, META[3]: 4.0, META[5]: 6.0}
    assert ground_truth_of(numbers, "test") == expected
    assert ground_truth_of(numbers, "a") == dict.fromkeys(META, 1.0)
    assert all(type(value) is float for value in ground_truth_of(numbers, "test").values())
    with pytest.raises(FsnasError, match=r"no column 'tests' \(did you mean 'test'\?\); expected one of test, a"):
        ground_truth_of(numbers, "tests")


def test_only_architectures_with_a_truth_are_compared():
    numbers = ArchitectureTable(tuple(META), {"test": np.array([1, np.nan, 3, 4, np.nan, 6.0])}, {})
    chosen = compared_architectures(numbers, "test", count=0, seed=3)
    assert chosen == [META[0], META[2], META[3], META[5]]
    some = compared_architectures(numbers, "test", count=2, seed=3)
    assert len(some) == 2 and set(some) < set(chosen)
    nothing = ArchitectureTable(tuple(META), {"test": np.full(6, np.nan)}, {})
    with pytest.raises(DataError, match=r"no architecture has a number in the column test; set truth\.column"):
        compared_architectures(nothing, "test", count=2, seed=3)
