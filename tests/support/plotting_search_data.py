"""Synthetic tables of leaves, search, truth and cost for the figures, after the columns of the real ones."""

import numpy as np
import pandas as pd

from fsnas.plotting.cost import cost_figure
from fsnas.plotting.explained_variance import explained_variance_figure
from fsnas.plotting.found import found_figure
from fsnas.plotting.proxies import proxies_figure
from fsnas.plotting.rank_correlation import rank_correlation_figure
from tests.support.plotting_data import MANY, METRICS, caption

TRUTH = "Truth: standalone_test_accuracy_5_epochs_seed_0 of 16 architectures"
EIGHT = {
    "gm": "gm",
    "snip": "snip",
    "jacobcov": "jacobcov",
    "random": "random",
    "one-shot": "random",
    "few-shot": "random",
    "few-shot-first": "random",
    "gm-equal": "gm",
}
LONG = {
    (f"{method}-with-a-long-name" if i % 5 == 4 else method): metric for i, (method, metric) in enumerate(MANY.items())
}
SAMPLERS = ("random", "evolution", "tpe")
LEAVES = {"one-shot": ["root"], "few-shot": list("01234"), "few-shot-first": list("01234")}
EIGHT_LEAVES = [f"{i:03b}" for i in range(8)]
CASES = {"default": (EIGHT, 3, SAMPLERS), "one": ({"snip": "snip"}, 1, ("random",)), "many": (LONG, 10, SAMPLERS)}


def leaves_of(method):
    return LEAVES.get(method, EIGHT_LEAVES)


def rank(methods, seeds, missing="few-shot-first"):
    """Return a table of `rank_correlations`; the method ``missing`` has no value within its leaves."""
    rng = np.random.default_rng(0)
    rows = []
    for number, method in enumerate(methods):
        for seed in range(seeds):
            for scope in ("all", "within"):
                tau = np.clip(0.15 + 0.1 * (number % 4) - 0.1 * (scope == "within") + rng.normal(0, 0.12), -1, 1)
                tau = np.nan if scope == "within" and method == missing else tau
                n = 16 if scope == "all" else 13 + seed % 3
                rows.append((method, seed, scope, tau, 1.3 * tau, n, len(leaves_of(method))))
    return pd.DataFrame(rows, columns=["method", "seed", "scope", "kendall", "spearman", "n", "leaves"])


def variance(methods, seeds, n=16):
    rng = np.random.default_rng(1)
    rows = []
    for number, method in enumerate(methods):
        leaves = len(leaves_of(method))
        expected = (leaves - 1) / (n - 1)
        for seed in range(seeds):
            eta = 0.0 if leaves == 1 else np.clip(expected + 0.05 * (number % 4) + rng.normal(0, 0.08), 0, 1)
            rows.append((method, seed, leaves, n, eta, expected))
    return pd.DataFrame(rows, columns=["method", "seed", "leaves", "n", "eta_squared", "expected"])


def leaf_truth(methods, seeds, n=16, low=10.0):
    """Return a table of `leaf_truth`: ``n`` architectures a tree, some leaves without any; a long tail to ``low``."""
    rng = np.random.default_rng(2)
    rows = []
    for method in methods:
        for seed in range(seeds):
            leaves = leaves_of(method)
            of = rng.integers(0, len(leaves), n)
            for number, leaf in enumerate(leaves):
                values = 88 + number * 0.4 + rng.gumbel(0, 1.5, (of == number).sum()) * -1
                values[values < 84] = low
                if not len(values):
                    rows.append((method, seed, leaf, 0, *[np.nan] * 7))
                    continue
                std = values.std(ddof=1) if len(values) > 1 else np.nan
                quartiles = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
                rows.append((method, seed, leaf, len(values), values.mean(), std, *quartiles))
    columns = ["method", "seed", "leaf", "n", "mean", "std", "min", "q25", "median", "q75", "max"]
    return pd.DataFrame(rows, columns=columns)


