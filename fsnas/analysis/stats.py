"""Bootstrap intervals that draw seeds: the pairs of splits within and between trees are not independent, trees are.

Intervals are 95 % percentile intervals (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3).
"""

import numpy as np
import pandas as pd

from fsnas.errors import FsnasError

INTERVAL = (0.025, 0.975)  # quantiles


def spread(values: np.ndarray) -> float:
    """Return the standard deviation (n - 1) of ``values``; NaN for fewer than two."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan


def by_seed(table: pd.DataFrame, method: str, column: str) -> np.ndarray:
    """Return the values of one method that are not NaN, in ascending order of the seeds: float64."""
    values = table[table["method"] == method].sort_values("seed", kind="stable")[column]
    return values.dropna().to_numpy(dtype=np.float64)


def bootstrap_mean(values: np.ndarray, rng: np.random.Generator, resamples: int) -> tuple[float, float]:
    """Return the interval of the mean of ``values``, one per seed.

    NaN, NaN for fewer than two seeds, which say nothing about their spread.
    """
    if len(values) < 2:
        return np.nan, np.nan
    return interval(draws(len(values), rng, resamples) / len(values) @ values)


def bootstrap_between(
    sums: np.ndarray, counts: np.ndarray, rng: np.random.Generator, resamples: int
) -> tuple[float, float]:
    """Return the interval of the mean, over seeds, of a seed's mean distance to the other seeds.

    Seeds are drawn, rows and columns of the matrix together; a seed drawn twice is not compared with itself, and a
    resample of one seed only, which has no pair, is left out. NaN, NaN if none has a pair, and for fewer than three
    seeds: two have one pair of trees, which every resample repeats.

    Parameters
    ----------
    sums, counts
        float64 ``[seeds, seeds]``, symmetric: sum and number of the distances between two seeds; the diagonal is 0.
    rng, resamples
        As in `bootstrap_mean`.
    """
    if len(sums) < 3:
        return np.nan, np.nan
    weights = draws(len(sums), rng, resamples) / len(sums)
    with np.errstate(invalid="ignore"):
        means = (weights @ sums) / (weights @ counts)
    compared = np.where(np.isfinite(means), weights, 0.0)
    total = compared.sum(axis=1)
    drawn = total > 0
    return interval((compared * np.nan_to_num(means)).sum(axis=1)[drawn] / total[drawn])


def draws(n: int, rng: np.random.Generator, resamples: int) -> np.ndarray:
    """Return how often each of ``n`` entries is in each resample with replacement: int32 ``[resamples, n]``."""
    if resamples < 1:
        raise FsnasError(f"resamples is {resamples}; expected at least 1")
    counts = np.zeros((resamples, n), dtype=np.int32)
    for part in np.array_split(counts, 1 + n // 1000) if n else []:  # numpy draws them as int64
        part[:] = rng.multinomial(n, np.full(n, 1 / n), size=len(part))
    return counts


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the interval of the resampled ``values`` that are not NaN; NaN, NaN without any."""
    known = values[~np.isnan(values)]
    low, high = np.quantile(known, INTERVAL) if len(known) else (np.nan, np.nan)
    return float(low), float(high)
