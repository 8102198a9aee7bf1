"""Split distance within and between split trees, and its tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fsnas.analysis.inputs import ordered_trees
from fsnas.analysis.split_distance import distance_matrix
from fsnas.analysis.splits import partition_of, splits_table
from fsnas.analysis.stats import bootstrap_between, bootstrap_mean, spread
from fsnas.seeding import generator
from fsnas.splitting.trees import Tree

SETTINGS = ("internal", "external")
PAIR_COLUMNS = ["method", "setting", "seed_a", "path_a", "level_a", "seed_b", "path_b", "level_b", "distance"]
TREE_COLUMNS = ["method", "setting", "level", "seed", "mean", "pairs"]
SUMMARY_COLUMNS = ["method", "setting", "level", "mean", "std", "ci_low", "ci_high", "n", "pairs"]


class _Coded:
    """The different partitions in a `splits_table`, their distances, and the numbers of every tree's partitions."""

    def __init__(self, splits: pd.DataFrame, normalisation: str) -> None:
        partitions = {text: partition_of(text) for text in splits["groups"].unique()}
        distinct = {frozenset(map(frozenset, groups)): groups for groups in partitions.values()}
        numbers = {groups: number for number, groups in enumerate(distinct)}
        coded = {text: numbers[frozenset(map(frozenset, groups))] for text, groups in partitions.items()}
        self.splits = splits.assign(code=splits["groups"].map(coded)).reset_index(drop=True)
        self.rows = self.splits.groupby(["method", "seed"], sort=False, observed=True).indices
        codes = self.splits["code"].to_numpy(np.int64)
        self.codes = {tree: codes[rows] for tree, rows in self.rows.items()}
        self.methods = list(dict.fromkeys(splits["method"]))
        self.paths = sorted(set(splits["path"]))
        self.distances = distance_matrix([*distinct.values()], normalisation)

    def seeds(self, method: str) -> list[int]:
        """Return the seeds of ``method`` in ascending order."""
        return sorted(seed for name, seed in self.codes if name == method)

    def mean(self, method_a: str, method_b: str, seed: int) -> float:
        """Return the mean distance of two trees of one seed, or within one tree; NaN without a pair."""
        a, b = self.codes.get((method_a, seed), ()), self.codes.get((method_b, seed), ())
        between = self.distances[np.ix_(a, b)] if len(a) and len(b) else np.zeros((0, 0))
        if method_a == method_b:
            between = between[np.triu_indices(len(between), 1)]
        return float(between.mean()) if between.size else np.nan


def split_distance_table(trees: Sequence[Tree], normalisation: str = "corrected") -> pd.DataFrame:
    """Return the split distance of every pair of splits of the same method, each unordered pair once: `PAIR_COLUMNS`.

    ``setting`` is internal for two splits of one tree and external for splits of two seeds' trees, where
    ``seed_a < seed_b``. A tree without splits adds no row, and a method with one seed no external row.
    """
    return split_distances(splits_table(ordered_trees(trees)), normalisation)


def split_distances(splits: pd.DataFrame, normalisation: str = "corrected") -> pd.DataFrame:
    """Return `split_distance_table` of the trees whose splits are the rows of a `splits_table`."""
    coded = _Coded(splits, normalisation)
    parts = [part for method in coded.methods for part in _pairs_of_method(coded, method)]
    if not parts:
        return pd.DataFrame(columns=PAIR_COLUMNS)
    return pd.concat(parts, ignore_index=True)


def _pairs_of_method(coded: _Coded, method: str) -> Iterator[pd.DataFrame]:
    """Yield the internal and the external pairs of one method."""
    splits = coded.splits.iloc[np.concatenate([coded.rows[method, seed] for seed in coded.seeds(method)])]
    seed, level, code = (splits[column].to_numpy() for column in ("seed", "level", "code"))
    path = pd.Categorical(splits["path"], categories=coded.paths)
    pairs = np.stack(np.triu_indices(len(splits), 1))
    inside = seed[pairs[0]] == seed[pairs[1]]
    for setting, chosen in zip(SETTINGS, (inside, ~inside), strict=True):
        a, b = pairs[:, chosen]
        columns = {"method": _constant(method, coded.methods, len(a)), "setting": _constant(setting, SETTINGS, len(a))}
        columns |= {"seed_a": seed[a], "path_a": path[a], "level_a": level[a]}
        columns |= {"seed_b": seed[b], "path_b": path[b], "level_b": level[b]}
        if len(a):
            yield pd.DataFrame(columns | {"distance": coded.distances[code[a], code[b]]}, columns=PAIR_COLUMNS)