def found(methods, seeds, samplers):
    """Return a table of `found_table`; the last method's searches found what has no truth for seed 0."""
    rng = np.random.default_rng(3)
    rows = []
    for number, method in enumerate(methods):
        for seed in range(seeds):
            for place, sampler in enumerate(samplers):
                oracle = 94.37 - rng.exponential(0.3)
                test = oracle - rng.exponential(0.5) - 0.3 * (number % 3) + 0.1 * place
                test = np.nan if seeds > 1 and seed == 0 and number == len(methods) - 1 else min(test, oracle)
                rows.append((method, seed, sampler, 200, "010", "|nor_conv_3x3~0|+...", 0.4 + rng.random() * 0.2, test,
                             94.37, 94.37 - test, 12, 15625, oracle, 1953))  # fmt: skip
    columns = ["method", "seed", "sampler", "evaluations", "leaf", "architecture", "valid_accuracy", "test_accuracy",
               "optimum", "regret", "rank", "of", "oracle", "oracle_n"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def cost(methods, seeds):
    rng = np.random.default_rng(4)
    rows = []
    for method in methods:
        leaves = len(leaves_of(method))
        for seed in range(seeds):
            rooted = leaves > 1
            shared = min(seed, leaves - 1) % 3
            scoring = 8.0 * (leaves == 8) * (1 + rng.random())
            rows.append((method, seed, 20 * rooted, 40, 35840, leaves - shared, shared, (21.0 + rng.random()) * rooted,
                         scoring, 31.0, 200))  # fmt: skip
    columns = ["method", "seed", "root_epochs", "leaf_epochs", "leaf_samples", "trainings", "shared",
               *(f"{part}_device_seconds" for part in ("root", "scoring", "leaf")), "search_evaluations"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def correlations(metrics=METRICS, n=200):
    """Return a table of `proxy_correlations`; jacobcov lost values, and only some numbers are published."""
    rng = np.random.default_rng(5)
    rows = []
    for number, metric in enumerate(metrics):
        direction = {"ntk": "lower", "gm": "none", "random": "none"}.get(metric, "higher")
        rho = 0.0 if metric == "random" else (0.8 - 0.06 * number) * (-1 if metric == "ntk" else 1)
        rho = np.nan if metric == "gm" else rho + rng.normal(0, 0.03)
        published = [rho + rng.normal(0, 0.1) if number % 3 else np.nan, rho - 0.1 if number % 4 else np.nan]
        rows.append((metric, direction, rho, rho - 0.1, rho + 0.09, 0.7 * rho, 0.7 * rho - 0.1, 0.7 * rho + 0.1,
                     0 if metric == "gm" else n, 17 if metric == "jacobcov" else 0, 3, *published))  # fmt: skip
    columns = ["metric", "direction", "spearman", "spearman_ci_low", "spearman_ci_high", "kendall", "kendall_ci_low",
               "kendall_ci_high", "n", "not_finite", "seeds", "abdelfattah2021", "nasbench_suite_zero"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def draw(kind, case, **look):
    """Return the figure ``kind`` of one of `CASES`."""
    methods, seeds, samplers = CASES[case]
    names = {"default": METRICS[:8], "one": METRICS[2:3], "many": METRICS}[case]
    n, low = (15625, 10.0) if case == "many" else (16, 84.0)
    return of_methods(kind, methods, seeds, samplers, n=n, low=low, names=names, **look)


def of_methods(kind, methods, seeds, samplers=SAMPLERS, /, n=16, low=84.0, names=METRICS, **look):
    rest = {"caption": caption(seeds), "metrics": methods, "truth": TRUTH} | look
    if kind == "rank":
        return rank_correlation_figure(rank(methods, seeds), **rest)
    if kind == "variance":
        return explained_variance_figure(variance(methods, seeds, n), leaf_truth(methods, seeds, n, low), **rest)
    if kind == "found":
        return found_figure(found(methods, seeds, samplers), **rest)
    if kind == "cost":
        return cost_figure(cost(methods, seeds), **rest)
    del rest["metrics"]
    return proxies_figure(correlations(names), **rest)


KINDS = ("rank", "variance", "found", "cost", "proxies")
