"""Trees that grow from affinities instead of scores of networks."""

import functools

import numpy as np

from fsnas.seeding import generator
from fsnas.spaces import SearchSpace
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.policies import Policy
from fsnas.splitting.rounds import split_round, tree_of
from fsnas.splitting.trees import Split, Tree, new_nodes


def affinities_by_path(space: SearchSpace, seed: int):
    """The random affinities of every node, by its path: ``[edges, operations, operations]``."""

    @functools.cache
    def affinities(path: str) -> np.ndarray:
        n = len(space.operations)
        values = generator(seed, "test", path).normal(size=(len(space.edges), n, n))
        return values + values.swapaxes(1, 2)

    return affinities


def rounds_of(policy: Policy, space: SearchSpace, affinities, seed: int = 0, **how) -> list[list[Split]]:
    """The splits of every round."""
    rounds: list[list[Split]] = []
    scores: dict[str, NodeScores] = {}
    for _ in range(policy.rounds):
        for path, mask in new_nodes(space, rounds, policy.leaves).items():
            scores[path] = NodeScores(space, mask, None, affinities(path), path=path, metric="made", seed=seed)
        rounds.append(split_round(policy, scores, rounds, **how))
    return rounds


def grown(policy: Policy, space: SearchSpace, affinities, seed: int = 0, **how) -> Tree:
    """The tree in the end."""
    candidates = {name: rounds_of(one, space, affinities, seed, **how) for name, one in policy.grown.items()}
    return tree_of(policy, candidates, space, method="made", metric="made", seed=seed)
