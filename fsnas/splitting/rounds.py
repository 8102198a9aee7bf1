"""How a tree grows round by round: the splits of each, and the tree in the end."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fsnas.errors import FsnasError
from fsnas.seeding import generator
from fsnas.spaces import SearchSpace
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.policies import Policy
from fsnas.splitting.trees import ROOT, Rounds, Split, Tree, Tuning, node_spaces

EQUALLY_CLEAR = 1e-9  # two mean clearnesses, of which rounding changes less


def split_round(policy: Policy, scores: Mapping[str, NodeScores], rounds: Rounds, **how: Any) -> list[Split]:
    """Return the splits of the round after ``rounds``, none once the tree is full; ``scores`` are of all nodes."""
    leaves = {ROOT}
    for split in (split for each in rounds for split in each):
        leaves = leaves - {split.path} | {*split.children}
    if len(leaves) >= policy.leaves:
        return []
    return policy.splits({path: scores[path] for path in sorted(leaves)}, len(rounds), **how)


def tree_of(
    policy: Policy, grown: Mapping[str, Rounds], space: SearchSpace, *, method: str, metric: str, seed: int
) -> Tree:
    """Return the tree that grew, or of several candidates, by name, the one whose cuts are clearest in the mean.

    Equally clear candidates are counted, and one is drawn.

    Raises
    ------
    FsnasError
        If it has not as many leaves as its policy says.
    """
    splits = {name: [split for each in rounds for split in each] for name, rounds in grown.items()}
    tuning = _clearest(splits, generator(seed, "tuned", metric)) if policy.candidates else None
    taken = tuple(splits[tuning.taken if tuning else ""])
    leaves = node_spaces(space, taken)
    if len(leaves) != policy.leaves:
        raise FsnasError(
            f"method {method}, seed {seed}: the tree has {len(leaves)} leaves after all rounds, and its policy says "
            f"{policy.leaves}; correct the policy"
        )
    return Tree(method, metric, seed, taken, leaves, space, tuning)


def _clearest(splits: Mapping[str, Sequence[Split]], rng: np.random.Generator) -> Tuning:
    """Return which candidate is taken."""
    clearness = {name: float(np.mean([split.clearness for split in each])) for name, each in splits.items()}
    most = max(clearness.values())
    tied = [name for name, value in clearness.items() if most - value <= EQUALLY_CLEAR]
    return Tuning(tied[rng.integers(len(tied))], len(tied), clearness)
