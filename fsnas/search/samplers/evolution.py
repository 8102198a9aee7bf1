"""Regularised evolution, as an Optuna sampler."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from fsnas.errors import FsnasError


def sampler(
    seed: int,
    *,
    population: Annotated[
        int, {"ge": 1, "le": 100_000}, "members that can be parents, or fewer: half of the evaluations"
    ] = 20,
    tournament: Annotated[
        int, {"ge": 1, "le": 100_000}, "members of which the best becomes the parent, or fewer: the population"
    ] = 5,
) -> BaseSampler:
    """Return a `RegularizedEvolutionSampler`."""
    return RegularizedEvolutionSampler(population, tournament, seed)


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
