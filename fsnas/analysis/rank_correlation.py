"""Rank correlation: whether architectures keep their order when they are evaluated in the leaves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fsnas.analysis.inputs import matched
from fsnas.analysis.ranking import kendall, rankable, spearman, within
from fsnas.benchmark.table import ArchitectureTable
from fsnas.splitting.trees import Tree

SCOPES = ("all", "within")
RANK_COLUMNS = ["method", "seed", "scope", "kendall", "spearman", "n", "leaves"]


def rank_correlations(
    trees: Sequence[Tree], evaluations: Mapping[tuple[str, int], ArchitectureTable], ground_truth: Mapping[str, float]
) -> pd.DataFrame:
    """Return how well the ``accuracy`` with shared weights ranks the architectures, against the truth: `RANK_COLUMNS`.

    Scope ``all``: over all architectures, each evaluated in its own leaf; ``within``: the mean over the leaves,
    weighted by their architectures, of the correlation inside a leaf. ``n`` counts the architectures that the number is
    made from and ``leaves`` their leaves: both values are finite, and for ``within`` the leaf can be ranked (two
    architectures, not all equal). A tree without evaluations, which come by method and seed, has no row.
    """
    looked_up: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray]] = {}
    rows: list[tuple[Any, ...]] = []
    for tree, table in matched(trees, evaluations, "are evaluations"):
        if table.architectures not in looked_up:  # every tree evaluates the same ones: parse and look up once
            values = np.array([ground_truth.get(name, np.nan) for name in table.architectures], dtype=np.float64)
            looked_up[table.architectures] = tree.space.indices(table.architectures), values
        indices, values = looked_up[table.architectures]
        accuracy = table.column("accuracy")
        known = np.isfinite(values) & np.isfinite(accuracy)
        leaves, a, b = tree.space.owner(tree.leaves, indices[known]), accuracy[known], values[known]
        inside = rankable(leaves, a, b)
        both = [within(leaves, a, b, statistic) for statistic in (kendall, spearman)]
        every = (kendall(a, b), spearman(a, b), len(a), len(np.unique(leaves)))
        rows.append((tree.method, tree.seed, "all", *every))
        rows.append((tree.method, tree.seed, "within", *both, int(inside.sum()), len(np.unique(leaves[inside]))))
    return pd.DataFrame(rows, columns=RANK_COLUMNS)
