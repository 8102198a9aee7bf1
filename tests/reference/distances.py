"""The slow, obvious twin of `fsnas.analysis.distance_tables`: one pair of splits, and one operation, at a time."""

import itertools

import numpy as np


def split_distance(a, b, as_printed: bool = False) -> float:
    """Definition 1 of the paper, corrected as docs/decisions.md says: for every operation, members lost and gained."""
    elements = [element for group in a for element in group]
    total = 0
    for element in elements:
        with_a = next(set(group) - {element} for group in a if element in group)
        with_b = next(set(group) - {element} for group in b if element in group)
        total += len(with_a - with_b) + len(with_b - with_a)
    return total / (2 * len(elements) - 1 if as_printed else 2 * (len(elements) - 1))


def pairs(trees, method: str, setting: str):
    """``(tree, split, other tree, other split)`` for every unordered pair."""
    own = sorted((tree for tree in trees if tree.method == method), key=lambda tree: tree.seed)
    if setting == "internal":
        for tree in own:
            for a, b in itertools.combinations(tree.splits, 2):
                yield tree, a, tree, b
    else:
        for one, other in itertools.combinations(own, 2):
            for a, b in itertools.product(one.splits, other.splits):
                yield one, a, other, b


def tree_means(trees, method: str, setting: str, level: str = "all") -> dict[int, tuple[float, int]]:
    """Mean distance and number of pairs of every tree; an external pair counts for both of its trees."""
    distances: dict[int, list[float]] = {}
    for one, a, other, b in pairs(trees, method, setting):
        if level == "all" or str(a.level) == str(b.level) == level:
            for seed in {one.seed, other.seed}:
                distances.setdefault(seed, []).append(split_distance(a.groups, b.groups))
    return {seed: (sum(found) / len(found), len(found)) for seed, found in sorted(distances.items())}


def external_bootstrap(sums, counts, drawn) -> list[float]:
    """For each list of drawn seeds the mean, over them, of the mean distance to the drawn seeds other than itself."""
    found = []
    for seeds in drawn:
        means = []
        for i in seeds:
            others = [j for j in seeds if j != i]
            if others:
                means.append(sum(sums[i, j] for j in others) / sum(counts[i, j] for j in others))
        if means:
            found.append(float(np.mean(means)))
    return found
