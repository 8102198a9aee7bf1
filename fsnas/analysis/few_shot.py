"""The few-shot table: one row a method, with intervals over seeds."""

from typing import Any

import numpy as np
import pandas as pd

from fsnas.analysis.found import FOUND_QUANTITIES
from fsnas.analysis.rank_correlation import SCOPES
from fsnas.analysis.stats import bootstrap_mean, by_seed
from fsnas.analysis.training_cost import SAMPLED, TIME_COLUMNS, TIMES
from fsnas.seeding import generator

QUANTITIES = ("kendall_all", "kendall_within", "spearman_all", "spearman_within", "eta_squared", *FOUND_QUANTITIES)
PLAIN = ("architectures_all", "architectures_within", "expected", "of", "oracle_n")  # what the quantities rest on
SUMMARY_COLUMNS = ["method", "n", *(f"{name}{end}" for name in QUANTITIES for end in ("", "_ci_low", "_ci_high"))]
SUMMARY_COLUMNS += ["sampler", *PLAIN, "root_epochs", "leaf_epochs", *TIMES]


def few_shot_summary(
    rank: pd.DataFrame, variance: pd.DataFrame, found: pd.DataFrame, cost: pd.DataFrame, *, seed: int, resamples: int
) -> pd.DataFrame:
    """Return one row a method, rank correlation, explained variance, found architecture and cost: `SUMMARY_COLUMNS`.

    All are means over seeds; the `QUANTITIES` have the 95 % percentile bootstrap interval beside them, NaN for fewer
    than two seeds. ``n`` counts the seeds of a method in any table; one without a value is left out of that mean. The
    found architectures are those of the first ``sampler``, the cost that of the leaves it searches. ``seconds`` and
    ``device_seconds`` add up root, scoring and leaves; NaN where one of them is.

    Parameters
    ----------
    rank, variance, found, cost
        Of `rank_correlations`, `explained_variance`, `found_table` and `cost_table`. Methods come in the order of
        ``variance``; those that are nowhere else, whose leaves were not trained, come last.
    """
    found = found[found["sampler"].isin(found["sampler"][:1])]
    cost = cost[cost["search"] == SAMPLED]
    tables = [variance, rank, found, cost]
    times = {kind: cost[columns].astype("float64").sum(axis=1, skipna=False) for kind, columns in TIME_COLUMNS.items()}
    cost = cost.assign(**times)
    scopes = {scope: rank[rank["scope"] == scope] for scope in SCOPES}
    intervals = {f"{name}_{scope}": (scopes[scope], name) for name in ("kendall", "spearman") for scope in SCOPES}
    intervals |= {"eta_squared": (variance, "eta_squared"), **{name: (found, name) for name in FOUND_QUANTITIES}}
    plain = {f"architectures_{scope}": (scopes[scope], "n") for scope in SCOPES}
    plain |= {"expected": (variance, "expected"), "of": (found, "of"), "oracle_n": (found, "oracle_n")}
    plain |= {name: (cost, name) for name in ("root_epochs", "leaf_epochs", *TIMES)}
    methods = dict.fromkeys(method for table in tables for method in table["method"])
    trained = {method for table in tables[1:] for method in table["method"]}
    rows = []
    for method in sorted(methods, key=lambda method: method not in trained):
        seeds = {int(s) for table in tables for s in table.loc[table["method"] == method, "seed"]}
        row: dict[str, Any] = {"method": method, "n": len(seeds)}
        for name, (table, column) in intervals.items():
            values = by_seed(table, method, column)
            low, high = bootstrap_mean(values, generator(seed, "bootstrap", method, name), resamples)
            row |= {name: _mean(values), f"{name}_ci_low": low, f"{name}_ci_high": high}
        row["sampler"] = next(iter(found.loc[found["method"] == method, "sampler"]), None)
        row |= {name: _mean(by_seed(table, method, column)) for name, (table, column) in plain.items()}
        rows.append(row)
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan
