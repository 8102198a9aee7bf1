"""A whole split tree, round by round, as the workflow grows it in steps."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fsnas.data.dataset import Dataset
from fsnas.networks.supernet import Supernet
from fsnas.registry import taken
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.policies import Policy, make_policy, options
from fsnas.splitting.rounds import split_round, tree_of
from fsnas.splitting.scoring import score
from fsnas.splitting.trees import Split, Tree, new_nodes


def grow(
    network: Supernet,
    dataset: Dataset,
    metric: str,
    policy: Policy | str = "constant",
    *,
    seed: int = 0,
    objective: str = "mean",
    balance: str = "none",
    edge: str | Sequence[str] = "best",
    average: str = "affinities",
    progress: Callable[[str], None] = lambda line: None,
    **given: Any,
) -> Tree:
    """Return the split tree of a supernet: score its nodes, split what the policy says, and go on with their children.

    Parameters
    ----------
    network
        The root supernet, on its device; it is left as it was.
    policy
        The name of one (`fsnas.splitting.policies`), whose options are among what is ``given``, or one that was made.
    objective, balance, average
        As `split_node`.
    edge
        As `split_node`, or the names of edges, one for each level.
    progress
        Gets a line a split.
    given
        Options of the policy; the rest is as `fsnas.splitting.scoring.score`.
    """
    space = network.space
    if isinstance(policy, str):
        own = taken(options(policy), given)
        policy = make_policy(space, policy, **own)
        given = {name: value for name, value in given.items() if name not in own}
    known: dict[tuple[str, bytes], NodeScores] = {}  # candidates have nodes in common

    def scored(path: str, mask: np.ndarray) -> NodeScores:
        name = path, mask.tobytes()
        if name not in known:
            known[name] = score(network, dataset, metric, path=path, sub_space=mask, seed=seed, **given)
        return known[name]

    def rounds_of(one: Policy) -> list[list[Split]]:
        rounds: list[list[Split]] = []
        scores: dict[str, NodeScores] = {}
        for number in range(one.rounds):
            scores |= {path: scored(path, mask) for path, mask in new_nodes(space, rounds, one.leaves).items()}
            how = {"edge": edge if isinstance(edge, str) else edge[number], "average": average}
            rounds.append(split_round(one, scores, rounds, objective=objective, balance=balance, **how))
            for split in rounds[-1]:
                progress(f"node {split.path}: {split.edge} into {' | '.join(' '.join(g) for g in split.groups)}")
        return rounds

    grown: Mapping[str, list[list[Split]]] = {name: rounds_of(one) for name, one in policy.grown.items()}
    return tree_of(policy, grown, space, method=metric, metric=metric, seed=seed)
