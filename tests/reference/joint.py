"""The slow, obvious twin of `fsnas.splitting.joint`: every pair of every edge by itself, in lists."""

import math

from fsnas.splitting.affinities import NodeScores


def affinities(node: NodeScores, average: str) -> dict[tuple[int, int, int], float]:
    """The affinity of every pair ``i < j`` of every edge, over all repetitions."""
    edges, n = node.affinity.shape[:2]
    found = {}
    for e in range(edges):
        for i in range(n):
            for j in range(i + 1, n):
                if node.scores is None:
                    found[e, i, j] = float(node.affinity[e, i, j])
                    continue
                rows = [[float(value) for value in repetition[e]] for repetition in node.scores]
                if average == "scores":
                    rows = [[sum(column) / len(rows) for column in zip(*rows, strict=True)]]
                found[e, i, j] = sum(-abs(row[i] - row[j]) for row in rows) / len(rows)
    return found


def combined(nodes: list[NodeScores], weights: list[float], combine: str, average: str) -> dict:
    """The joint affinity of every pair, NaN on an edge where some metric has a value that is not finite."""
    if combine == "scores":
        total = sum(weight * node.scores for weight, node in zip(weights, nodes, strict=True))
        return affinities(NodeScores(nodes[0].space, nodes[0].sub_space, total, nodes[0].affinity), average)
    whole = dict.fromkeys(affinities(nodes[0], average), 0.0)
    for weight, node in zip(weights, nodes, strict=True):
        own = affinities(node, average)
        lost = {e for (e, _, _), value in own.items() if not math.isfinite(value)}
        scaled = scale({pair: value for pair, value in own.items() if pair[0] not in lost}, combine)
        for pair in whole:
            whole[pair] += weight * scaled.get(pair, math.nan)
    return whole


def scale(values: dict, combine: str) -> dict:
    """Values in standard deviations from their mean, or their ranks from 0 to 1."""
    n = len(values)
    if combine == "zscore":
        mean = sum(values.values()) / n
        std = math.sqrt(sum((value - mean) ** 2 for value in values.values()) / n)
        return {pair: (value - mean) / std if std > 0 else 0.0 for pair, value in values.items()}
    ranks = {}
    for pair, value in values.items():
        below = sum(other < value for other in values.values())
        equal = sum(other == value for other in values.values())
        ranks[pair] = (below + (equal - 1) / 2) / (n - 1)
    return ranks
