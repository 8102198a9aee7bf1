"""Synthetic tables, trees and scores for the figures, with the columns of the real ones."""

import functools
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from fsnas.analysis.distance_tables import SETTINGS, SUMMARY_COLUMNS, TREE_COLUMNS
from fsnas.analysis.explained_variance import LEAF_COLUMNS, VARIANCE_COLUMNS
from fsnas.analysis.found import FOUND_COLUMNS
from fsnas.analysis.method_distance import METHOD_COLUMNS
from fsnas.analysis.proxies import CORRELATION_COLUMNS
from fsnas.analysis.rank_correlation import RANK_COLUMNS, SCOPES
from fsnas.analysis.training_cost import COST_COLUMNS
from fsnas.analysis.trajectories import ENTROPY, TRAJECTORY_COLUMNS
from fsnas.splitting.trees import Tree
from tests.support.space import EDGES, OPERATIONS
from tests.support.splits import grown_tree

METRICS = ("gm", "gradnorm", "snip", "grasp", "synflow", "jacobcov", "ntk", "lr", "naswot", "fisher", "lid",
           "params", "flops", "random")  # fmt: skip
VARIANTS = {f"{metric}-{kind}": metric for kind in ("sum", "equal") for metric in ("gm", "snip", "jacobcov", "random")}
ONE_EACH = {metric: metric for metric in METRICS}
TWO = {"snip": "snip", "random": "random"}
MANY = {**ONE_EACH, **VARIANTS}
EIGHT = {
    **{method: method for method in ("gm", "snip", "jacobcov", "random")},
    **dict.fromkeys(("one-shot", "few-shot", "few-shot-first"), "random"),
    "gm-equal": "gm",
}
LONG = {
    (f"{method}-with-a-long-name" if i % 5 == 4 else method): metric for i, (method, metric) in enumerate(MANY.items())
}
SAMPLERS = ("random", "evolution", "tpe", "reinforce", "local")
EIGHT_LEAVES = [f"{i:03b}" for i in range(8)]
LEAVES = {"one-shot": ["root"], "few-shot": list("01234"), "few-shot-first": list("01234")}  # others have eight
CAPTION = (
    "n = {n} trees a method (seeds 0 to {last}); bootstrap intervals from 2,000 draws of seeds. digits, 8 x 8 grey "
    "images; C = 8, N = 1, superposition training for 12 epochs, batch 64; perturbation disable, R = 4 batches of 64; "
    "cut objective mean, balance none, edge best, policy constant with b = 2 and N = 8 (depth 3, 7 splits a tree). "
    "Split distance normalised by 2 (n - 1), so 1 is one operation moved; ties drawn at random."
)
TRUTH = "Truth: standalone_test_accuracy_5_epochs_seed_0 of 16 architectures"


def caption(seeds: int) -> str:
    return CAPTION.format(n=seeds, last=seeds - 1)


def leaves_of(method: str) -> list[str]:
    return LEAVES.get(method, EIGHT_LEAVES)


def table(columns):
    """Make a table of the rows that a function yields."""

    def decorate(rows):
        @functools.wraps(rows)
        def made(*args, **kwargs) -> pd.DataFrame:
            return pd.DataFrame(list(rows(*args, **kwargs)), columns=columns)

        return made

    return decorate


