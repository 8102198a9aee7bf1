"""What the trees of every method took."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

TIMES = ("seconds", "device_seconds")  # wall clock, and what processors or a card spent
TIME_COLUMNS = {kind: [f"{part}_{kind}" for part in ("root", "scoring", "leaf")] for kind in TIMES}
SAMPLED = "sampled"  # of the leaves that samplers search, in the column `search`
COST_COLUMNS = ["method", "seed", "search", "root_epochs", "leaf_epochs", "leaf_samples", "trainings", "shared"]
COST_COLUMNS += [*(column for columns in TIME_COLUMNS.values() for column in columns), "search_evaluations"]


def cost_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the costs of every method and seed, a row of `COST_COLUMNS` each, by method (as they come) and seed.

    The leaves of a differentiable search have a row of their own, by its name in ``search``.

    ``trainings`` counts the leaves that a method trained itself, ``shared`` those of another tree; both are in
    ``leaf_epochs``, ``leaf_samples`` and the times of the leaves (`fsnas.devices.device_clock`).
    """
    methods = list(dict.fromkeys(row["method"] for row in rows))
    ordered = sorted(rows, key=lambda row: (methods.index(row["method"]), row["seed"]))
    return pd.DataFrame([[row[c] for c in COST_COLUMNS] for row in ordered], columns=COST_COLUMNS)
