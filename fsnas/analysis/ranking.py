"""How well one ranking of architectures agrees with another, and how much of a truth's variance groups explain.

Many architectures share an accuracy, so ties are counted as ties throughout. Where there is nothing to rank (fewer
than two values, or all equal) the answer is NaN, not 0 and not 1. Values are float64 ``[n]``, groups ``[n]`` (leaf
paths, or other labels); where lengths differ or a value is not finite, every function raises `FsnasError`.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import kendalltau, spearmanr

from fsnas.errors import FsnasError

Statistic = Callable[[np.ndarray, np.ndarray], float]
PAIRS_UP_TO = 4000  # architectures whose pairs fit into memory: 64 MB a matrix
CHUNK = 4_000_000  # resampled ranks held at once


def kendall(a: np.ndarray, b: np.ndarray) -> float:
    """Return Kendall's tau-b of ``a`` and ``b``; NaN for fewer than two or equal values.

    (concordant - discordant pairs) / sqrt(pairs not tied in a * pairs not tied in b), in [-1, 1].

    References
    ----------
    Kendall, "The Treatment of Ties in Ranking Problems" (Biometrika 1945); Knight (JASA 1966) for O(n log n).
    """
    a, b = _checked(a, b)
    return float(kendalltau(a, b).statistic) if _rankable(a, b) else np.nan


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's rho of ``a`` and ``b``; NaN for fewer than two or equal values.

    Pearson's correlation of the ranks, where tied values share the mean of their ranks.

    References
    ----------
    Spearman, "The Proof and Measurement of Association between Two Things" (American Journal of Psychology 1904).
    """
    a, b = _checked(a, b)
    return float(spearmanr(a, b).statistic) if _rankable(a, b) else np.nan


