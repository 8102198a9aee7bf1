"""Local search, as an Optuna sampler."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

Params = dict[str, Any]


def sampler(seed: int) -> BaseSampler:
    """Return a `LocalSearchSampler`."""
    return LocalSearchSampler(seed)


class LocalSearchSampler(BaseSampler):
    """Local search over categorical parameters (hill climbing with restarts), as an Optuna sampler.

    It begins at a random point and evaluates all its neighbours, in random order: all points with another value of one
    parameter, an operation or the leaf. Then it moves to the best of them if that is better, else it begins again at
    random. The other parameters are inherited by name; one that the point does not have (in another leaf) is drawn at
    random. A neighbour that was evaluated before is compared, and not evaluated again.

    This is Algorithm 1 of the paper, which stops at a local optimum; the restart is that of the authors' code. That has
    a variant besides, which moves to the first neighbour that is better.

    Parameters
    ----------
    seed
        The same seed and the same study give the same samples.

    References
    ----------
    White et al., "Exploring the Loss Landscape in Neural Architecture Search" (2021), Algorithm 1.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._random = RandomSampler(seed=seed)
        self._known: dict[frozenset, tuple[float, FrozenTrial]] = {}  # what was evaluated: value (more is better)
        self._here: tuple[float, FrozenTrial] | None = None  # none: the next trial is a random one
        self._around: list[tuple[float, FrozenTrial]] = []  # its neighbours that are known
        self._next: list[Params] = []  # those that are to be evaluated

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the parameters of the point whose neighbour comes next; none where that is a random one."""
        return dict(self._here[1].distributions) if self._here else {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the next neighbour; Optuna asks once per trial, and leaves out what does not apply."""
        return self._next.pop() if self._here else {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a random value: of every parameter of a new start, later of those that the point does not have."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Any) -> None:
        """Keep what the trial gave; after the last neighbour of a point move on."""
        if state == TrialState.COMPLETE:
            made = (float(values[0]) if study.direction == StudyDirection.MAXIMIZE else -float(values[0]), trial)
            self._known[frozenset(trial.params.items())] = made
            if self._here:
                self._around.append(made)
            else:
                self._go(made)
        while self._here and not self._next:
            best = max(self._around, key=lambda one: one[0], default=self._here)
            self._go(best if best[0] > self._here[0] else None)

    def _go(self, there: tuple[float, FrozenTrial] | None) -> None:
        """Make a point the one whose neighbours are evaluated; none: begin again."""
        self._here, self._around, self._next = there, [], []
        for params in _neighbours(there[1]) if there else ():
            known = self._known.get(frozenset(params.items()))
            self._around += [known] if known else []
            self._next += [] if known else [params]
        self._rng.shuffle(self._next)
        self._rng.shuffle(self._around)


def _neighbours(point: FrozenTrial) -> Iterator[Params]:
    """Yield the parameters of a point with another value of one of them, for every such value."""
    for name, each in point.distributions.items():
        if isinstance(each, CategoricalDistribution):
            yield from (point.params | {name: value} for value in each.choices if value != point.params[name])
