"""The slow, obvious twin of `fsnas.splitting.cuts`: every partition as a list of sets, every pair by itself."""

from collections.abc import Iterator, Sequence

Partition = list[set[int]]


def all_partitions(items: Sequence[int]) -> Iterator[Partition]:
    """Every partition of ``items``: the first joins each group of a partition of the rest, or stands alone."""
    if not items:
        yield []
        return
    for smaller in all_partitions(items[1:]):
        for i, group in enumerate(smaller):
            yield [*smaller[:i], group | {items[0]}, *smaller[i + 1 :]]
        yield [{items[0]}, *smaller]


def partitions(n: int, b: int, balance: str) -> list[Partition]:
    found = [partition for partition in all_partitions(range(n)) if len(partition) == b]
    if balance == "equal":
        found = [p for p in found if max(map(len, p)) - min(map(len, p)) <= 1]
    return found


def cost(affinity, partition: Partition, objective: str) -> float:
    """Pairs whose operations are in different groups, from the lowest to the highest."""
    n = sum(map(len, partition))
    group = {o: k for k, members in enumerate(partition) for o in members}
    cut = [float(affinity[i, j]) for i in range(n) for j in range(i + 1, n) if group[i] != group[j]]
    return sum(cut) / len(cut) if objective == "mean" else sum(cut)


def best_cuts(affinity, b: int, objective: str, balance: str, tolerance: float):
    """The optima within ``tolerance`` as sets of groups, their cost, and the least cost above it (None without one)."""
    costs = {
        frozenset(map(frozenset, partition)): cost(affinity, partition, objective)
        for partition in partitions(len(affinity), b, balance)
    }
    least = min(costs.values())
    optima = {partition for partition, value in costs.items() if value - least <= tolerance}
    others = [value for partition, value in costs.items() if partition not in optima]
    return optima, least, min(others, default=None)
