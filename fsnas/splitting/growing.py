"""A whole split tree, level by level, as the workflow grows it in steps."""

from collections.abc import Callable, Sequence
from typing import Any

from fsnas.data.dataset import Dataset
from fsnas.networks.supernet import Supernet
from fsnas.splitting.joint import Metrics, check_parts, combined, name_of, of_level, parts_of
from fsnas.splitting.node import split_node
from fsnas.splitting.policies import Policy, constant
from fsnas.splitting.scoring import score
from fsnas.splitting.trees import Split, Tree, node_spaces


def grow(
    network: Supernet,
    dataset: Dataset,
    metric: Metrics,
    policy: Policy | None = None,
    *,
    seed: int = 0,
    objective: str = "mean",
    balance: str = "none",
    edge: str | Sequence[str] = "best",
    average: str = "affinities",
    combine: str = "zscore",
    progress: Callable[[str], None] = lambda line: None,
    **scoring: Any,
) -> Tree:
    """Return the split tree of a supernet: score its nodes, split each, and go on with their children.

    Parameters
    ----------
    network
        The root supernet, on its device; it is left as it was.
    metric
        One, or several jointly: ``["ntk", "lr"]``, ``{"gradnorm": 2, "jacobcov": 1}`` with weights, or
        ``{"ntk": {"weight": 1, "samples": 8}}`` with options, too.
    policy
        Of `fsnas.splitting.policies`; default `constant`: two groups a split, four leaves.
    objective, balance, average
        As `split_node`.
    edge
        As `split_node`, or the names of edges, one for each level.
    combine
        How several metrics are combined, as in `fsnas.splitting.joint.combined`.
    progress
        Gets a line a split.
    scoring
        As `fsnas.splitting.scoring.score`.

    Raises
    ------
    FsnasError
        As `fsnas.splitting.joint.check_parts`, `score` and `split_node`.
    """
    space, splits, parts = network.space, list[Split](), parts_of(metric)
    check_parts(parts, combine)
    name, joint = name_of(parts), not isinstance(metric, str)
    for level, branching in enumerate((policy or constant(space)).factors):
        how = {"edge": edge if isinstance(edge, str) else edge[level], "average": average}
        for path, mask in node_spaces(space, splits).items():
            of = {"path": path, "sub_space": mask, "seed": seed, **scoring}
            used = of_level(parts, combine, level)
            own = [
                score(network, dataset, part.metric, **of | ({"options": part.options} if joint else {}))
                for part in used
            ]
            scores = combined(own, used, combine=combine, average=average) if joint else own[0]
            splits.append(split_node(scores, branching, objective=objective, balance=balance, **how))
            progress(f"node {path}: {splits[-1].edge} into {' | '.join(' '.join(g) for g in splits[-1].groups)}")
    return Tree(name, name, seed, tuple(splits), node_spaces(space, splits), space)
