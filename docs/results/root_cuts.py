"""Cut every edge of the root, not only the one that a tree takes: tables of docs/results.

python docs/results/root_cuts.py RESULTS METHOD [METHOD ...] [--csv FILE]

A line a method: its most frequent cut, how often it is made among those of all edges and seeds, and the split distance
between the cuts of two seeds on the same edge, with its 95 % bootstrap interval over the seeds. Every cut is into two
groups, by the mean of what is cut, whatever the method's own branching, balance and objective.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from fsnas.analysis.split_distance import distance_matrix
from fsnas.analysis.splits import partition_of
from fsnas.analysis.stats import bootstrap_between
from fsnas.artifacts.scores import read_scores
from fsnas.errors import FsnasError
from fsnas.seeding import generator
from fsnas.splitting.node import cut_node

SHORT = {"skip_connect": "skip", "nor_conv_1x1": "conv 1x1", "nor_conv_3x3": "conv 3x3", "avg_pool_3x3": "pool"}


def root_cuts(results: Path, method: str) -> pd.DataFrame:
    """Return the cut of each edge of the root of each seed: method, seed, edge, groups, cost."""
    rows = []
    for file in results.glob(f"seed-*/{method}/level-0/scores.h5"):
        found = cut_node(read_scores(file)[0]["root"], 2)
        for edge in found.cuts:
            split = found.split(edge, 1)
            groups = " | ".join(" ".join(group) for group in split.groups)
            rows.append((method, int(file.parts[-4].removeprefix("seed-")), split.edge, groups, split.cost))
    if not rows:
        raise FsnasError(f"{results} has no seed-*/{method}/level-0/scores.h5; say a folder of results and its methods")
    return pd.DataFrame(rows, columns=["method", "seed", "edge", "groups", "cost"]).sort_values(["seed", "edge"])


def same_edge(cuts: pd.DataFrame) -> tuple[float, float, float]:
    """Return the mean split distance of two seeds' cuts on one edge, and its interval over the seeds.

    Raises
    ------
    FsnasError
        If a seed lacks the cut of an edge, as it does where scores are not finite.
    """
    table = cuts.pivot(index="seed", columns="edge", values="groups")
    if table.isna().to_numpy().any():
        raise FsnasError(f"{cuts['method'].iloc[0]}: a seed has no cut on some edge, its scores there are not finite")
    sums = np.sum([distance_matrix([*map(partition_of, table[edge])]) for edge in table], axis=0)
    counts = table.shape[1] * (1.0 - np.eye(len(table)))
    low, high = bootstrap_between(sums, counts, generator(0, "root cuts", cuts["method"].iloc[0]), 2000)
    return float(sums.sum() / counts.sum()), low, high


def said(groups: str) -> str:
    """Return the smaller group of a cut in words."""
    return ", ".join(SHORT.get(name, f"`{name}`") for name in min(partition_of(groups), key=len)) + " apart"


def row(cuts: pd.DataFrame) -> str:
    """Return the line of one method."""
    [(groups, times)] = Counter(cuts["groups"]).most_common(1)
    distance, low, high = same_edge(cuts)
    told = [cuts["method"].iloc[0], str(cuts["seed"].nunique()), said(groups), f"{times} of {len(cuts)}"]
    return f"| {' | '.join(told)} | {distance:.2f} ({low:.2f}, {high:.2f}) |"


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("methods", nargs="+")
    parser.add_argument("--csv", type=Path, help="write all cuts there")
    asked = parser.parse_args(arguments)
    tables = [root_cuts(asked.results, method) for method in asked.methods]
    print("| method | seeds | most frequent cut | made | same edge |\n| --- | --- | --- | --- | --- |")
    for cuts in tables:
        print(row(cuts))
    if asked.csv:
        pd.concat(tables).to_csv(asked.csv, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
