"""A whole split tree, round by round, as the workflow grows it in steps."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fsnas.data.dataset import Dataset
from fsnas.networks.supernet import Supernet
from fsnas.registry import taken
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.joint import Metrics, check_parts, combined, name_of, of_level, parts_of
from fsnas.splitting.policies import Policy, make_policy, options
from fsnas.splitting.rounds import split_round, tree_of
from fsnas.splitting.scoring import score
from fsnas.splitting.trees import Split, Tree, new_nodes


def grow(
    network: Supernet,
    dataset: Dataset,
    metric: Metrics,
    policy: Policy | str = "constant",
    *,
    seed: int = 0,
    objective: str = "mean",
    balance: str = "none",
    edge: str | Sequence[str] = "best",
    average: str = "affinities",
    combine: str = "zscore",
    progress: Callable[[str], None] = lambda line: None,
    **given: Any,
) -> Tree:
    """Return the split tree of a supernet: score its nodes, split what the policy says, and go on with their children.

    Parameters
    ----------
    network
        The root supernet, on its device; it is left as it was.
    metric
        One, or several jointly: ``["ntk", "lr"]``, ``{"gradnorm": 2, "jacobcov": 1}`` with weights, or
        ``{"ntk": {"weight": 1, "samples": 8}}`` with options, too.
    policy
        The name of one (`fsnas.splitting.policies`), whose options are among what is ``given``, or one that was made.
    objective, balance, average
        As `split_node`.
    edge
        As `split_node`, or the names of edges, one for each level.
    combine
        How several metrics are combined, as in `fsnas.splitting.joint.combined`.
    progress
        Gets a line a split.
    given
        Options of the policy; the rest is as `fsnas.splitting.scoring.score`.

    Raises
    ------
    FsnasError
        As `fsnas.splitting.joint.check_parts`, `score` and the policy.
    """
    space, parts = network.space, parts_of(metric)
    check_parts(parts, combine)
    name, joint = name_of(parts), not isinstance(metric, str)
    if isinstance(policy, str):
        own = taken(options(policy), given)
        policy = make_policy(space, policy, **own)
        given = {option: value for option, value in given.items() if option not in own}
    known: dict[tuple[str, bytes, str], NodeScores] = {}  # candidates have nodes in common

    def scored(path: str, mask: np.ndarray, number: int) -> NodeScores:
        used = of_level(parts, combine, number)
        place = path, mask.tobytes(), name_of(used)
        if place not in known:
            of = {"path": path, "sub_space": mask, "seed": seed, **given}
            own = [
                score(network, dataset, part.metric, **of | ({"options": part.options} if joint else {}))
                for part in used
            ]
            known[place] = combined(own, used, combine=combine, average=average) if joint else own[0]
        return known[place]

    def rounds_of(one: Policy) -> list[list[Split]]:
        rounds: list[list[Split]] = []
        scores: dict[str, NodeScores] = {}
        for number in range(one.rounds):
            new = new_nodes(space, rounds, one.leaves)
            scores |= {path: scored(path, mask, number) for path, mask in new.items()}
            how = {"edge": edge if isinstance(edge, str) else edge[number], "average": average}
            rounds.append(split_round(one, scores, rounds, objective=objective, balance=balance, **how))
            for split in rounds[-1]:
                progress(f"node {split.path}: {split.edge} into {' | '.join(' '.join(g) for g in split.groups)}")
        return rounds

    grown: Mapping[str, list[list[Split]]] = {name: rounds_of(one) for name, one in policy.grown.items()}
    return tree_of(policy, grown, space, method=name, metric=name, seed=seed)
