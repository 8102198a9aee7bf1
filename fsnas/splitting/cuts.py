"""Min-cut of the operations of one edge into groups: exact, over all partitions, with ties drawn and counted."""

import functools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fsnas.errors import FsnasError
from fsnas.seeding import generator
from fsnas.spaces._search_space import MAX_OPERATIONS
from fsnas.splitting.choices import BALANCES, OBJECTIVES

TIE_TOLERANCE = 1e-12  # of the absolute affinities behind a cost, whose rounding error is some 1e-14 of them
SYMMETRY_TOLERANCE = 1e-6  # of the largest affinity: float32 products differ by less, a wrong matrix by more
PERMUTATIONS = 200  # of the affinities of an edge, against which a cut is clear
AT_ONCE = 4096  # partitions whose costs under all permutations are in memory
HUGE, SHRINK = 2.0**1000, 2.0**-8  # a sum of 66 affinities below HUGE does not overflow, nor one of shrunk ones


@dataclass(frozen=True)
class Cut:
    """A cheapest partition of the operations of one edge.

    Attributes
    ----------
    groups
        Operation indices, sorted inside a group; groups are ordered by their smallest member.
    cost
        Affinity across groups, the mean or the sum over the pairs that are cut.
    runner_up
        The next cheapest cost, equal to ``cost`` where ``ties > 1``; None where there is no other partition.
    ties
        How many partitions attain the optimum within floating-point tolerance; 1 is no tie.
    degenerate
        Whether all affinities are equal within that tolerance.
    magnitude
        The cost with every affinity replaced by its absolute value: the scale of the rounding error of ``cost``.
    """

    groups: tuple[tuple[int, ...], ...]
    cost: float
    runner_up: float | None
    ties: int
    degenerate: bool
    magnitude: float


