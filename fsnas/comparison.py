"""What splitting bought: rankings by shared weights, the truth in the leaves, what a search found, and what it cost.

Truth is an accuracy in percent of an architecture trained on its own; the accuracy of shared weights is in [0, 1].
Every table has one row per tree, or several, ordered by method (in the order of the trees) and seed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fsnas.artifacts.architectures import ArchitectureTable
from fsnas.artifacts.search import Evaluation, Found, SearchRecord
from fsnas.errors import FsnasError, nearest
from fsnas.leaves import held_edges, leaf_of
from fsnas.ranking import eta_squared, kendall, rankable, spearman, within
from fsnas.seeding import generator
from fsnas.spaces import EDGES, parse_architecture
from fsnas.stats import bootstrap_mean, spread
from fsnas.trees import Tree

SCOPES = ("all", "within")
RANK_COLUMNS = ["method", "seed", "scope", "kendall", "spearman", "n", "leaves"]
LEAF_COLUMNS = ["method", "seed", "leaf", "n", "mean", "std", "min", "q25", "median", "q75", "max"]
VARIANCE_COLUMNS = ["method", "seed", "leaves", "n", "eta_squared", "expected"]
FOUND_COLUMNS = ["method", "seed", "sampler", "evaluations", "leaf", "architecture", "valid_accuracy", "test_accuracy"]
FOUND_COLUMNS += ["optimum", "regret", "rank", "of", "oracle", "oracle_n"]
TIMES = ("seconds", "device_seconds")  # wall clock, and what processors or a card spent
TIME_COLUMNS = {kind: [f"{part}_{kind}" for part in ("root", "scoring", "leaf")] for kind in TIMES}
COST_COLUMNS = ["method", "seed", "root_epochs", "leaf_epochs", "leaf_samples", "trainings", "shared"]
COST_COLUMNS += [*(column for columns in TIME_COLUMNS.values() for column in columns), "search_evaluations"]
FOUND_QUANTITIES = ("test_accuracy", "regret", "rank", "oracle")
QUANTITIES = ("kendall_all", "kendall_within", "spearman_all", "spearman_within", "eta_squared", *FOUND_QUANTITIES)
PLAIN = ("architectures_all", "architectures_within", "expected", "of", "oracle_n")  # what the quantities rest on
SUMMARY_COLUMNS = ["method", "n", *(f"{name}{end}" for name in QUANTITIES for end in ("", "_ci_low", "_ci_high"))]
SUMMARY_COLUMNS += ["sampler", *PLAIN, "root_epochs", "leaf_epochs", *TIMES]


def rank_correlations(
    trees: Sequence[Tree], evaluations: Mapping[tuple[str, int], ArchitectureTable], truth: Mapping[str, float]
) -> pd.DataFrame:
    """Return how well the accuracy with shared weights ranks the architectures, against the truth.

    Columns ``method, seed, scope, kendall, spearman, n, leaves``. Scope ``all``: over all architectures, each
    evaluated in its own leaf; ``within``: the mean over the leaves, weighted by their architectures, of the
    correlation inside a leaf. ``n`` counts the architectures that the number is made from and ``leaves`` their
    leaves: both values are finite, and for ``within`` the leaf can be ranked (two architectures, not all equal).

    Parameters
    ----------
    trees
        A tree without evaluations has no row.
    evaluations
        Column ``accuracy``, by method and seed.
    truth
        Accuracy in percent by architecture string; NaN and absent are the same.

    Raises
    ------
    FsnasError
        If evaluations have no tree, two trees have one method and seed, or an architecture is in no leaf.
    """
    ordered = _ordered(trees)
    _check_keys(evaluations, ordered, "are evaluations")
    looked_up: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray]] = {}
    rows: list[tuple[Any, ...]] = []
    for tree in ordered:
        table = evaluations.get((tree.method, tree.seed))
        if table is None:
            continue
        if table.architectures not in looked_up:  # every tree evaluates the same ones: parse and look up once
            values = np.array([truth.get(name, np.nan) for name in table.architectures], dtype=np.float64)
            looked_up[table.architectures] = table.indices(), values
        indices, values = looked_up[table.architectures]
        accuracy = table.column("accuracy")
        known = np.isfinite(values) & np.isfinite(accuracy)
        leaves, a, b = leaf_of(tree.leaves, indices[known]), accuracy[known], values[known]
        counts = (len(a), len(np.unique(leaves)))
        rows.append((tree.method, tree.seed, "all", kendall(a, b), spearman(a, b), *counts))
        inside = rankable(leaves, a, b)
        counts = (int(inside.sum()), len(np.unique(leaves[inside])))
        rows.append(
            (tree.method, tree.seed, "within", *(within(leaves, a, b, s) for s in (kendall, spearman)), *counts)
        )
    return pd.DataFrame(rows, columns=RANK_COLUMNS)


def leaf_truth(trees: Sequence[Tree], truth: Mapping[str, float]) -> pd.DataFrame:
    """Return the distribution of the truth in every leaf, in percent.

    Columns ``method, seed, leaf, n, mean, std, min, q25, median, q75, max``: ``n`` architectures with a truth; a leaf
    without any has a row of NaN. ``std`` divides by n - 1.

    Raises
    ------
    FsnasError
        If two trees have one method and seed, or a string is no architecture.
    """
    _, indices, values = _known(truth)
    rows: list[tuple[Any, ...]] = []
    for tree in _ordered(trees):
        leaves = leaf_of(tree.leaves, indices)
        for leaf in tree.leaves:
            rows.append((tree.method, tree.seed, leaf, *_distribution(values[leaves == leaf])))
    return pd.DataFrame(rows, columns=LEAF_COLUMNS)


def _distribution(values: np.ndarray) -> tuple[float, ...]:
    """Return n, mean, std, minimum, quartiles and maximum."""
    if not len(values):
        return (0, *[np.nan] * 7)
    return len(values), float(values.mean()), spread(values), *np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()


def explained_variance(trees: Sequence[Tree], truth: Mapping[str, float]) -> pd.DataFrame:
    """Return how much of the truth's variance lies between the leaves of each tree.

    Columns ``method, seed, leaves, n, eta_squared, expected``. ``n`` architectures have a truth, and ``leaves`` counts
    the leaves that hold one of them. More leaves explain more, whatever they are: ``expected`` is what as many leaves
    of those sizes, filled by chance, explain on average, (leaves - 1) / (n - 1).

    Raises
    ------
    FsnasError
        As `leaf_truth`.
    """
    _, indices, values = _known(truth)
    rows: list[tuple[Any, ...]] = []
    for tree in _ordered(trees):
        leaves, n = leaf_of(tree.leaves, indices), len(values)
        count = len(np.unique(leaves))
        expected = (count - 1) / (n - 1) if n > 1 else np.nan
        rows.append((tree.method, tree.seed, count, n, eta_squared(leaves, values), expected))
    return pd.DataFrame(rows, columns=VARIANCE_COLUMNS)


def found_table(
    trees: Sequence[Tree],
    searches: Mapping[tuple[str, int], SearchRecord],
    truth: Mapping[str, float],
    found_truth: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what each search found, and how good that is.

    Columns ``method, seed, sampler, evaluations, leaf, architecture, valid_accuracy`` (shared weights, in [0, 1])
    and, in percent, ``test_accuracy, optimum, regret`` (optimum - test_accuracy); then ``rank, of, oracle,
    oracle_n``. All compare with the architectures that have a truth and with the found one itself, never with what
    other searches found: ``optimum`` is the best of them, ``rank`` 1 the best of ``of`` (equal ones share the better
    rank), and ``oracle`` the best of the ``oracle_n`` in the chosen leaf, which only somebody who knows the truth can
    pick. What has no truth is NaN.

    Parameters
    ----------
    trees
        A tree without a search has no row.
    searches
        By method and seed; one row for each of its samplers.
    truth
        Accuracy in percent by architecture string; NaN and absent are the same.
    found_truth
        Of architectures that were found and then trained on their own; used where ``truth`` has none.

    Raises
    ------
    FsnasError
        If a search has no tree, two trees have one method and seed, or the architecture that a search found is not
        in its leaf.
    """
    ordered = _ordered(trees)
    _check_keys(searches, ordered, "is a search")
    names, indices, values = _known(truth)
    known = dict(zip(names, values.tolist(), strict=True))
    rows: list[tuple[Any, ...]] = []
    for tree in ordered:
        record = searches.get((tree.method, tree.seed))
        if record is None:
            continue
        leaves = leaf_of(tree.leaves, indices)
        for found in record.searches:
            best = _best_of(found, tree)
            search = (found.sampler, len(found.evaluations), best.leaf, best.architecture, best.accuracy)
            own = [] if best.architecture in known else [(found_truth or {}).get(best.architecture, np.nan)]
            test = known.get(best.architecture, *own)
            judged = _judged(test, *(_with(some, own) for some in (values, values[leaves == best.leaf])))
            rows.append((tree.method, tree.seed, *search, *judged))
    return pd.DataFrame(rows, columns=FOUND_COLUMNS).astype({"rank": "Int64"})


