"""Rank correlations with ties, and the share of the variance between groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, rankdata, spearmanr

from fsnas.analysis.ranking import eta_squared, kendall, rankable, resampled, spearman, within
from fsnas.analysis.stats import draws
from tests.properties.settings import repeatable
from tests.reference import ranking as slow


@st.composite
def pairs(draw, smallest: int = 2, largest: int = 25):
    """Two vectors of a few whole numbers, so that most values are tied, and a group for every entry."""
    n = draw(st.integers(smallest, largest))
    few = draw(st.integers(0, 6))
    numbers = st.lists(st.integers(0, few), min_size=n, max_size=n)
    a, b = (np.array(draw(numbers), dtype=float) for _ in range(2))
    return a, b, np.array(draw(st.lists(st.sampled_from(["0", "10", "11"]), min_size=n, max_size=n)), dtype=str)


@repeatable
@given(drawn=pairs())
def test_tau_and_rho_with_ties_are_scipys_and_the_twins(drawn):
    a, b, _ = drawn
    assert kendall(a, b) == pytest.approx(slow.kendall(a, b), abs=1e-12, nan_ok=True)
    assert spearman(a, b) == pytest.approx(slow.spearman(a, b), abs=1e-12, nan_ok=True)
    if len({*a}) > 1 and len({*b}) > 1:
        assert kendall(a, b) == pytest.approx(kendalltau(a, b).statistic, abs=1e-12)
        assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)
    np.testing.assert_array_equal(rankdata(a), slow.ranks(a))


@repeatable
@given(drawn=pairs())
def test_only_the_order_counts(drawn):
    a, b, _ = drawn
    for statistic in (kendall, spearman):
        value = statistic(a, b)
        assert statistic(b, a) == pytest.approx(value, abs=1e-12, nan_ok=True)
        assert statistic(np.exp(a), b**3) == pytest.approx(value, abs=1e-12, nan_ok=True)
        assert statistic(-a, b) == pytest.approx(-value, abs=1e-12, nan_ok=True)
        assert np.isnan(value) or -1 - 1e-12 <= value <= 1 + 1e-12


@repeatable
@given(drawn=pairs())
def test_every_resample_is_the_statistic_of_its_entries(drawn):
    a, b, _ = drawn
    counts = draws(len(a), np.random.default_rng(0), 5)
    assert (counts.sum(axis=1) == len(a)).all()
    for fast, twin in ((kendall, slow.kendall), (spearman, slow.spearman)):
        expected = [twin(np.repeat(a, row), np.repeat(b, row)) for row in counts]
        np.testing.assert_allclose(resampled(a, b, fast, counts), expected, atol=1e-12)


@repeatable
@given(drawn=pairs())
def test_within_is_the_weighted_mean_over_groups(drawn):
    a, b, groups = drawn
    for fast, twin in ((kendall, slow.kendall), (spearman, slow.spearman)):
        expected = slow.within(groups, a, b, twin)
        assert within(groups, a, b, fast) == pytest.approx(expected, abs=1e-12, nan_ok=True)
        assert rankable(groups, a, b).any() == (not np.isnan(expected))
    one = np.full(len(a), "root")
    assert within(one, a, b, kendall) == pytest.approx(kendall(a, b), abs=1e-12, nan_ok=True)


@repeatable
@given(drawn=pairs())
def test_eta_squared_is_the_twins_and_a_share(drawn):
    values, _, groups = drawn
    value = eta_squared(groups, values)
    assert value == pytest.approx(slow.eta_squared(groups, values), abs=1e-12, nan_ok=True)
    if len({*values}) > 1:
        assert 0 <= value <= 1
        assert eta_squared(np.full(len(values), "root"), values) == 0
        assert eta_squared(values, values) == pytest.approx(1, abs=1e-12)


@repeatable
@given(drawn=pairs(), a=st.floats(0.1, 9), b=st.floats(-99, 99))
def test_eta_squared_knows_neither_names_nor_units_nor_order(drawn, a, b):
    values, _, groups = drawn
    value = eta_squared(groups, values)
    renamed = np.array([{"0": "11", "10": "0", "11": "10"}[group] for group in groups])
    order = np.random.default_rng(0).permutation(len(values))
    for other in ((renamed, values), (groups[order], values[order]), (groups, a * values + b)):
        assert eta_squared(*other) == pytest.approx(value, abs=1e-10, nan_ok=True)


@repeatable
@given(drawn=pairs(smallest=4))
def test_eta_squared_of_a_finer_partition_is_not_less(drawn):
    values, other, groups = drawn
    finer = np.array([f"{group}{part}" for group, part in zip(groups, other, strict=True)])
    if len({*values}) > 1:
        assert eta_squared(finer, values) >= eta_squared(groups, values) - 1e-12
