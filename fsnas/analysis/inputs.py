"""Checks of what the comparisons get: trees, what belongs to them, and the ground truth."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np

from fsnas.errors import FsnasError, nearest
from fsnas.splitting.trees import Tree

T = TypeVar("T")


def ordered_trees(trees: Sequence[Tree]) -> list[Tree]:
    """Return the trees by method, in the order given, and seed."""
    seen: set[tuple[str, int]] = set()
    for tree in trees:
        if not trees[0].space.is_described(tree.space.described()):
            raise FsnasError(
                f"the tree of method {tree.method!r} and seed {tree.seed} has the search space "
                f"{tree.space.described()}, another one {trees[0].space.described()}; expected trees of one space"
            )
        if (tree.method, tree.seed) in seen:
            raise FsnasError(f"two trees have the method {tree.method!r} and the seed {tree.seed}; expected one each")
        seen.add((tree.method, tree.seed))
    methods = list(dict.fromkeys(tree.method for tree in trees))
    return sorted(trees, key=lambda tree: (methods.index(tree.method), tree.seed))


def matched(trees: Sequence[Tree], given: Mapping[tuple[str, int], T], what: str) -> list[tuple[Tree, T]]:
    """Return the ordered trees of which something is given, with it; `FsnasError` if it is given of no tree."""
    found = {(tree.method, tree.seed): tree for tree in ordered_trees(trees)}
    for method, seed in given:
        if (method, seed) not in found:
            methods = sorted({tree.method for tree in trees})
            hint = "" if method in methods else nearest(method, methods)
            raise FsnasError(
                f"there {what} of method {method!r}{hint} and seed {seed}, but no such tree; "
                f"expected methods {methods} and seeds {sorted({tree.seed for tree in trees})}"
            )
    return [(tree, given[key]) for key, tree in found.items() if key in given]


def known(ground_truth: Mapping[str, float]) -> dict[str, float]:
    """Return the architectures that have a truth."""
    return {name: value for name, value in ground_truth.items() if np.isfinite(value)}


def in_leaves(
    trees: Sequence[Tree], ground_truth: Mapping[str, float]
) -> Iterator[tuple[Tree, np.ndarray, np.ndarray]]:
    """Yield each ordered tree with the leaf of every architecture that has a truth ``[n]``, and the truths ``[n]``."""
    if not trees:
        return
    values = known(ground_truth)
    indices = trees[0].space.indices([*values])
    for tree in ordered_trees(trees):
        yield tree, tree.space.owner(tree.leaves, indices), np.array([*values.values()], dtype=np.float64)
