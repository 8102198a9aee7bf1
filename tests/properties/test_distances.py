"""The split distance is a metric, and n (n - 1) (1 - Rand index) up to its divisor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import rand_score

from fsnas.analysis.split_distance import split_distance
from tests.properties.settings import repeatable
from tests.reference import distances as slow


@st.composite
def partitions(draw, count: int):
    """``count`` partitions of the same 2 to 8 elements, as groups and as labels."""
    n = draw(st.integers(2, 8))
    labels = [draw(st.lists(st.integers(0, n - 1), min_size=n, max_size=n)) for _ in range(count)]
    groups = [[[i for i in range(n) if row[i] == label] for label in sorted(set(row))] for row in labels]
    return groups, labels


@repeatable
@given(drawn=partitions(3))
def test_it_is_a_metric(drawn):
    (a, b, c), _ = drawn
    assert split_distance(a, a) == 0 and split_distance(a, b) == split_distance(b, a) >= 0
    assert (split_distance(a, b) == 0) == (set(map(frozenset, a)) == set(map(frozenset, b)))
    assert split_distance(a, c) <= split_distance(a, b) + split_distance(b, c) + 1e-12


@repeatable
@given(drawn=partitions(2))
def test_it_is_one_minus_the_rand_index(drawn):
    (a, b), labels = drawn
    n = len(labels[0])
    assert 2 * (n - 1) * split_distance(a, b) == pytest.approx(n * (n - 1) * (1 - rand_score(*labels)), abs=1e-10)


@repeatable
@given(drawn=partitions(2))
def test_it_equals_the_twin(drawn):
    (a, b), _ = drawn
    assert split_distance(a, b) == pytest.approx(slow.split_distance(a, b), abs=1e-12)
    assert split_distance(a, b, "as_printed") == pytest.approx(slow.split_distance(a, b, as_printed=True), abs=1e-12)
    assert split_distance(a[::-1], [group[::-1] for group in b]) == split_distance(a, b)


@repeatable
@given(p=st.integers(1, 6), q=st.integers(1, 6))
def test_moving_one_operation_costs_what_the_text_says(p, q):
    n = p + q
    a = [list(range(p)), list(range(p, n))]
    moved = [group for group in ([*a[0][:-1]], [a[0][-1], *a[1]]) if group]
    assert split_distance(a, moved) == pytest.approx((n - 1) / (n - 1), abs=1e-12)
    three = [*a, ["x"]]
    moved = [group for group in ([*a[0][:-1]], [a[0][-1], *a[1]], ["x"]) if group]
    assert split_distance(three, moved) == pytest.approx((p + q - 1) / n, abs=1e-12)