def rankable(groups: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return which entries are in a group where ``a`` and ``b`` can be ranked: bool ``[n]``."""
    a, b = _checked(a, b)
    kept = np.zeros(len(a), dtype=bool)
    for inside in _each(groups, len(a)):
        kept[inside] = _rankable(a[inside], b[inside])
    return kept


def within(groups: np.ndarray, a: np.ndarray, b: np.ndarray, statistic: Statistic) -> float:
    """Return the mean of ``statistic`` (`kendall` or `spearman`) over the groups, weighted by their number of entries.

    A group of fewer than two entries, or with equal values, has no ranking and is left out (`rankable` says which
    entries remain); NaN where none remains. A group of two can only be -1 or 1: small groups say little, which is
    why they weigh little.
    """
    a, b = _checked(a, b)
    each = list(_each(groups, len(a)))
    found = np.array([statistic(a[inside], b[inside]) for inside in each])
    sizes = np.array([inside.sum() for inside in each])[~np.isnan(found)]
    return float((sizes / sizes.sum()) @ found[~np.isnan(found)]) if len(sizes) else np.nan


def eta_squared(groups: np.ndarray, values: np.ndarray) -> float:
    """Return the share of the variance of ``values`` that lies between the groups, in [0, 1].

    Sum of squares between the groups / total sum of squares; 0 for one group, 1 where the values of every group are
    equal, NaN for fewer than two or equal values. It grows with the number of groups: a random partition of n
    values into g groups has (g - 1) / (n - 1) on average.

    References
    ----------
    Fisher, "Statistical Methods for Research Workers" (1925), section 45: the correlation ratio.
    """
    values, _ = _checked(values, values)
    labels = _labels(groups, len(values))
    if not _rankable(values):
        return np.nan
    if labels.max() == 0:
        return 0.0
    centred = values - values.mean()
    sums, sizes = np.bincount(labels, weights=centred), np.bincount(labels)
    return float(min(1.0, (sums**2 / sizes).sum() / (centred**2).sum()))


def resampled(a: np.ndarray, b: np.ndarray, statistic: Statistic, counts: np.ndarray) -> np.ndarray:
    """Return ``statistic`` of every resample of the entries of ``a`` and ``b``: float64 ``[resamples]``.

    Exactly ``statistic(np.repeat(a, row), np.repeat(b, row))`` for every row of ``counts``, which says how often each
    entry is in a resample (`stats.draws`); for `kendall` (up to 4,000 entries) and `spearman` all resamples are done at
    once. NaN where a resample cannot be ranked.
    """
    a, b = _checked(a, b)
    if len(a) < 2:
        return np.full(len(counts), np.nan)
    if statistic is kendall and len(a) <= PAIRS_UP_TO:
        whole: Callable[..., np.ndarray] = _resampled_kendall
    elif statistic is spearman:
        whole = _resampled_spearman
    else:
        return np.array([statistic(np.repeat(a, row), np.repeat(b, row)) for row in counts], dtype=np.float64)
    rows = max(1, CHUNK // len(a))
    parts = [whole(a, b, counts[start : start + rows]) for start in range(0, len(counts), rows)]
    return np.concatenate(parts) if parts else np.empty(0)


def _checked(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both as float64 arrays of one length and of finite values."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise FsnasError(f"cannot rank arrays of the shapes {a.shape} and {b.shape}; expected [n] and [n]")
    for values in (a, b):
        if not np.isfinite(values).all():
            place = int(np.flatnonzero(~np.isfinite(values))[0])
            raise FsnasError(
                f"cannot rank {values[place]} (entry {place} of {len(values)}); leave out what is not finite first"
            )
    return a, b


def _rankable(*arrays: np.ndarray) -> bool:
    return all(len(values) > 1 and values.min() < values.max() for values in arrays)


def _labels(groups: np.ndarray, n: int) -> np.ndarray:
    """Return the groups as numbers 0, 1, ...: int64 ``[n]``."""
    groups = np.asarray(groups)
    if groups.shape != (n,):
        raise FsnasError(f"groups have the shape {groups.shape}; expected one group for each of the {n} values")
    return np.unique(groups, return_inverse=True)[1]


def _each(groups: np.ndarray, n: int) -> Iterator[np.ndarray]:
    """Yield which entries are in a group, bool ``[n]``, for one group after the other."""
    labels = _labels(groups, n)
    return (labels == label for label in range(labels.max(initial=-1) + 1))


def _tied(values: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of every entry among the different values, and how many of each a resample has.

    int64 ``[n]`` and ``[resamples, different values]``, in ascending order of the values.
    """
    _, place, sizes = np.unique(values, return_inverse=True, return_counts=True)
    by_place = counts[:, np.argsort(place, kind="stable")]
    return place, np.add.reduceat(by_place, np.cumsum(sizes) - sizes, axis=1).astype(np.int64)


def _resampled_kendall(a: np.ndarray, b: np.ndarray, counts: np.ndarray) -> np.ndarray:
    places, untied = [], []
    total = counts.sum(axis=1, dtype=np.int64)
    for values in (a, b):
        place, sizes = _tied(values, counts)
        places.append(place)
        untied.append((total**2 - (sizes**2).sum(axis=1)) / 2)
    signs = [(place[:, None] > place).astype(np.float32) - (place[:, None] < place) for place in places]
    weights = counts.astype(np.float32)
    # Exact in float32: a sum over the entries of one resample never exceeds its size.
    concordant = ((weights @ (signs[0] * signs[1])).astype(np.float64) * weights).sum(axis=1) / 2
    with np.errstate(invalid="ignore"):
        return concordant / np.sqrt(untied[0]) / np.sqrt(untied[1])


def _resampled_spearman(a: np.ndarray, b: np.ndarray, counts: np.ndarray) -> np.ndarray:
    ranks = []
    total = counts.sum(axis=1, dtype=np.int64)
    for values in (a, b):
        place, sizes = _tied(values, counts)
        rank = np.cumsum(sizes, axis=1) - (sizes - 1) / 2 - (total[:, None] + 1) / 2  # their mean is 0
        ranks.append(rank[:, place])
    products = [np.einsum("rn,rn,rn->r", counts, ranks[i], ranks[j]) for i, j in ((0, 1), (0, 0), (1, 1))]
    with np.errstate(invalid="ignore"):
        return products[0] / np.sqrt(products[1]) / np.sqrt(products[2])
