"""What the searches found, and how far it is from the best."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fsnas.analysis.inputs import in_leaves, known, matched
from fsnas.errors import FsnasError
from fsnas.search.result import Evaluation, SearchRecord, SearchResult
from fsnas.spaces import held_edges
from fsnas.splitting.trees import Tree

FOUND_COLUMNS = ["method", "seed", "sampler", "evaluations", "leaf", "architecture", "valid_accuracy", "test_accuracy"]
FOUND_COLUMNS += ["optimum", "regret", "rank", "of", "oracle", "oracle_n"]
FOUND_QUANTITIES = ("test_accuracy", "regret", "rank", "oracle")


def found_table(
    trees: Sequence[Tree],
    searches: Mapping[tuple[str, int], SearchRecord],
    ground_truth: Mapping[str, float],
    found_truth: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what each search found, a row for each of its samplers, and how good that is: `FOUND_COLUMNS`.

    ``valid_accuracy`` is that with shared weights, in [0, 1]; in percent are ``test_accuracy``, ``optimum`` and
    ``regret`` (optimum - test_accuracy). All compare with the architectures that have a truth and with the found one
    itself, never with what other searches found: ``optimum`` is the best of them, ``rank`` 1 the best of ``of`` (equal
    ones share the better rank), and ``oracle`` the best of the ``oracle_n`` in the chosen leaf, which only somebody who
    knows the truth can pick.

    Parameters
    ----------
    trees, ground_truth
        As everywhere.
    searches
        By method and seed.
    found_truth
        Of architectures that were found and then trained on their own; used where ``ground_truth`` has none.

    Raises
    ------
    FsnasError
        If the architecture that a search found is not in its leaf.
    """
    searched, values_of = matched(trees, searches, "is a search"), known(ground_truth)
    rows: list[tuple[Any, ...]] = []
    each = in_leaves([tree for tree, _ in searched], ground_truth)
    for (tree, leaves, values), (_, record) in zip(each, searched, strict=True):
        for found in record.searches:
            best = _best_of(found, tree)
            search = (found.sampler, len(found.evaluations), best.leaf, best.architecture, best.accuracy)
            test = values_of.get(best.architecture, (found_truth or {}).get(best.architecture, np.nan))
            own = [test] if best.architecture not in values_of and np.isfinite(test) else []
            judged = _judged(test, *(np.append(some, own) for some in (values, values[leaves == best.leaf])))
            rows.append((tree.method, tree.seed, *search, *judged))
    return pd.DataFrame(rows, columns=FOUND_COLUMNS).astype({"rank": "Int64"})


def _judged(test: float, values: np.ndarray, leaf: np.ndarray) -> tuple[Any, ...]:
    """Return test accuracy, optimum, regret, rank, of, oracle and oracle_n, among all values and those of the leaf."""
    optimum, oracle = (float(known.max()) if len(known) else np.nan for known in (values, leaf))
    rank = int((values > test).sum()) + 1 if np.isfinite(test) else pd.NA
    return test, optimum, optimum - test, rank, len(values), oracle, len(leaf)


def _best_of(found: SearchResult, tree: Tree) -> Evaluation:
    """Return the best evaluation of ``found``, which must lie in its leaf of ``tree``."""
    best = found.evaluations[found.best]
    leaf = tree.leaves.get(best.leaf)
    if leaf is None or not held_edges(leaf, np.array([tree.space.parse(best.architecture)])).all():
        raise FsnasError(
            f"the search of method {tree.method} and seed {tree.seed} found {best.architecture} in leaf {best.leaf!r}, "
            f"which does not hold it; its tree has the leaves {[*tree.leaves]}: search and tree must be of one run"
        )
    return best
