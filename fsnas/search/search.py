"""Search over the leaves of a tree: which architecture, in which leaf, has the best accuracy with shared weights."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import optuna
from optuna.trial import Trial

from fsnas.errors import FsnasError
from fsnas.search import samplers
from fsnas.search.result import Evaluation, SearchResult, best_of
from fsnas.seeding import derive
from fsnas.spaces import SearchSpace

LEAF = "leaf"  # name of the parameter that chooses the leaf
Architecture = tuple[int, ...]
Evaluate = Callable[[str, Architecture], tuple[float, float]]


def search(
    space: SearchSpace,
    leaves: Mapping[str, np.ndarray],
    evaluate: Evaluate,
    *,
    sampler: str,
    evaluations: int,
    seed: int,
    **options: Any,
) -> SearchResult:
    """Search the leaf and the architecture with the highest accuracy.

    A point is a leaf, drawn uniformly at first, and an operation enabled in that leaf for every edge. Every sampler
    makes exactly ``evaluations`` of them; a point that is sampled again counts again, but is evaluated once.

    Parameters
    ----------
    space
        The search space.
    leaves
        Sub-space of every leaf by its path: bool ``[edges, operations]``, at least one operation per edge. Their order
        does not matter.
    evaluate
        Gets a leaf and an architecture (one operation index per edge); returns loss and accuracy. It must give the same
        for the same point. The accuracy is maximised; the loss only breaks ties, and need not be finite.
    sampler
        Name of a file in `fsnas.search.samplers`.
    evaluations
        The budget.
    seed
        The same arguments give the same search.
    options
        Of the sampler.

    Raises
    ------
    FsnasError
        If there is no leaf, a leaf's space has the wrong form or an edge without operations, an option is out of range
        or the sampler unknown, or an accuracy is not finite.

    References
    ----------
    Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework" (2019).
    """
    if evaluations < 1:
        raise FsnasError(f"the budget of the search is {evaluations} evaluations, expected at least 1")
    choices = _choices(space, leaves)
    how = samplers.load(sampler)(derive(seed, "search", sampler) % 2**32, **options)
    made: list[Evaluation] = []
    known: dict[tuple[str, Architecture], Evaluation] = {}
    with _quiet():
        study = optuna.create_study(direction="maximize", sampler=how)
        for _ in range(evaluations):
            trial = study.ask()
            point = _suggest(space, trial, choices)
            if point not in known:
                known[point] = _evaluated(space, evaluate, *point)
            made.append(known[point])
            study.tell(trial, made[-1].accuracy)
    return SearchResult(sampler, tuple(made), best_of(made))


def _choices(space: SearchSpace, leaves: Mapping[str, np.ndarray]) -> dict[str, list[tuple[str, ...]]]:
    """Return the names of the operations that every leaf, by its path, holds on each edge."""
    if not leaves:
        raise FsnasError(
            "there is no leaf to search; expected the leaves of a tree, 'root' alone where nothing is split"
        )
    choices = {}
    edges, operations = len(space.edges), len(space.operations)
    for leaf, mask in sorted(leaves.items()):
        if np.shape(mask) != (edges, operations) or not np.any(mask, axis=1).all():
            raise FsnasError(
                f"the space of leaf {leaf} has the shape {np.shape(mask)}, or an edge without operations; expected "
                f"bool [{edges} edges, {operations} operations] with at least one operation on each edge"
            )
        choices[leaf] = list(map(tuple, space.named(mask).values()))
    return choices


def _suggest(
    space: SearchSpace, trial: Trial, choices: Mapping[str, Sequence[tuple[str, ...]]]
) -> tuple[str, Architecture]:
    """Return the leaf and the architecture of a trial.

    Optuna wants the same choices whenever a name comes up, so an edge's parameter is named by the edge and its
    operations: leaves that hold the same operations on an edge share what was learnt there.
    """
    leaf = _choose(trial, LEAF, tuple(choices))
    names = (
        _choose(trial, f"{edge} of {','.join(operations)}", operations)
        for edge, operations in zip(space.edges, choices[leaf], strict=True)
    )
    return leaf, tuple(map(space.operations.index, names))


def _choose(trial: Trial, name: str, values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else str(trial.suggest_categorical(name, values))


def _evaluated(space: SearchSpace, evaluate: Evaluate, leaf: str, architecture: Architecture) -> Evaluation:
    loss, accuracy = map(float, evaluate(leaf, architecture))
    name = space.architecture_string(architecture)
    if not math.isfinite(accuracy):
        raise FsnasError(
            f"leaf {leaf}, architecture {name}: the accuracy is {accuracy}, expected a finite number; the weights of "
            "the leaf may not be finite, train it again, for example with a lower learning rate"
        )
    return Evaluation(leaf, name, loss if math.isfinite(loss) else math.nan, accuracy)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Optuna say warnings only, and put its verbosity back."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
