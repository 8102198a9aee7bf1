"""Splits of several runs in one table: seeds made at different times, or settings that no one run can hold."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from fsnas.analysis.distance_tables import SUMMARY_COLUMNS, split_distance_summary, split_distances
from fsnas.analysis.splits import SPLIT_COLUMNS
from fsnas.artifacts.tables import read_table
from fsnas.errors import FsnasError

TREE = ["run", "method", "seed"]


def read_splits(name: str | None, path: str | Path) -> pd.DataFrame:
    """Return the splits in a results folder, or in a table of splits: ``run`` and `SPLIT_COLUMNS`.

    Without a ``name`` the runs are those that the table names, or one with the name of the results folder.

    Raises
    ------
    FsnasError
        If there is no such table (`ArtifactError`), it is another one, or it names runs and ``name`` is one more.
    """
    folder = Path(path).is_dir()
    place = Path(path) / "tables" / "splits.csv" if folder else Path(path)
    table = read_table(place, path=str)
    if missing := [column for column in SPLIT_COLUMNS if column not in table]:
        raise FsnasError(f"{place}: has no column {missing[0]!r}; expected a table of splits (tables/splits.csv)")
    if "run" in table and name is not None:
        runs = ", ".join(table["run"].unique())
        raise FsnasError(f"{place}: names its runs itself ({runs}); give its path alone, without {name}=")
    named = table if "run" in table else table.assign(run=name or (Path(path).resolve() if folder else place).stem)
    return named[["run", *SPLIT_COLUMNS]]


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the splits of all ``parts`` (`read_splits`): parts of the same run are seeds or methods of it.

    Runs and methods keep the order in which they come. `FsnasError` if two parts have a tree of the same run, method
    and seed.
    """
    trees = pd.concat([part[TREE].drop_duplicates() for part in parts])
    if len(twice := trees[trees.duplicated()]):
        run, method, seed = twice.iloc[0]
        raise FsnasError(
            f"run {run!r} has the tree of method {method!r} and seed {seed} twice; expected it once: leave one of the "
            "tables out, or give one of the two another name (NAME=PATH)"
        )
    rows = pd.concat(parts)
    order = {column: [*rows[column].unique()] for column in ("run", "method")}
    return rows.sort_values(TREE, kind="stable", key=lambda c: c.map(order[c.name].index) if c.name in order else c)


def joined_summary(splits: pd.DataFrame, *, seed: int = 0, resamples: int = 2000) -> pd.DataFrame:
    """Return the `split_distance_summary` of every run in ``splits``: ``run`` and `SUMMARY_COLUMNS`."""
    parts = []
    for run, rows in splits.groupby("run", sort=False):
        summary = split_distance_summary(split_distances(rows), seed=seed, resamples=resamples)
        parts.append(summary.assign(run=run)[["run", *SUMMARY_COLUMNS]])
    return pd.concat(parts, ignore_index=True)


def readable_summary(summary: pd.DataFrame) -> list[dict[str, str | int]]:
    """Return a row for every run and method: its seeds, and its internal and external distance as texts."""
    rows: dict[tuple[str, str], dict[str, str | int]] = {}
    for row in summary[summary["level"] == "all"].itertuples():
        line = rows.setdefault((row.run, row.method), {"run": row.run, "method": row.method, "seeds": row.n})
        interval = "" if pd.isna(row.ci_low) else f" ({row.ci_low:.2f}, {row.ci_high:.2f})"
        line[row.setting] = f"{row.mean:.3f}{interval}"
    return [*rows.values()]
