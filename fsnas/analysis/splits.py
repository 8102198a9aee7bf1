"""The splits of all trees as a table, and the sizes of their groups."""

from collections.abc import Sequence

import pandas as pd

from fsnas.splitting.trees import Tree

SPLIT_COLUMNS = ["method", "metric", "seed", "level", "path", "edge", "groups", "sizes", "cost", "runner_up", "ties"]
SPLIT_COLUMNS += ["edge_ties", "degenerate", "clearness"]
BETWEEN = " | "  # groups; a blank between operations


def splits_table(trees: Sequence[Tree]) -> pd.DataFrame:
    """Return one row per split: `SPLIT_COLUMNS`, ``groups`` as ``none skip_connect | nor_conv_1x1 ...``."""
    rows = []
    for tree in trees:
        for split in tree.splits:
            groups = BETWEEN.join(" ".join(group) for group in split.groups)
            sizes = "|".join(map(str, sorted(map(len, split.groups))))
            place = (tree.method, tree.metric, tree.seed, split.level, split.path, split.edge, groups, sizes)
            cut = (split.cost, split.runner_up, split.ties, split.edge_ties, split.degenerate, split.clearness)
            rows.append((*place, *cut))
    return pd.DataFrame(rows, columns=SPLIT_COLUMNS).astype({"runner_up": "float64", "clearness": "float64"})


def partition_of(groups: str) -> list[list[str]]:
    """Return the groups of operations that a ``groups`` of `splits_table` writes.

    >>> partition_of("none skip_connect | avg_pool_3x3")
    [['none', 'skip_connect'], ['avg_pool_3x3']]
    """
    return [group.split() for group in groups.split(BETWEEN)]


def group_sizes(trees: Sequence[Tree]) -> pd.DataFrame:
    """Return how often each method splits into groups of which sizes.

    ``count`` is the number of splits; ``ties`` that of those whose cut was drawn among several optima, ``edge_ties`` of
    those whose edge was drawn among equally cheap ones, ``degenerate`` of those with equal affinities throughout.
    """
    table = splits_table(trees)
    methods = pd.Categorical(table["method"], table["method"].unique())
    table = table.assign(method=methods, ties=table["ties"] > 1, edge_ties=table["edge_ties"] > 1)
    sums = {name: (name, "sum") for name in ("ties", "edge_ties", "degenerate")}
    counted = table.groupby(["method", "sizes"], observed=True).agg(count=("path", "size"), **sums)
    return counted.reset_index().astype({"method": "str", **dict.fromkeys(sums, "int64")})