def _with(values: np.ndarray, own: Sequence[float]) -> np.ndarray:
    """Return ``values`` and those of ``own`` that are finite."""
    return np.concatenate([values, [value for value in own if np.isfinite(value)]])


def _judged(test: float, values: np.ndarray, leaf: np.ndarray) -> tuple[Any, ...]:
    """Return test accuracy, optimum, regret, rank, of, oracle and oracle_n, among all values and those of the leaf."""
    optimum, oracle = (float(known.max()) if len(known) else np.nan for known in (values, leaf))
    rank = int((values > test).sum()) + 1 if np.isfinite(test) else pd.NA
    return test, optimum, optimum - test, rank, len(values), oracle, len(leaf)


def _best_of(found: Found, tree: Tree) -> Evaluation:
    """Return the best evaluation of ``found``, which must lie in its leaf of ``tree``."""
    best = found.evaluations[found.best]
    space = tree.leaves.get(best.leaf)
    if space is None or not held_edges(space, np.array([parse_architecture(best.architecture)])).all():
        raise FsnasError(
            f"the search of method {tree.method} and seed {tree.seed} found {best.architecture} in leaf {best.leaf!r}, "
            f"which does not hold it; its tree has the leaves {[*tree.leaves]}: search and tree must be of one run"
        )
    return best


