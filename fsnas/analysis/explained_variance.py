"""What the leaves of a tree are worth: the ground truth of their architectures."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fsnas.analysis.inputs import in_leaves
from fsnas.analysis.ranking import eta_squared
from fsnas.analysis.stats import spread
from fsnas.splitting.trees import Tree

LEAF_COLUMNS = ["method", "seed", "leaf", "n", "mean", "std", "min", "q25", "median", "q75", "max"]
VARIANCE_COLUMNS = ["method", "seed", "leaves", "n", "eta_squared", "expected"]


def leaf_truth(trees: Sequence[Tree], ground_truth: Mapping[str, float]) -> pd.DataFrame:
    """Return the distribution of the truth in every leaf, in percent: `LEAF_COLUMNS`.

    ``n`` architectures have a truth; a leaf without any has a row. ``std`` divides by n - 1.
    """
    rows: list[tuple[Any, ...]] = []
    for tree, leaves, values in in_leaves(trees, ground_truth):
        rows += [(tree.method, tree.seed, leaf, *_distribution(values[leaves == leaf])) for leaf in tree.leaves]
    return pd.DataFrame(rows, columns=LEAF_COLUMNS)


def _distribution(values: np.ndarray) -> tuple[float, ...]:
    """Return n, mean, std, minimum, quartiles and maximum."""
    if not len(values):
        return (0, *[np.nan] * 7)
    return len(values), float(values.mean()), spread(values), *np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist()


def explained_variance(trees: Sequence[Tree], ground_truth: Mapping[str, float]) -> pd.DataFrame:
    """Return how much of the truth's variance lies between the leaves of each tree: `VARIANCE_COLUMNS`.

    ``n`` architectures have a truth, and ``leaves`` counts the leaves that hold one of them. More leaves explain more,
    whatever they are: ``expected`` is what as many leaves of those sizes, filled by chance, explain on average,
    (leaves - 1) / (n - 1).
    """
    rows: list[tuple[Any, ...]] = []
    for tree, leaves, values in in_leaves(trees, ground_truth):
        count, n = len(np.unique(leaves)), len(values)
        expected = (count - 1) / (n - 1) if n > 1 else np.nan
        rows.append((tree.method, tree.seed, count, n, eta_squared(leaves, values), expected))
    return pd.DataFrame(rows, columns=VARIANCE_COLUMNS)
