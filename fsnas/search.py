"""Search over the leaves of a tree: which architecture, in which leaf, has the best accuracy with shared weights."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from fsnas.artifacts.search import Evaluation, Found, best_of
from fsnas.errors import FsnasError, nearest
from fsnas.seeding import derive
from fsnas.spaces import EDGES, OPERATIONS, architecture_string

SAMPLERS = ("random", "evolution", "tpe")
LEAF = "leaf"  # name of the parameter that chooses the leaf

Architecture = tuple[int, ...]
Evaluate = Callable[[str, Architecture], tuple[float, float]]


def search(
    leaves: Mapping[str, np.ndarray],
    evaluate: Evaluate,
    *,
    sampler: str,
    evaluations: int,
    seed: int,
    population: int = 20,
    tournament: int = 5,
) -> Found:
    """Search the leaf and the architecture with the highest accuracy.

    A point is a leaf, drawn uniformly at first, and an operation enabled in that leaf for every edge. Every sampler
    makes exactly ``evaluations`` of them; a point that is sampled again counts again, but is evaluated once.

    Parameters
    ----------
    leaves
        Space of every leaf by its path: bool ``[edges, operations]``, at least one operation per edge. Their order
        does not matter.
    evaluate
        Gets a leaf and an architecture (one operation index per edge); returns loss and accuracy. It must give the same
        for the same point. The accuracy is maximised; the loss only breaks ties, and need not be finite.
    sampler
        ``random`` (uniform over leaves, then over the operations of each edge), ``evolution``
        (`RegularizedEvolutionSampler`) or ``tpe`` (Optuna's, after its own 10 random trials: one joint density over the
        parameters that all trials have, and one for each of the others, from the trials that have it).
    evaluations
        The budget.
    seed
        The same arguments give the same search.
    population, tournament
        Of ``evolution``.

    Raises
    ------
    FsnasError
        If there is no leaf, a leaf's space has the wrong form or an edge without operations, an option is out of range
        or the sampler unknown, or an accuracy is not finite.

    References
    ----------
    Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework" (2019); Bergstra et al.,
    "Algorithms for Hyper-Parameter Optimization" (2011) for ``tpe``.
    """
    if evaluations < 1:
        raise FsnasError(f"the budget of the search is {evaluations} evaluations, expected at least 1")
    choices = _choices(leaves)
    how = _sampler(sampler, seed, population, tournament)
    made: list[Evaluation] = []
    known: dict[tuple[str, Architecture], Evaluation] = {}
    with _quiet():
        study = optuna.create_study(direction="maximize", sampler=how)
        for _ in range(evaluations):
            trial = study.ask()
            point = _suggest(trial, choices)
            if point not in known:
                known[point] = _evaluated(evaluate, *point)
            made.append(known[point])
            study.tell(trial, made[-1].accuracy)
    return Found(sampler, tuple(made), best_of(made))


class RegularizedEvolutionSampler(BaseSampler):
    """Regularised (ageing) evolution over categorical parameters, as an Optuna sampler.

    The first ``population`` trials are random. Then, for every trial, ``tournament`` of the last ``population``
    completed trials are drawn, the best of them is the parent, and one of its parameters, drawn uniformly, gets another
    value, drawn uniformly; the others are inherited by name. A parameter that the parent does not have (after another
    leaf was chosen) is drawn at random. Members die of age alone, however good they are.

    Differences from Algorithm 1 of the paper: it draws the tournament with replacement; here no member is drawn twice,
    as in the code of NAS-Bench-101, so that a tournament of the whole population always takes its best. Its mutations
    include the identity; here a child is always another point. Members that tie in a tournament win equally often.

    Optuna 5 has no such sampler: its genetic ones (NSGA-II, NSGA-III) make generations, keep the best of parents and
    children whatever their age, and cross parents over.

    Parameters
    ----------
    population, tournament
        P and S of the paper, ``1 <= tournament <= population``.
    seed
        The same seed and the same study give the same samples.

    Raises
    ------
    FsnasError
        If population or tournament are out of range.

    References
    ----------
    Real et al., "Regularized Evolution for Image Classifier Architecture Search" (2019), Algorithm 1.
    """

    def __init__(self, population: int, tournament: int, seed: int) -> None:
        if population < 1:
            raise FsnasError(f"the population is {population}, expected at least 1")
        if not 1 <= tournament <= population:
            raise FsnasError(f"the tournament is {tournament}, expected 1 to {population}, the population")
        self.population, self.tournament = population, tournament
        self._rng = np.random.default_rng(seed)
        self._random = RandomSampler(seed=seed)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return all parameters of the living members; none while the population is not full."""
        return {name: each for member in self.living(study) for name, each in member.distributions.items()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the parameters of a mutated parent; Optuna asks once per trial, and leaves out what does not apply."""
        living = self.living(study)
        return self.mutated(self.parent(study, living)) if living else {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a random value: of every parameter at first, later of those that the parent does not have."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def living(self, study: Study) -> list[FrozenTrial]:
        """Return the last ``population`` completed trials, or nothing while there are fewer."""
        completed = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return completed[-self.population :] if len(completed) >= self.population else []

    def parent(self, study: Study, living: Sequence[FrozenTrial]) -> FrozenTrial:
        """Return the best of a tournament; the order of the draw is random, so the first of equals is a fair draw."""
        drawn = self._rng.choice(len(living), size=self.tournament, replace=False)
        best = max if study.direction == StudyDirection.MAXIMIZE else min
        return best((living[i] for i in drawn), key=lambda member: member.values[0])

    def mutated(self, parent: FrozenTrial) -> dict[str, Any]:
        """Return the parent's parameters, one of which has another value if any has more than one choice."""
        params = dict(parent.params)
        others = {
            name: [value for value in each.choices if value != params[name]]
            for name, each in parent.distributions.items()
            if isinstance(each, CategoricalDistribution) and len(each.choices) > 1
        }
        if others:
            name = list(others)[self._rng.integers(len(others))]
            params[name] = others[name][self._rng.integers(len(others[name]))]
        return params


def _sampler(name: str, seed: int, population: int, tournament: int) -> BaseSampler:
    """Return the sampler; its seed has the 32 bits that Optuna takes."""
    own = derive(seed, "search", name) % 2**32
    if name == "random":
        return RandomSampler(seed=own)
    if name == "evolution":
        return RegularizedEvolutionSampler(population, tournament, own)
    if name == "tpe":
        return TPESampler(seed=own, multivariate=True)
    raise FsnasError(f"there is no sampler {name!r}{nearest(name, list(SAMPLERS))}; expected one of {list(SAMPLERS)}")


def _choices(leaves: Mapping[str, np.ndarray]) -> dict[str, list[tuple[str, ...]]]:
    """Return the names of the operations that every leaf, by its path, holds on each edge."""
    if not leaves:
        raise FsnasError(
            "there is no leaf to search; expected the leaves of a tree, 'root' alone where nothing is split"
        )
    choices = {}
    for leaf, space in sorted(leaves.items()):
        if np.shape(space) != (len(EDGES), len(OPERATIONS)) or not np.any(space, axis=1).all():
            raise FsnasError(
                f"the space of leaf {leaf} has the shape {np.shape(space)}, or an edge without operations; expected "
                f"bool [{len(EDGES)} edges, {len(OPERATIONS)} operations] with at least one operation on each edge"
            )
        choices[leaf] = [tuple(OPERATIONS[o] for o in np.flatnonzero(row)) for row in space]
    return choices


def _suggest(trial: Trial, choices: Mapping[str, Sequence[tuple[str, ...]]]) -> tuple[str, Architecture]:
    """Return the leaf and the architecture of a trial.

    Optuna wants the same choices whenever a name comes up, so an edge's parameter is named by the edge and its
    operations: leaves that hold the same operations on an edge share what was learnt there.
    """
    leaf = _choose(trial, LEAF, tuple(choices))
    names = (
        _choose(trial, f"{edge} of {','.join(operations)}", operations)
        for edge, operations in zip(EDGES, choices[leaf], strict=True)
    )
    return leaf, tuple(OPERATIONS.index(name) for name in names)


def _choose(trial: Trial, name: str, values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else str(trial.suggest_categorical(name, values))


def _evaluated(evaluate: Evaluate, leaf: str, architecture: Architecture) -> Evaluation:
    loss, accuracy = map(float, evaluate(leaf, architecture))
    name = architecture_string(architecture)
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
