"""The splits of all trees as a table, and the sizes of their groups."""

from collections.abc import Sequence

import pandas as pd

from fsnas.splitting.trees import Split, Tree

SPLIT_COLUMNS = ["method", "metric", "seed", "level", "path", "edge", "groups", "sizes", "cost", "runner_up", "ties"]
SPLIT_COLUMNS += ["edge_ties", "degenerate"]


def splits_table(trees: Sequence[Tree]) -> pd.DataFrame:
    """Return one row per split.

    Columns ``method, metric, seed, level, path, edge, groups`` (``none skip_connect | nor_conv_1x1 ...``), ``sizes``
    (``2|3``, ascending), ``cost, runner_up, ties, edge_ties, degenerate``.
    """
    rows = []
    for tree in trees:
        for split in tree.splits:
            groups = " | ".join(" ".join(group) for group in split.groups)
            place = (tree.method, tree.metric, tree.seed, split.level, split.path, split.edge, groups, _sizes(split))
            rows.append((*place, split.cost, split.runner_up, split.ties, split.edge_ties, split.degenerate))
    return pd.DataFrame(rows, columns=SPLIT_COLUMNS).astype({"runner_up": "float64"})


def _sizes(split: Split) -> str:
    return "|".join(map(str, sorted(map(len, split.groups))))


def group_sizes(trees: Sequence[Tree]) -> pd.DataFrame:
    """Return how often each method splits into groups of which sizes.

    Columns ``method, sizes, count, ties, edge_ties, degenerate``: the number of splits, of those whose cut was drawn
    among several optima, of those whose edge was drawn among equally cheap ones, and of those with equal affinities
    throughout.
    """
    table = splits_table(trees)
    methods = pd.Categorical(table["method"], table["method"].unique())
    table = table.assign(method=methods, ties=table["ties"] > 1, edge_ties=table["edge_ties"] > 1)
    sums = {name: (name, "sum") for name in ("ties", "edge_ties", "degenerate")}
    counted = table.groupby(["method", "sizes"], observed=True).agg(count=("path", "size"), **sums)
    return counted.reset_index().astype({"method": "str", **dict.fromkeys(sums, "int64")})
