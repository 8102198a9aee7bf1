"""Zero-cost metrics of single architectures, at initialisation: how well they rank them, and what was published."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fsnas.analysis.published import PUBLISHED
from fsnas.analysis.ranking import Statistic, kendall, resampled, spearman
from fsnas.analysis.stats import draws, interval
from fsnas.benchmark.table import ArchitectureTable
from fsnas.seeding import generator

VALUE_COLUMNS = ["architecture", "metric", "seed", "value"]
STATISTICS: dict[str, Statistic] = {"spearman": spearman, "kendall": kendall}
CORRELATION_COLUMNS = ["metric", "direction", "spearman", "spearman_ci_low", "spearman_ci_high"]
CORRELATION_COLUMNS += ["kendall", "kendall_ci_low", "kendall_ci_high", "n", "not_finite", "seeds"]
CORRELATION_COLUMNS += [column for source in PUBLISHED for column in (source, f"{source}_citation")]


def proxy_values(tables: Mapping[tuple[str, int], ArchitectureTable]) -> pd.DataFrame:
    """Return the column ``value`` of ``tables``, which are by metric and seed, in the order given: `VALUE_COLUMNS`."""
    parts = [
        pd.DataFrame({"architecture": of.architectures, "metric": metric, "seed": seed, "value": of.column("value")})
        for (metric, seed), of in tables.items()
    ]
    return pd.concat(parts, ignore_index=True)[VALUE_COLUMNS] if parts else pd.DataFrame(columns=VALUE_COLUMNS)


def joint_values(
    values: pd.DataFrame, joint: Mapping[str, Mapping[str, float]], directions: Mapping[str, str]
) -> pd.DataFrame:
    """Return what several metrics say together of single architectures: `VALUE_COLUMNS`, of each of ``joint``.

    ``joint`` has, by name, the weights of metrics. The value is the weighted mean of their ranks among the
    architectures of a seed, 1 for the worst (equal values have the mean of their ranks); a metric of which less is
    better by its ``directions`` counts from the other end. It is NaN where one of the metrics is not finite.
    """
    found = [values.iloc[:0]]
    wide = values.pivot(index=["seed", "architecture"], columns="metric", values="value").astype("float64")
    for name, weights in joint.items():
        turned = wide[[*weights]] * [-1.0 if directions[metric] == "lower" else 1.0 for metric in weights]
        ranks = turned[np.isfinite(turned).all(axis=1)].groupby("seed").rank()
        value = (ranks * [*weights.values()]).sum(axis=1) / sum(weights.values())
        found.append(value.reindex(wide.index).rename("value").reset_index().assign(metric=name)[VALUE_COLUMNS])
    return pd.concat(found, ignore_index=True)


def proxy_correlations(
    values: pd.DataFrame, ground_truth: Mapping[str, float], *, directions: Mapping[str, str], seed: int, resamples: int
) -> pd.DataFrame:
    """Return how well every metric of `proxy_values` ranks the architectures that have a truth: `CORRELATION_COLUMNS`.

    Beside them stand, for every source of `PUBLISHED`, its Spearman on NAS-Bench-201, CIFAR-10 (under the source's
    name) and its ``_citation``, both empty where it has no such number.

    Correlations are those of the values as they are: the sign is not turned, and ``direction``, that of the metric in
    ``directions``, says which sign is good (``higher``: a positive one). They are means over the seeds. The intervals
    are over architectures, the same draws for all seeds: what another sample of architectures would change, not another
    seed. ``n`` architectures have a truth and a finite value; ``not_finite`` counts the values, over all seeds, that
    were left out because they are not.
    """
    rows = []
    for metric in dict.fromkeys(values["metric"]):
        mine = values[values["metric"] == metric]
        by_seed, known = _matrix(mine, ground_truth)
        finite = np.isfinite(by_seed)
        row = [metric, directions[metric]]
        counts = draws(len(known), generator(seed, "bootstrap", "proxies", metric), resamples)
        for statistic in STATISTICS.values():
            row += _mean_correlation(by_seed, known, statistic, counts)
        left_out = mine["architecture"].isin(known.index) & ~np.isfinite(mine["value"].astype("float64"))
        row += [int(finite.any(axis=0).sum()), int(left_out.sum()), len(by_seed)]
        for source in PUBLISHED.values():
            published = source["spearman"].get(metric, np.nan)
            row += [published, source["short"] if np.isfinite(published) else None]
        rows.append(row)
    return pd.DataFrame(rows, columns=CORRELATION_COLUMNS)


def _matrix(values: pd.DataFrame, ground_truth: Mapping[str, float]) -> tuple[np.ndarray, pd.Series]:
    """Return one metric's values, float64 ``[seeds, architectures]``, and the truth of those that have one."""
    wide = values.pivot(index="seed", columns="architecture", values="value")
    known = pd.Series(
        {name: ground_truth.get(name, np.nan) for name in dict.fromkeys(values["architecture"])}, dtype=float
    )
    known = known[np.isfinite(known)]
    return wide.reindex(columns=known.index).to_numpy(dtype=np.float64), known


def _mean_correlation(by_seed: np.ndarray, known: pd.Series, statistic: Statistic, counts: np.ndarray) -> list[float]:
    """Return the mean over the seeds of the correlation with the truth, and its interval over architectures."""
    found, drawn = [], []
    ground_truth = known.to_numpy()
    for row in by_seed:
        finite = np.isfinite(row)
        value = statistic(row[finite], ground_truth[finite])
        if not np.isnan(value):
            found.append(value)
            drawn.append(resampled(row[finite], ground_truth[finite], statistic, counts[:, finite]))
    if not found:
        return [np.nan, np.nan, np.nan]
    mean = float(np.mean(found))
    if np.isfinite(by_seed).any(axis=0).sum() < 3:
        return [mean, np.nan, np.nan]
    # A resample that some seed cannot rank is the mean of the others.
    known_seeds = ~np.isnan(drawn)
    with np.errstate(invalid="ignore"):
        means = np.nansum(drawn, axis=0) / known_seeds.sum(axis=0)
    return [mean, *interval(means)]
