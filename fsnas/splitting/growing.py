"""A whole split tree, level by level, as the workflow grows it in steps."""

from collections.abc import Callable, Sequence
from typing import Any

from fsnas.data.dataset import Dataset
from fsnas.networks.supernet import Supernet
from fsnas.splitting.node import split_node
from fsnas.splitting.policies import Policy, constant
from fsnas.splitting.scoring import score
from fsnas.splitting.trees import Split, Tree, node_spaces


def grow(
    network: Supernet,
    dataset: Dataset,
    metric: str,
    policy: Policy | None = None,
    *,
    seed: int = 0,
    objective: str = "mean",
    balance: str = "none",
    edge: str | Sequence[str] = "best",
    average: str = "affinities",
    progress: Callable[[str], None] = lambda line: None,
    **scoring: Any,
) -> Tree:
    """Return the split tree of a supernet: score its nodes, split each, and go on with their children.

    Parameters
    ----------
    network
        The root supernet, on its device; it is left as it was.
    policy
        Of `fsnas.splitting.policies`; default `constant`: two groups a split, four leaves.
    objective, balance, average
        As `split_node`.
    edge
        As `split_node`, or the names of edges, one for each level.
    progress
        Gets a line a split.
    scoring
        As `fsnas.splitting.scoring.score`.
    """
    space, splits = network.space, list[Split]()
    for level, branching in enumerate((policy or constant(space)).factors):
        how = {"edge": edge if isinstance(edge, str) else edge[level], "average": average}
        for path, mask in node_spaces(space, splits).items():
            scores = score(network, dataset, metric, path=path, sub_space=mask, seed=seed, **scoring)
            splits.append(split_node(scores, branching, objective=objective, balance=balance, **how))
            progress(f"node {path}: {splits[-1].edge} into {' | '.join(' '.join(g) for g in splits[-1].groups)}")
    return Tree(metric, metric, seed, tuple(splits), node_spaces(space, splits), space)