def _constant(value: str, categories: Sequence[str], length: int) -> pd.Categorical:
    """Return a column of one value: categories, because a text per pair takes gigabytes."""
    return pd.Categorical.from_codes(np.full(length, list(categories).index(value)), categories=list(categories))


@dataclass(frozen=True)
class _Cell:
    """The pairs of one method, setting and level, added up by seeds.

    ``sums`` and ``counts`` are float64 ``[seeds, seeds]`` and symmetric: sum and number of the distances of two
    seeds' trees; internal ones stand on the diagonal, external ones off it.
    """

    method: str
    setting: str
    level: str
    seeds: np.ndarray
    sums: np.ndarray
    counts: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """Return the mean distance of every tree: float64 ``[seeds]``."""
        return self.sums.sum(axis=1) / self.counts.sum(axis=1)


def _cells(table: pd.DataFrame) -> Iterator[_Cell]:
    """Yield the cells that have a pair, in the order of the table, level ``all`` before ``0``, ``1``, ..."""
    for (method, setting), part in table.groupby(["method", "setting"], sort=False, observed=True):
        on_one = part[part["level_a"] == part["level_b"]]
        levels = {"all": part} | {str(level): rows for level, rows in on_one.groupby("level_a")}
        for level, rows in levels.items():
            places, seeds = pd.factorize(rows[["seed_a", "seed_b"]].to_numpy().ravel(), sort=True)
            a, b = places.reshape(-1, 2).T
            matrices = _matrices(a, b, rows["distance"].to_numpy(), len(seeds))
            yield _Cell(method, setting, level, seeds, *matrices)


def _matrices(a: np.ndarray, b: np.ndarray, distance: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sums and counts of the distances between ``n`` seeds, given by their indices."""
    directed = (np.bincount(a * n + b, weights, minlength=n * n) for weights in (distance, np.ones(len(a))))
    sums, counts = (m + m.T - np.diag(np.diag(m)) for m in (flat.reshape(n, n) for flat in directed))
    return sums, counts


def per_tree(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean distance of every tree in the rows of `split_distance_table`: `TREE_COLUMNS`.

    An external pair counts for both of its trees. The level is
    ``all``, or ``0``, ``1``, ... for pairs of splits that are both on it; what has no pair has no row.
    """
    parts = []
    for cell in _cells(table):
        columns = {"method": cell.method, "setting": cell.setting, "level": cell.level, "seed": cell.seeds}
        columns |= {"mean": cell.means, "pairs": cell.counts.sum(axis=1).astype(np.int64)}
        parts.append(pd.DataFrame(columns, columns=TREE_COLUMNS))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=TREE_COLUMNS)


def split_distance_summary(table: pd.DataFrame, *, seed: int, resamples: int = 2000) -> pd.DataFrame:
    """Return mean, spread and interval over the trees of every method in `split_distance_table`: `SUMMARY_COLUMNS`.

    ``mean`` and ``std`` (n - 1) are over the means of the ``n`` trees, the interval is a 95 % percentile bootstrap
    interval that draws seeds, and ``pairs`` counts different pairs of splits. The interval is NaN for fewer than two
    trees (internal) or three (external), ``std`` for fewer than two; for two trees the external ``std`` is NaN as well,
    because both have the same pairs.
    """
    rows = []
    for cell in _cells(table):
        means, internal = cell.means, cell.setting == "internal"
        rng = generator(seed, "bootstrap", cell.method, cell.setting, cell.level)
        if internal:
            interval = bootstrap_mean(means, rng, resamples)
        else:
            interval = bootstrap_between(cell.sums, cell.counts, rng, resamples)
        std = spread(means) if internal or len(means) > 2 else np.nan
        pairs = int(np.triu(cell.counts).sum())
        rows.append((cell.method, cell.setting, cell.level, means.mean(), std, *interval, len(means), pairs))
    return pd.DataFrame(rows, columns=SUMMARY_COLUMNS)