@functools.lru_cache(maxsize=16)
def partitions(n: int, b: int, balance: str = "none") -> np.ndarray:
    """Return all partitions of ``n`` operations into exactly ``b`` non-empty groups, in lexicographic order.

    The array is int8 ``[n, partitions]`` and read-only: the group of every operation, groups numbered in the order
    of their smallest member. With ``balance="equal"`` only those whose group sizes differ by at most one.
    """
    largest = -(-n // b) if balance == "equal" else n
    labels = np.zeros((1, 1), dtype=np.int8)
    for i in range(1, n):
        count = labels.max(axis=0) + 1
        grown = []
        for group in range(min(i + 1, b)):
            used = np.maximum(count, group + 1)
            fits = (group <= count) & (used + n - 1 - i >= b) & ((labels == group).sum(axis=0) < largest)
            grown.append(np.vstack([labels[:, fits], np.full((1, int(fits.sum())), group, dtype=np.int8)]))
        labels = np.concatenate(grown, axis=1)
    if balance == "equal":
        labels = labels[:, np.min([(labels == group).sum(axis=0) for group in range(b)], axis=0) >= n // b]
    labels = np.ascontiguousarray(labels[:, np.lexsort(labels[::-1])])
    labels.flags.writeable = False
    return labels


def tied_with_best(costs: np.ndarray, magnitudes: np.ndarray) -> np.ndarray:
    """Return which ``costs`` equal the least one within the rounding error of either: bool, as ``costs``."""
    best = int(np.argmin(costs))
    return costs - costs[best] <= TIE_TOLERANCE * np.maximum(magnitudes, magnitudes[best])


def best_cut(
    affinity: np.ndarray, b: int, *, objective: str = "mean", balance: str = "none", rng: np.random.Generator
) -> Cut:
    """Return the partition of the operations into ``b`` groups with the least affinity across groups.

    Parameters
    ----------
    affinity
        float64 ``[operations, operations]``, symmetric; the diagonal is not read.
    b
        Number of non-empty groups, from 2 to the number of operations.
    objective
        ``mean`` over the pairs that are cut, or their ``sum``.
    balance
        ``none``, or ``equal``: group sizes differ by at most one.
    rng
        Draws one of the tied optima, uniformly.

    Raises
    ------
    FsnasError
        If there are more than 12 operations, ``b``, ``objective`` or ``balance`` is impossible, an affinity off the
        diagonal is not finite, the matrix is not square and symmetric, or the sum overflows.

    References
    ----------
    Hu et al., "Generalizing Few-Shot NAS with Gradient Matching" (ICLR 2022), cut the affinities of one edge.
    """
    affinity = np.asarray(affinity, dtype=np.float64)
    _check(affinity, b, objective, balance)
    n = len(affinity)
    labels = partitions(n, b, balance)
    (first, second), cut = _pairs(n, b, balance)
    upper = affinity[first, second]
    shrink = SHRINK if np.abs(upper).max() > HUGE else 1.0
    costs, magnitudes = _costs(upper * shrink, cut, objective)
    tied = np.flatnonzero(tied_with_best(costs, magnitudes))
    best = costs.min()
    others = np.delete(costs, tied)
    runner_up = best if len(tied) > 1 else others.min(initial=np.inf)
    chosen = int(tied[rng.integers(len(tied))])
    with np.errstate(over="ignore"):
        cost, next_cost, magnitude = (float(value / shrink) for value in (best, runner_up, magnitudes[chosen]))
    if not np.isfinite(cost):
        raise FsnasError(
            f"the {objective} of the affinities that are cut overflows float64 (largest affinity "
            f"{np.abs(upper).max():.3g}); use objective 'mean' or a metric on a smaller scale"
        )
    spread = np.ptp(upper * shrink)
    return Cut(
        groups=tuple(tuple(map(int, np.flatnonzero(labels[:, chosen] == group))) for group in range(b)),
        cost=cost,
        runner_up=next_cost if np.isfinite(next_cost) else None,
        ties=len(tied),
        degenerate=bool(spread <= TIE_TOLERANCE * np.abs(upper * shrink).max()),
        magnitude=min(magnitude, sys.float_info.max),  # an infinite one would make every edge a tie
    )


def cut_cost(affinity: np.ndarray, groups: Sequence[Sequence[int]], objective: str = "mean") -> float:
    """Return what it costs to part operations into these ``groups``: the affinity across them, as in `best_cut`."""
    group = np.empty(sum(map(len, groups)), dtype=int)
    for number, members in enumerate(groups):
        group[list(members)] = number
    first, second = np.triu_indices(len(group), 1)
    across = np.asarray(affinity)[first, second][group[first] != group[second]]
    return float(across.mean() if objective == "mean" else across.sum())


@functools.lru_cache(maxsize=4)
def _pairs(n: int, b: int, balance: str) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Return the pairs of ``n`` operations, and which partitions cut them: bool ``[pairs, partitions]``."""
    first, second = np.triu_indices(n, 1)
    labels = partitions(n, b, balance)
    return (first, second), labels[first] != labels[second]


def _costs(affinities: np.ndarray, cut: np.ndarray, objective: str) -> tuple[np.ndarray, np.ndarray]:
    """Return cost and magnitude of every partition; pairs are added one by one, so that no BLAS decides a tie."""
    costs, magnitudes = np.zeros(cut.shape[1]), np.zeros(cut.shape[1])
    for affinity, across in zip(affinities, cut, strict=True):
        costs += affinity * across
        magnitudes += abs(affinity) * across
    pairs = cut.sum(axis=0)
    return (costs / pairs, magnitudes / pairs) if objective == "mean" else (costs, magnitudes)


class Clearness(NamedTuple):
    """How clear a cut is, and the scale of the rounding error of that number."""

    value: float
    magnitude: float


def clearness(
    affinity: np.ndarray, b: int, *, objective: str = "mean", balance: str = "none", seed: int = 0
) -> Clearness:
    """Return by how much the best cut into ``b`` groups is cheaper than chance, in standard deviations.

    Chance is what the best cuts cost of the same affinities in `PERMUTATIONS` random orders of their pairs. Its mean
    minus the cost, divided by its standard deviation (over n), is how clear the cut is. It is 0 where all orders cost
    the same within the tolerance of ties: all affinities are equal, or ``b`` is one less than the operations, so that
    any one pair can stay together. ``objective="mean"`` makes it invariant to scale and shift of the affinities.

    Parameters
    ----------
    affinity, b, objective, balance
        As `best_cut`.
    seed
        Of the stream ``clearness``: the orders are the same for all edges, nodes and ``b``.

    Raises
    ------
    FsnasError
        As `best_cut`, but that nothing overflows.
    """
    affinity = np.asarray(affinity, dtype=np.float64)
    _check(affinity, b, objective, balance)
    (first, second), cut = _pairs(len(affinity), b, balance)
    upper = affinity[first, second]
    scaled = upper / (np.abs(upper).max() or 1.0)
    orders = np.vstack([scaled, scaled[_orders(len(scaled), seed)]])
    best = np.full(len(orders), np.inf)
    for start in range(0, cut.shape[1], AT_ONCE):
        across = cut[:, start : start + AT_ONCE].astype(np.float64)
        costs = orders @ (across / across.sum(axis=0) if objective == "mean" else across)
        best = np.minimum(best, costs.min(axis=1))
    cost, chance = best[0], best[1:]
    spread = np.std(chance)
    if spread <= TIE_TOLERANCE * np.abs(chance).max():
        return Clearness(0.0, 0.0)
    value = float((np.mean(chance) - cost) / spread)
    return Clearness(value, (1 + abs(value)) * float(np.abs(chance).max() / spread))


@functools.lru_cache(maxsize=16)
def _orders(pairs: int, seed: int) -> np.ndarray:
    """Return random orders of the pairs: ``[permutations, pairs]``."""
    rng = generator(seed, "clearness")
    return np.stack([rng.permutation(pairs) for _ in range(PERMUTATIONS)])


def _check(affinity: np.ndarray, b: int, objective: str, balance: str) -> None:
    """Raise `FsnasError` unless `best_cut` can work with its arguments."""
    if objective not in OBJECTIVES:
        raise FsnasError(f"objective is {objective!r}; expected one of {list(OBJECTIVES)}")
    if balance not in BALANCES:
        raise FsnasError(f"balance is {balance!r}; expected one of {list(BALANCES)}")
    if affinity.ndim != 2 or affinity.shape[0] != affinity.shape[1]:
        raise FsnasError(f"affinities have the shape {affinity.shape}; expected [operations, operations]")
    n = len(affinity)
    if n > MAX_OPERATIONS:
        raise FsnasError(
            f"an edge has {n} operations; cuts are exact for at most {MAX_OPERATIONS}, beyond that there are too many "
            "partitions; remove operations from the space"
        )
    if not 2 <= b <= n:
        raise FsnasError(f"cannot cut {n} operations into {b} groups; expected 2 to {n} groups")
    i, j = np.nonzero(~np.isfinite(affinity) & ~np.eye(n, dtype=bool))
    if len(i):
        raise FsnasError(
            f"the affinity of operations {i[0]} and {j[0]} is {affinity[i[0], j[0]]}; expected finite numbers off the "
            "diagonal; such an edge cannot be split"
        )
    half = np.where(np.eye(n, dtype=bool), 0.0, affinity) / 2  # the difference of halves does not overflow
    i, j = np.nonzero(np.abs(half - half.T) > SYMMETRY_TOLERANCE * np.abs(half).max())
    if len(i):
        raise FsnasError(
            f"the affinity of operations {i[0]} and {j[0]} is {affinity[i[0], j[0]]}, that of {j[0]} and {i[0]} is "
            f"{affinity[j[0], i[0]]}; expected a symmetric matrix"
        )