def cost_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the costs, ordered by method (in the order of their first rows) and seed.

    Columns ``method, seed, root_epochs, leaf_epochs, leaf_samples, trainings, shared, root_seconds, scoring_seconds,
    leaf_seconds, root_device_seconds, scoring_device_seconds, leaf_device_seconds, search_evaluations``: ``seconds``
    are of the wall clock, ``device_seconds`` of processors or a card (`fsnas.devices.device_clock`).

    Parameters
    ----------
    rows
        One for each method and seed, with exactly these columns.

    Raises
    ------
    FsnasError
        If a row lacks a column or has another one, or two rows have one method and seed.
    """
    seen: set[tuple[str, int]] = set()
    for row in rows:
        missing, other = [c for c in COST_COLUMNS if c not in row], [c for c in row if c not in COST_COLUMNS]
        where = f"the costs of method {row.get('method')} and seed {row.get('seed')}"
        if missing or other:
            hint = nearest(other[0], COST_COLUMNS) if other else ""
            raise FsnasError(
                f"{where} lack {missing or 'nothing'} and have the unknown {other or 'nothing'}{hint}; "
                f"expected exactly {COST_COLUMNS}"
            )
        if (row["method"], row["seed"]) in seen:
            raise FsnasError(f"{where} are there twice; expected one row each")
        seen.add((row["method"], row["seed"]))
    methods = list(dict.fromkeys(row["method"] for row in rows))
    ordered = sorted(rows, key=lambda row: (methods.index(row["method"]), row["seed"]))
    return pd.DataFrame([[row[c] for c in COST_COLUMNS] for row in ordered], columns=COST_COLUMNS)


def few_shot_summary(
    rank: pd.DataFrame,
    variance: pd.DataFrame,
    found: pd.DataFrame,
    cost: pd.DataFrame,
    *,
    seed: int,
    resamples: int,
    sampler: str | None = None,
) -> pd.DataFrame:
    """Return one row a method: rank correlation, explained variance, found architecture and cost.

    Columns ``method, n``; for each of ``kendall_all, kendall_within, spearman_all, spearman_within, eta_squared,
    test_accuracy, regret, rank, oracle`` the mean over seeds, ``_ci_low`` and ``_ci_high``; then the ``sampler`` of the
    found architectures, and means over seeds of what the numbers rest on: ``architectures_all`` and
    ``architectures_within`` of the rank correlations, ``expected`` (eta squared of a split by chance), ``of`` (of the
    rank), ``oracle_n``; then of ``root_epochs, leaf_epochs, seconds, device_seconds``. ``n`` counts the seeds of a
    method in any table; one without a value is left out of that mean. The intervals are the 95 % percentile bootstrap
    over seeds, NaN for fewer than two. ``seconds`` and ``device_seconds`` add up root, scoring and leaves; NaN where
    one of them is.

    Parameters
    ----------
    rank, variance, found, cost
        Of `rank_correlations`, `explained_variance`, `found_table` and `cost_table`. Methods come in the order of
        ``variance``; those that are nowhere else, whose leaves were not trained, come last.
    seed, resamples
        Of the bootstrap.
    sampler
        Whose searches the found architectures are; the first of ``found`` if None.

    Raises
    ------
    FsnasError
        If ``found`` has no such sampler, or ``resamples`` is below 1.
    """
    found = _of_sampler(found, sampler)
    tables = [rank, variance, found, cost]
    sources = _sources(rank, variance, found)
    times = {kind: cost[columns].astype("float64").sum(axis=1, skipna=False) for kind, columns in TIME_COLUMNS.items()}
    cost = cost.assign(**times)
    trained = {method for table in (rank, found, cost) for method in table["method"]}
    methods = list(dict.fromkeys(method for table in (variance, rank, found, cost) for method in table["method"]))
    rows = []
    for method in sorted(methods, key=lambda method: method not in trained):
        seeds = {int(s) for table in tables for s in table.loc[table["method"] == method, "seed"]}
        row: list[Any] = [method, len(seeds)]
        for name, (table, column) in sources.items():
            values = _per_seed(table, method, column)
            row += [_mean(values), *bootstrap_mean(values, generator(seed, "bootstrap", method, name), resamples)]
        row.append(next(iter(found.loc[found["method"] == method, "sampler"]), None))
        row += [_mean(_per_seed(table, method, column)) for table, column in _basis(rank, variance, found)]
        row += [_mean(_per_seed(cost, method, column)) for column in ("root_epochs", "leaf_epochs", *TIMES)]
        rows.append(row)
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS)


def _sources(rank: pd.DataFrame, variance: pd.DataFrame, found: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, str]]:
    """Return table and column of every quantity, in the order of the summary."""
    scopes = {scope: rank[rank["scope"] == scope] for scope in SCOPES}
    sources = {f"{name}_{scope}": (scopes[scope], name) for name in ("kendall", "spearman") for scope in SCOPES}
    sources["eta_squared"] = variance, "eta_squared"
    return sources | {name: (found, name) for name in FOUND_QUANTITIES}


def _basis(rank: pd.DataFrame, variance: pd.DataFrame, found: pd.DataFrame) -> list[tuple[pd.DataFrame, str]]:
    """Return table and column of what the quantities rest on, in the order of `PLAIN`."""
    scopes = [(rank[rank["scope"] == scope], "n") for scope in SCOPES]
    return [*scopes, (variance, "expected"), (found, "of"), (found, "oracle_n")]


def _of_sampler(found: pd.DataFrame, sampler: str | None) -> pd.DataFrame:
    samplers = list(dict.fromkeys(found["sampler"]))
    if sampler is not None and samplers and sampler not in samplers:
        raise FsnasError(f"no search was made by the sampler {sampler!r}{nearest(sampler, samplers)}; found {samplers}")
    return found[found["sampler"] == (samplers[0] if sampler is None and samplers else sampler)]


def _per_seed(table: pd.DataFrame, method: str, column: str) -> np.ndarray:
    """Return the values of one method that are not NaN, in ascending order of the seeds: float64."""
    values = table[table["method"] == method].sort_values("seed", kind="stable")[column]
    return values.dropna().to_numpy(dtype=np.float64)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _ordered(trees: Sequence[Tree]) -> list[Tree]:
    """Return the trees by method, in the order given, and seed."""
    seen: set[tuple[str, int]] = set()
    for tree in trees:
        if (tree.method, tree.seed) in seen:
            raise FsnasError(f"two trees have the method {tree.method!r} and the seed {tree.seed}; expected one each")
        seen.add((tree.method, tree.seed))
    methods = list(dict.fromkeys(tree.method for tree in trees))
    return sorted(trees, key=lambda tree: (methods.index(tree.method), tree.seed))


def _check_keys(given: Mapping[tuple[str, int], Any], trees: Sequence[Tree], what: str) -> None:
    keys = {(tree.method, tree.seed) for tree in trees}
    for method, seed in given:
        if (method, seed) not in keys:
            methods = sorted({tree.method for tree in trees})
            hint = "" if method in methods else nearest(method, methods)
            raise FsnasError(
                f"there {what} of method {method!r}{hint} and seed {seed}, but no such tree; "
                f"expected methods {methods} and seeds {sorted({tree.seed for tree in trees})}"
            )


def _known(truth: Mapping[str, float]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the architectures that have a truth: strings, operation indices int64 ``[n, edges]``, float64 ``[n]``."""
    known = {name: value for name, value in truth.items() if np.isfinite(value)}
    indices = np.array([parse_architecture(name) for name in known], dtype=np.int64).reshape(len(known), len(EDGES))
    return list(known), indices, np.array([*known.values()], dtype=np.float64)
