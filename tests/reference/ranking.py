"""The slow, obvious twin of `fsnas.analysis.ranking`: one pair, one rank, one value at a time."""

import itertools
import math

import numpy as np


def kendall(a, b) -> float:
    """Tau-b from its definition: every pair is concordant, discordant, or tied on a side."""
    agree = untied_a = untied_b = 0
    for i, j in itertools.combinations(range(len(a)), 2):
        left, right = int(np.sign(a[i] - a[j])), int(np.sign(b[i] - b[j]))
        agree += left * right
        untied_a += left != 0
        untied_b += right != 0
    return agree / math.sqrt(untied_a * untied_b) if untied_a and untied_b else math.nan


def ranks(values) -> list[float]:
    """The place of every value, from 1; equal values share the mean of their places."""
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2 for value in values
    ]


def pearson(a, b) -> float:
    da, db = [x - sum(a) / len(a) for x in a], [x - sum(b) / len(b) for x in b]
    square = math.sqrt(sum(x * x for x in da)) * math.sqrt(sum(x * x for x in db))
    return sum(x * y for x, y in zip(da, db, strict=True)) / square if square else math.nan


def spearman(a, b) -> float:
    return pearson(ranks(a), ranks(b)) if len(a) else math.nan


def within(groups, a, b, statistic) -> float:
    """Sum of size * statistic over the groups that have one, divided by the sum of their sizes."""
    found = []
    for group in set(groups):
        inside = [i for i in range(len(a)) if groups[i] == group]
        value = statistic([a[i] for i in inside], [b[i] for i in inside])
        if not math.isnan(value):
            found.append((len(inside), value))
    return sum(n * value for n, value in found) / sum(n for n, _ in found) if found else math.nan


def eta_squared(groups, values) -> float:
    """1 - (squares inside the groups) / (squares in total)."""
    total = sum((value - np.mean(values)) ** 2 for value in values)
    if len(values) < 2 or min(values) == max(values):
        return math.nan
    inside = 0.0
    for group in set(groups):
        mine = [value for label, value in zip(groups, values, strict=True) if label == group]
        inside += sum((value - np.mean(mine)) ** 2 for value in mine)
    return 1 - inside / total
