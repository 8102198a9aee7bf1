"""The truth: seeded samples of architectures, the column that is the truth, and what has none."""

import itertools

import numpy as np
import pytest

from fsnas.artifacts.architectures import ArchitectureTable
from fsnas.errors import ConfigError, DataError, FsnasError
from fsnas.spaces import architecture_string, architectures, full_space
from fsnas.truth import compared_architectures, default_column, sample_architectures, truth_of

META = [architecture_string(a) for a in itertools.islice(architectures(full_space()), 4000, 4006)]


def test_a_sample_is_seeded_in_order_and_without_repetition():
    every = [architecture_string(a) for a in architectures(full_space())]
    sample = sample_architectures(None, 100, seed=1, name="compared")
    assert len(set(sample)) == 100 and sorted(sample, key=every.index) == sample
    assert sample == sample_architectures(every, 100, seed=1, name="compared")
    assert sample != sample_architectures(None, 100, seed=2, name="compared")
    assert sample != sample_architectures(None, 100, seed=1, name="standalone")
    backwards = sample_architectures(every[::-1], 100, seed=1, name="compared")
    assert sorted(backwards, key=every.index, reverse=True) == backwards


@pytest.mark.parametrize("count", [0, 6, 7])
def test_none_or_too_many_are_all(count):
    assert sample_architectures(tuple(META), count, seed=0, name="a") == META
    assert len(sample_architectures(None, 0, seed=0, name="a")) == 15625


def test_every_architecture_is_as_likely():
    counts = dict.fromkeys(META, 0)
    for seed in range(600):
        for name in sample_architectures(META, 2, seed=seed, name="a"):
            counts[name] += 1
    assert all(150 < count < 250 for count in counts.values()), "about 200 of 600; 5 standard deviations are 58"


@pytest.mark.parametrize(
    ("source", "columns", "expected"),
    [
        ("nasbench201", [], "cifar10_ori-test_accuracy_200_epochs_mean"),
        ("csv", ["CIFAR10TestAccuracy", "seed"], "CIFAR10TestAccuracy"),
        ("csv", ["params", "TEST"], "TEST"),
        ("standalone", ["standalone_valid_accuracy_4", "standalone_test_accuracy_4"], "standalone_test_accuracy_4"),
    ],
)
def test_the_usual_column(source, columns, expected):
    assert default_column(source, columns) == expected


@pytest.mark.parametrize("columns", [["Test a", "test b"], ["a", "b"]])
def test_no_usual_column_lists_them(columns):
    with pytest.raises(ConfigError, match=rf"truth\.column: .*set truth\.column to one of {', '.join(columns)}"):
        default_column("csv", columns)


def test_the_truth_leaves_out_what_has_none():
    numbers = ArchitectureTable(tuple(META), {"test": np.array([1, np.nan, 3, 4, np.nan, 6.0]), "a": np.ones(6)}, {})
    expected = {META[0]: 1.0, META[2]: 3.0, META[3]: 4.0, META[5]: 6.0}
    assert truth_of(numbers, "csv", "test") == truth_of(numbers, "csv", None) == expected
    assert truth_of(numbers, "csv", "a") == dict.fromkeys(META, 1.0)
    assert all(type(value) is float for value in truth_of(numbers, "csv", None).values())
    with pytest.raises(FsnasError, match=r"no column 'tests' \(did you mean 'test'\?\); expected one of test, a"):
        truth_of(numbers, "csv", "tests")


def test_only_architectures_with_a_truth_are_compared():
    numbers = ArchitectureTable(tuple(META), {"test": np.array([1, np.nan, 3, 4, np.nan, 6.0])}, {})
    chosen = compared_architectures(numbers, "csv", None, count=0, seed=3)
    assert chosen.architectures == (META[0], META[2], META[3], META[5])
    some = compared_architectures(numbers, "csv", None, count=2, seed=3)
    assert len(some.architectures) == 2 and set(some.architectures) < set(chosen.architectures)
    nothing = ArchitectureTable(tuple(META), {"test": np.full(6, np.nan)}, {})
    with pytest.raises(DataError, match=r"no architecture has a truth; set truth\.column"):
        compared_architectures(nothing, "csv", None, count=2, seed=3)
