"""Method against method: the split distance between their trees."""

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from fsnas.analysis.distance_tables import _Coded
from fsnas.analysis.inputs import ordered_trees
from fsnas.analysis.splits import splits_table
from fsnas.analysis.stats import bootstrap_mean, spread
from fsnas.seeding import generator
from fsnas.splitting.trees import Tree

METHOD_COLUMNS = ["method_a", "method_b", "mean", "std", "ci_low", "ci_high", "n", "comparable"]


def method_distance(
    trees: Sequence[Tree], *, seed: int, resamples: int = 2000, normalisation: str = "corrected"
) -> pd.DataFrame:
    """Return the split distance between the trees of every two methods of one seed, over seeds: `METHOD_COLUMNS`.

    A row for both orders of two methods; where they are the same it is the internal distance. A pair of methods without
    a pair of splits has no row. ``comparable`` is False where the number of groups has a part in the distance, and not
    the metrics alone: trees that split into other numbers of groups (two groups and five single operations are 1.5
    apart whatever the two are), or that make every operation a group of its own, which leaves nothing to choose.
    """
    coded = _Coded(splits_table(ordered_trees(trees)), normalisation)
    found: dict[tuple[str, str], tuple[float, float, float, float, int]] = {}
    for a, b in itertools.combinations_with_replacement(coded.methods, 2):
        common = sorted(set(coded.seeds(a)) & set(coded.seeds(b)))
        means = np.array([coded.mean(a, b, s) for s in common])
        means = means[~np.isnan(means)]
        if len(means):
            rng = generator(seed, "bootstrap", *sorted((a, b)))
            interval = bootstrap_mean(means, rng, resamples)
            found[a, b] = found[b, a] = (float(means.mean()), spread(means), *interval, len(means))
    order = [pair for pair in itertools.product(coded.methods, repeat=2) if pair in found]
    groups = {name: _numbers_of_groups(tree for tree in trees if tree.method == name) for name in coded.methods}
    comparable = {pair: groups[pair[0]] == groups[pair[1]] != {1} for pair in order}
    return pd.DataFrame([(*pair, *found[pair], comparable[pair]) for pair in order], columns=METHOD_COLUMNS)


def _numbers_of_groups(trees: Iterable[Tree]) -> set[int]:
    """Return into how many groups the splits of ``trees`` divide; 1 stands for one group per operation."""
    found = [split.groups for tree in trees for split in tree.splits]
    return {len(groups) if any(len(group) > 1 for group in groups) else 1 for groups in found}