def distances(metrics: dict[str, str], seeds: int, depth: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return tables like those of `per_tree` and `split_distance_summary`."""
    rng = np.random.default_rng(0)
    trees, summary = [], []
    for (number, method), setting in product(enumerate(metrics), SETTINGS):
        external = setting == "external"
        if external and seeds < 2:
            continue
        centre = 0.25 + 1.05 * (number % 7) / 7 + 0.1 * external
        for level in ["all", *(str(level) for level in range(depth) if external or level)]:
            means = (centre + rng.normal(0, 0.12, seeds)).clip(0, 1.5)
            trees += [(method, setting, level, seed, mean, 21) for seed, mean in enumerate(means)]
            half = means.std() / seeds**0.5 * 2
            spread = (means.std(), means.mean() - half, means.mean() + half)
            spread = spread if seeds > 1 + external else (np.nan,) * 3
            summary.append((method, setting, level, means.mean(), *spread, seeds, 21 * seeds))
    return pd.DataFrame(trees, columns=TREE_COLUMNS), pd.DataFrame(summary, columns=SUMMARY_COLUMNS)


@table(METHOD_COLUMNS[:-1])
def method_distance(methods):
    places = np.random.default_rng(1).uniform(0, 1.2, len(methods))
    for (i, a), (j, b) in product(enumerate(methods), repeat=2):
        if i <= j:
            yield a, b, 0.4 if i == j else 0.15 + abs(places[i] - places[j]), 0.1, 0.3, 0.9, 3


@table(RANK_COLUMNS)
def rank(methods, seeds, missing="few-shot-first"):
    """Rows of `rank_correlations`; the method ``missing`` has no value within its leaves."""
    rng = np.random.default_rng(0)
    for (number, method), seed, scope in product(enumerate(methods), range(seeds), SCOPES):
        tau = np.clip(0.15 + 0.1 * (number % 4) - 0.1 * (scope == "within") + rng.normal(0, 0.12), -1, 1)
        tau = np.nan if scope == "within" and method == missing else tau
        n = 16 if scope == "all" else 13 + seed % 3
        yield method, seed, scope, tau, 1.3 * tau, n, len(leaves_of(method))


@table(VARIANCE_COLUMNS)
def variance(methods, seeds, n=16):
    rng = np.random.default_rng(1)
    for (number, method), seed in product(enumerate(methods), range(seeds)):
        leaves = len(leaves_of(method))
        expected = (leaves - 1) / (n - 1)
        eta = 0.0 if leaves == 1 else np.clip(expected + 0.05 * (number % 4) + rng.normal(0, 0.08), 0, 1)
        yield method, seed, leaves, n, eta, expected


@table(LEAF_COLUMNS)
def leaf_truth(methods, seeds, n=16, low=10.0):
    """Rows of `leaf_truth`: ``n`` architectures a tree, some leaves without any; a long tail to ``low``."""
    rng = np.random.default_rng(2)
    for method, seed in product(methods, range(seeds)):
        leaves = leaves_of(method)
        of = rng.integers(0, len(leaves), n)
        for number, leaf in enumerate(leaves):
            values = 88 + number * 0.4 + rng.gumbel(0, 1.5, (of == number).sum()) * -1
            values[values < 84] = low
            if not len(values):
                yield method, seed, leaf, 0, *[np.nan] * 7
                continue
            std = values.std(ddof=1) if len(values) > 1 else np.nan
            quartiles = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
            yield method, seed, leaf, len(values), values.mean(), std, *quartiles


@table(FOUND_COLUMNS)
def found(methods, seeds, samplers=SAMPLERS):
    """Rows of `found_table`; the last method's searches found what has no truth for seed 0."""
    rng = np.random.default_rng(3)
    for (number, method), seed, (place, sampler) in product(enumerate(methods), range(seeds), enumerate(samplers)):
        oracle = 94.37 - rng.exponential(0.3)
        test = oracle - rng.exponential(0.5) - 0.3 * (number % 3) + 0.1 * place
        test = np.nan if seeds > 1 and seed == 0 and number == len(methods) - 1 else min(test, oracle)
        yield (method, seed, sampler, 200, "010", "|nor_conv_3x3~0|+...", 0.4 + rng.random() * 0.2, test,
               94.37, 94.37 - test, 12, 15625, oracle, 1953)  # fmt: skip


@table(COST_COLUMNS)
def cost(methods, seeds):
    rng = np.random.default_rng(4)
    for method, seed in product(methods, range(seeds)):
        leaves = len(leaves_of(method))
        rooted = leaves > 1
        shared = min(seed, leaves - 1) % 3
        scoring = 8.0 * (leaves == 8) * (1 + rng.random())
        device = ((21.0 + rng.random()) * rooted, scoring, 31.0)
        yield method, seed, "sampled", 20 * rooted, 40, 35840, leaves - shared, shared, *[np.nan] * 3, *device, 200


@table(TRAJECTORY_COLUMNS)
def trajectories(methods, seeds, searches=("darts", "gdas"), epochs=12):
    """Rows of `trajectory_table`; the first search collapses to skip_connect, and no edge holds avg_pool_3x3."""
    for method, seed, (number, search), epoch in product(methods, range(seeds), enumerate(searches), range(epochs)):
        skip = 0.25 + (0.05 * epoch + 0.02 * seed if number == 0 else 0.0)
        shares = {"skip_connect": skip, "avg_pool_3x3": np.nan}
        of = {ENTROPY: 1 - 0.05 * epoch} | {o: shares.get(o, (1 - skip) / 3) for o in OPERATIONS}
        yield from ((method, seed, search, epoch + 1, quantity, value) for quantity, value in of.items())


@table([*CORRELATION_COLUMNS[:11], "abdelfattah2021", "nasbench_suite_zero"])
def correlations(metrics=METRICS, n=200):
    """Rows of `proxy_correlations`; jacobcov lost values, and only some numbers are published."""
    rng = np.random.default_rng(5)
    for number, metric in enumerate(metrics):
        direction = {"ntk": "lower", "gm": "none", "random": "none"}.get(metric, "higher")
        rho = 0.0 if metric == "random" else (0.8 - 0.06 * number) * (-1 if metric == "ntk" else 1)
        rho = np.nan if metric == "gm" else rho + rng.normal(0, 0.03)
        published = [rho + rng.normal(0, 0.1) if number % 3 else np.nan, rho - 0.1 if number % 4 else np.nan]
        yield (metric, direction, rho, rho - 0.1, rho + 0.09, 0.7 * rho, 0.7 * rho - 0.1, 0.7 * rho + 0.1,
               0 if metric == "gm" else n, 17 if metric == "jacobcov" else 0, 3, *published)  # fmt: skip


def tree(branchings: list[int], seed: int = 0) -> Tree:
    """Return a tree of snip with one level per branching factor, [] is the policy none; some splits are marked."""
    made = grown_tree("snip", seed, branchings, np.random.default_rng(seed))
    marks = {1: {"ties": 3, "edge_ties": 2}, 3: {"edge_ties": 2}, 4: {"degenerate": True}}
    splits = [
        replace(split, cost=split.cost * 10.0 ** (7 * number % 13 - 6), **marks.get(number, {}))
        for number, split in enumerate(made.splits)
    ]
    return replace(made, splits=tuple(splits))


def records(seeds: int, epochs: int) -> dict[int, dict[str, list]]:
    rng = np.random.default_rng(2)
    result = {}
    for seed in range(seeds):
        epoch = np.arange(1, epochs + 1)
        loss = 2.3 * np.exp(-epoch / epochs * 2.5) + rng.normal(0, 0.04, epochs)
        valid: list[float | None] = list(loss + 0.1 + rng.normal(0, 0.04, epochs))
        valid[0] = None
        accuracy = 1 - loss / 2.6
        result[seed] = {
            "epoch": list(epoch), "loss": list(loss), "accuracy": list(accuracy),
            "valid_loss": valid, "valid_accuracy": list(accuracy - 0.05),
        }  # fmt: skip
    return result


def root_scores(methods: list[str]) -> dict[str, dict]:
    """Return scores at the root; a method "snip-sum" has those of "snip", as variants of the cut have."""
    shape = (len(EDGES), len(OPERATIONS))
    result = {}
    for method in methods:
        metric = method.split("-")[0]
        number = METRICS.index(metric)
        rng = np.random.default_rng(number)
        scores = rng.normal(1, 0.2, shape) * 10.0 ** (number % 7 - 2)
        if metric == "params":
            scores = 8e5 + rng.integers(0, 3, shape) * 7e4
        if metric == "jacobcov":
            scores[2] = np.nan
        affinity = 0.97 + 0.03 * rng.random((*shape, shape[1]))
        direction = {"gm": "none", "random": "none", "ntk": "lower"}.get(metric, "higher")
        result[method] = {"scores": None if metric == "gm" else scores, "affinity": affinity, "direction": direction}
    return result
