"""Random partitions, splits and trees."""

import numpy as np

from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.node import split_node
from fsnas.splitting.trees import ROOT, Split, Tree, children_paths, node_spaces
from tests.support.space import EDGES, OPERATIONS, SPACE


def random_affinity(rng: np.random.Generator, n: int = len(OPERATIONS)) -> np.ndarray:
    values = rng.normal(size=(n, n))
    return (values + values.T) / 2


def random_affinities(rng: np.random.Generator) -> np.ndarray:
    """An affinity matrix for every edge."""
    return np.stack([random_affinity(rng) for _ in EDGES])


def grown_tree(method: str, seed: int, factors, rng: np.random.Generator, **choices) -> Tree:
    """A tree of random affinities, split level by level as the workflow does."""
    splits: list[Split] = []
    for factor in factors:
        for path, space in node_spaces(SPACE, splits).items():
            node = NodeScores(SPACE, space, None, random_affinities(rng), path=path, metric=method, seed=seed)
            splits.append(split_node(node, factor, **choices))
    return Tree(method, method, seed, tuple(splits), node_spaces(SPACE, splits), SPACE)


def made_split(path: str, groups, edge: str = EDGES[0]) -> Split:
    """A split with these groups, of no interest otherwise."""
    groups = tuple(map(tuple, groups))
    children = children_paths(path, len(groups))
    return Split(path, edge, groups, -1.0, -0.5, 1, 1, False, {edge: -1.0}, children)


def made_tree(method: str, seed: int, partitions) -> Tree:
    """A binary tree whose splits, level by level, have these partitions; each level splits the next edge."""
    splits: list[Split] = []
    left = list(partitions)
    for edge in EDGES:
        for path in node_spaces(SPACE, splits):
            if left:
                splits.append(made_split(path, left.pop(0), edge))
    leaves = node_spaces(SPACE, splits) if splits else {ROOT: SPACE.full()}
    return Tree(method, method, seed, tuple(splits), leaves, SPACE)
