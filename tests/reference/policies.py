"""The slow, obvious twins of clearness, and of the policies adaptive and tuned: every tree by itself, in loops."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from fsnas.seeding import generator
from tests.reference import cuts

Held = tuple[int, ...]  # the edges of a node that hold all operations
TOLERANCE = 1e-9


class Cut(NamedTuple):
    """What a tree is made of: a node, its edge, its groups, and how clear that is."""

    path: str
    edge: int
    groups: frozenset[frozenset[int]]
    clearness: float


def clearness(affinity, b: int, objective: str, balance: str, seed: int, permutations: int = 200) -> float:
    n = len(affinity)
    pairs = list(itertools.combinations(range(n), 2))
    rng = generator(seed, "clearness")
    least = []
    for _ in range(permutations):
        order = rng.permutation(len(pairs))
        shuffled = {pair: float(affinity[pairs[o]]) for pair, o in zip(pairs, order, strict=True)}
        least.append(min(_cost(shuffled, p, objective) for p in cuts.partitions(n, b, balance)))
    own = min(
        _cost({pair: float(affinity[pair]) for pair in pairs}, p, objective) for p in cuts.partitions(n, b, balance)
    )
    mean = sum(least) / len(least)
    spread = math.sqrt(sum((one - mean) ** 2 for one in least) / len(least))
    return (mean - own) / spread if spread > TOLERANCE * max(map(abs, least)) else 0.0


def _cost(affinity: dict[tuple[int, int], float], partition: cuts.Partition, objective: str) -> float:
    group = {o: k for k, members in enumerate(partition) for o in members}
    cut = [value for (i, j), value in affinity.items() if group[i] != group[j]]
    return sum(cut) / len(cut) if objective == "mean" else sum(cut)


def best(affinity, b: int) -> frozenset[frozenset[int]]:
    """The groups of the best cut, which must be the only one."""
    (groups,), *_ = cuts.best_cuts(affinity, b, "mean", "none", TOLERANCE)
    return groups


def adaptive(affinities: Callable[[str], Sequence], edges: int, leaves: int, most: int, seed: int) -> list[Cut]:
    """Best first: of all cuts of all leaves take the clearest, as long as the number of leaves can be reached."""
    tree: list[Cut] = []
    held: dict[str, Held] = {"root": tuple(range(edges))}
    while len(held) < leaves:
        found = [
            (clearness(affinities(path)[edge], b, "mean", "none", seed), path, edge, b)
            for path, left in held.items()
            for edge in left
            for b in range(2, most + 1)
            if len(held) + b - 1 <= leaves and _most_leaves(_after(held, path, edge, b), most) >= leaves
        ]
        value, path, edge, b = max(found)
        tree.append(Cut(path, edge, best(affinities(path)[edge], b), value))
        held = _after(held, path, edge, b)
    return tree


def _after(held: dict[str, Held], path: str, edge: int, b: int) -> dict[str, Held]:
    left = tuple(e for e in held[path] if e != edge)
    prefix = "" if path == "root" else path
    return {p: h for p, h in held.items() if p != path} | {f"{prefix}{k}": left for k in range(b)}


def _most_leaves(held: dict[str, Held], most: int) -> int:
    return sum(most ** len(left) for left in held.values())


def scheduled(affinities: Callable[[str], Sequence], edges: int, factors: Sequence[int], seed: int) -> list[Cut]:
    """Level by level, every node on its cheapest edge."""
    tree: list[Cut] = []
    held: dict[str, Held] = {"root": tuple(range(edges))}
    for b in factors:
        for path in sorted(held):
            costs = {e: cuts.best_cuts(affinities(path)[e], b, "mean", "none", TOLERANCE)[1] for e in held[path]}
            edge = min(costs, key=costs.__getitem__)
            value = clearness(affinities(path)[edge], b, "mean", "none", seed)
            tree.append(Cut(path, edge, best(affinities(path)[edge], b), value))
            held = _after(held, path, edge, b)
    return tree


def tuned(affinities: Callable[[str], Sequence], edges: int, n: int, leaves: int, seed: int) -> dict[str, list[Cut]]:
    """The tree of every schedule with so many leaves and fewer groups than operations, by its name."""
    return {
        "-".join(map(str, factors)): scheduled(affinities, edges, factors, seed)
        for depth in range(1, edges + 1)
        for factors in _products(leaves, n - 1, depth)
    }


def _products(leaves: int, most: int, depth: int) -> Iterator[tuple[int, ...]]:
    for factors in itertools.product(range(2, most + 1), repeat=depth):
        if math.prod(factors) == leaves:
            yield factors
