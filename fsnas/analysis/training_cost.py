"""What the trees of every method took."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fsnas.errors import FsnasError, nearest

TIMES = ("seconds", "device_seconds")  # wall clock, and what processors or a card spent
TIME_COLUMNS = {kind: [f"{part}_{kind}" for part in ("root", "scoring", "leaf")] for kind in TIMES}
COST_COLUMNS = ["method", "seed", "root_epochs", "leaf_epochs", "leaf_samples", "trainings", "shared"]
COST_COLUMNS += [*(column for columns in TIME_COLUMNS.values() for column in columns), "search_evaluations"]


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
