"""1,000 trees: 125 seeds of 8 methods, 7 splits each. Cuts and trees from random affinities, then all four tables."""

import numpy as np

from fsnas.analysis.distance_tables import per_tree, split_distance_summary, split_distance_table
from fsnas.analysis.method_distance import method_distance
from tests.support.splits import grown_tree

SEEDS, METHODS = 125, 8


def grown():
    rng = np.random.default_rng(0)
    return [grown_tree(f"method-{m}", seed, [2, 2, 2], rng) for m in range(METHODS) for seed in range(SEEDS)]


def tables(trees):
    pairs = split_distance_table(trees)
    return pairs, per_tree(pairs), split_distance_summary(pairs, seed=0), method_distance(trees, seed=0)


def test_cuts_and_trees(benchmark):
    benchmark.group = "cuts and trees"
    assert len(benchmark.pedantic(grown, rounds=5)) == 1000


def test_distances(benchmark):
    benchmark.group = "distances"
    pairs, *_ = benchmark.pedantic(tables, (grown(),), rounds=5)
    assert len(pairs) == METHODS * (SEEDS * 21 + SEEDS * (SEEDS - 1) // 2 * 49)
