import numpy as np
import pytest
from scipy.stats import bootstrap, kendalltau, spearmanr

from fsnas.analysis import ranking
from fsnas.analysis.ranking import eta_squared, kendall, rankable, resampled, spearman, within
from fsnas.analysis.stats import draws, interval
from fsnas.errors import FsnasError


def related(n, seed=0):
    """Two related vectors, the second with many ties."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    return a, np.round(a + rng.normal(size=n), 1)


def bootstrap_correlation(a, b, statistic, rng, resamples):
    return interval(resampled(a, b, statistic, draws(len(a), rng, resamples)))


@pytest.mark.parametrize("n", [2, 3, 50, 2000])
def test_they_are_scipys(n):
    a, b = related(n)
    assert kendall(a, b) == pytest.approx(kendalltau(a, b).statistic, abs=1e-12)
    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)


def test_printed_examples_with_ties():
    # Pairs of a: (1, 1) is tied, five are not; of b: (2, 2) is tied, five are not; 4 agree, 0 disagree.
    assert kendall([1, 1, 2, 3], [1, 2, 2, 3]) == pytest.approx(4 / 5, abs=1e-12)
    # Ranks 1.5, 1.5, 3, 4 and 1, 2.5, 2.5, 4: covariance 3.75, both variances 4.5.
    assert spearman([1, 1, 2, 3], [1, 2, 2, 3]) == pytest.approx(3.75 / 4.5, abs=1e-12)


@pytest.mark.parametrize("statistic", [kendall, spearman])
@pytest.mark.parametrize(("a", "b"), [([], []), ([1.0], [2.0]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [0.1, 0.1, 0.1])])
def test_nothing_to_rank_is_nan_without_a_warning(statistic, a, b, recwarn):
    assert np.isnan(statistic(a, b))
    assert np.isnan(bootstrap_correlation(a, b, statistic, np.random.default_rng(0), 20)).all()
    assert np.isnan(resampled(a, b, statistic, draws(len(a), np.random.default_rng(0), 3))).all()
    assert not recwarn.list


@pytest.mark.parametrize("statistic", [kendall, spearman])
def test_what_is_not_finite_is_an_error(statistic):
    with pytest.raises(FsnasError, match=r"cannot rank nan \(entry 1 of 3\); leave out"):
        statistic([1, 2, 3], [1, np.nan, 3])
    with pytest.raises(FsnasError, match="cannot rank -inf"):
        statistic([-np.inf, 2, 3], [1, 2, 3])
    with pytest.raises(FsnasError, match=r"shapes \(2,\) and \(3,\); expected \[n\] and \[n\]"):
        statistic([1, 2], [1, 2, 3])


def test_within_weighs_the_leaves_that_can_be_ranked():
    groups = np.array(["0", "0", "0", "10", "10", "11", "01", "01"])
    a = np.array([1, 2, 3, 1, 2, 5, 7, 7], dtype=float)
    b = np.array([1, 2, 3, 2, 1, 5, 1, 2], dtype=float)
    assert within(groups, a, b, kendall) == pytest.approx((3 * 1 + 2 * -1) / 5, abs=1e-12)
    assert rankable(groups, a, b).tolist() == [True] * 5 + [False] * 3
    assert np.isnan(within(np.arange(8), a, b, kendall))
    assert np.isnan(within(np.array([]), [], [], spearman)) and not len(rankable(np.array([]), [], []))
    with pytest.raises(FsnasError, match=r"shape \(2,\); expected one group for each of the 8 values"):
        within(groups[:2], a, b, kendall)


def test_eta_squared_of_known_groups():
    # The mean is 3 and those of the groups 2 and 4: squares 2 * 1 + 2 * 1 between them, 1 + 1 + 1 + 9 in total.
    assert eta_squared(np.array(["0", "0", "1", "1"]), [2, 2, 2, 6]) == pytest.approx(4 / 12, abs=1e-12)
    assert eta_squared(np.array(["root"] * 3), [0.1, 0.2, 0.3]) == 0
    assert eta_squared(np.array(["0", "0", "1"]), [0.1, 0.1, 0.3]) == pytest.approx(1, abs=1e-12)
    assert np.isnan(eta_squared(np.array(["0", "1"]), [93.1, 93.1]))
    assert np.isnan(eta_squared(np.array([]), [])) and np.isnan(eta_squared(np.array(["0"]), [1.0]))


def test_by_chance_groups_explain_their_number():
    rng = np.random.default_rng(0)
    values, groups = rng.gumbel(size=60), np.repeat([0, 1, 2], [10, 20, 30])
    found = [eta_squared(rng.permutation(groups), values) for _ in range(4000)]
    # The standard error of the mean is about 0.0005.
    assert np.mean(found) == pytest.approx(2 / 59, abs=0.002)


@pytest.mark.parametrize("statistic", [kendall, spearman])
def test_the_interval_is_scipys_percentile_bootstrap(statistic):
    a, b = related(80)
    found = bootstrap_correlation(a, b, statistic, np.random.default_rng(1), 4000)
    how = {"paired": True, "vectorized": False, "n_resamples": 4000, "method": "percentile"}
    other = bootstrap((a, b), statistic, **how, rng=np.random.default_rng(2))
    # Two Monte Carlo estimates of the same quantiles: 0.02 is four standard errors of their difference.
    np.testing.assert_allclose(found, other.confidence_interval, atol=0.02)


@pytest.mark.parametrize("statistic", [kendall, spearman])
def test_all_ways_of_resampling_agree(statistic, monkeypatch):
    a, b = related(60)
    counts = draws(60, np.random.default_rng(3), 40)
    whole = resampled(a, b, statistic, counts)
    one_by_one = resampled(a, b, lambda x, y: statistic(x, y), counts)
    np.testing.assert_allclose(whole, one_by_one, atol=1e-12)
    monkeypatch.setattr(ranking, "CHUNK", 7 * 60)
    np.testing.assert_array_equal(resampled(a, b, statistic, counts), whole)
    monkeypatch.setattr(ranking, "PAIRS_UP_TO", 59)
    np.testing.assert_allclose(resampled(a, b, statistic, counts), whole, atol=1e-12)


def test_the_interval_is_deterministic_and_holds_the_value():
    a, b = related(100)
    found = [bootstrap_correlation(a, b, kendall, np.random.default_rng(5), 200) for _ in range(2)]
    assert found[0] == found[1] and found[0][0] < kendall(a, b) < found[0][1]
