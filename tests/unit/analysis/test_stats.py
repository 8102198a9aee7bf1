import numpy as np
import pytest
from scipy.stats import bootstrap

from fsnas.analysis.stats import bootstrap_between, bootstrap_mean, spread
from fsnas.errors import FsnasError
from tests.reference.distances import external_bootstrap


def seeds_matrix(n, rng):
    """Sums and counts of the distances between the trees of ``n`` seeds."""
    sums, counts = rng.uniform(1, 9, (n, n)), rng.integers(1, 9, (n, n)).astype(float)
    return tuple(np.triu(m, 1) + np.triu(m, 1).T for m in (sums, counts))


def test_spread_is_the_sample_standard_deviation():
    assert spread(np.array([1.0, 2.0, 4.0])) == pytest.approx(np.sqrt(7 / 3), abs=1e-12)
    assert np.isnan(spread(np.array([1.0])))


def test_the_interval_of_a_mean_is_scipys_percentile_bootstrap():
    values = np.random.default_rng(0).normal(size=12)
    low, high = bootstrap_mean(values, np.random.default_rng(1), 20_000)
    found = bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2))
    # Two Monte Carlo estimates of the same quantile: 0.02 is four standard errors of their difference.
    assert low == pytest.approx(found.confidence_interval.low, abs=0.02)
    assert high == pytest.approx(found.confidence_interval.high, abs=0.02)


@pytest.mark.parametrize("n", [3, 4, 7])
def test_the_external_interval_is_that_of_resampled_matrices(n):
    sums, counts = seeds_matrix(n, np.random.default_rng(n))
    weights = np.random.default_rng(9).multinomial(n, np.full(n, 1 / n), size=300)
    drawn = [[seed for seed in range(n) for _ in range(row[seed])] for row in weights]
    expected = np.quantile(external_bootstrap(sums, counts, drawn), [0.025, 0.975])
    found = bootstrap_between(sums, counts, np.random.default_rng(9), 300)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_too_few_seeds_have_no_interval():
    assert np.isnan(bootstrap_mean(np.array([1.0]), np.random.default_rng(0), 10)).all()
    for n in (1, 2):
        sums, counts = seeds_matrix(n, np.random.default_rng(n))
        assert np.isnan(bootstrap_between(sums, counts, np.random.default_rng(0), 10)).all()


@pytest.mark.parametrize(("seed", "known"), [(0, True), (12, False)])
def test_resamples_of_one_seed_only_have_no_interval(seed, known):
    counts = 1 - np.eye(3)
    weights = np.random.default_rng(seed).multinomial(3, np.full(3, 1 / 3), size=1)
    assert (weights.max() < 3) == known, "the draw that this test is about"
    assert np.isfinite(bootstrap_between(counts, counts, np.random.default_rng(seed), 1)).all() == known


def test_equal_values_have_an_interval_of_no_width():
    assert bootstrap_mean(np.full(5, 0.25), np.random.default_rng(0), 100) == (0.25, 0.25)
    counts = 1 - np.eye(5)
    np.testing.assert_allclose(
        bootstrap_between(counts * 0.25, counts, np.random.default_rng(0), 100), 0.25, atol=1e-12
    )


def test_no_resample_is_an_error():
    with pytest.raises(FsnasError, match="resamples is 0; expected at least 1"):
        bootstrap_mean(np.array([1.0, 2.0]), np.random.default_rng(0), 0)
