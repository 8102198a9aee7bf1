"""REINFORCE: a policy gradient over leaf and operations, as an Optuna sampler."""

from typing import Annotated, Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from fsnas.errors import FsnasError

DECAYS, EPSILON = (0.9, 0.999), 1e-8  # of Adam, as PyTorch's


def sampler(
    seed: int,
    *,
    learning_rate: Annotated[float, {"gt": 0, "le": 10}, "of Adam on the logits"] = 0.1,
    baseline_momentum: Annotated[float, {"ge": 0, "lt": 1}, "of the moving average that is the baseline"] = 0.9,
) -> BaseSampler:
    """Return a `ReinforceSampler`."""
    return ReinforceSampler(learning_rate, baseline_momentum, seed)


class ReinforceSampler(BaseSampler):
    """REINFORCE with independent categorical distributions and a moving baseline, as an Optuna sampler.

    Every parameter has logits of its own, zero at first, so that the first trial is uniform. After each trial its
    parameters take one step of Adam along ``(reward - baseline) * d(log probability)``. The baseline is the moving
    average of all rewards, this one included. A parameter that a trial does not have (of another leaf) stays as it was.

    This is the baseline of NAS-Bench-201 and NATS-Bench, after Williams' rule; Zoph and Le have a recurrent network in
    place of the logits. Differences: the logits begin at zero, not near it, and the learning rate is ours
    (docs/decisions.md).

    Parameters
    ----------
    learning_rate, baseline_momentum
        Of Adam, and of the moving average.
    seed
        The same seed and the same study give the same samples.

    Raises
    ------
    FsnasError
        If an option is out of range.

    References
    ----------
    Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning" (1992). Zoph
    and Le, "Neural Architecture Search with Reinforcement Learning" (2017). Dong and Yang, "NAS-Bench-201" (2020).
    """

    def __init__(self, learning_rate: float, baseline_momentum: float, seed: int) -> None:
        if learning_rate <= 0:
            raise FsnasError(f"the learning rate is {learning_rate}, expected more than 0")
        if not 0 <= baseline_momentum < 1:
            raise FsnasError(f"the baseline's momentum is {baseline_momentum}, expected 0 or more and less than 1")
        self.learning_rate, self.momentum = learning_rate, baseline_momentum
        self._rng = np.random.default_rng(seed)
        self._random = RandomSampler(seed=seed)
        self._logits: dict[str, _Logits] = {}
        self._rewards = self._weights = 0.0  # of the moving average: numerator and denominator

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return nothing: parameters are independent."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a value of the policy; of what is no choice a random one."""
        if not isinstance(param_distribution, CategoricalDistribution):
            return self._random.sample_independent(study, trial, param_name, param_distribution)
        choices = param_distribution.choices
        logits = self._logits.setdefault(param_name, _Logits(len(choices)))
        return choices[self._rng.choice(len(choices), p=logits.probabilities())]

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Any) -> None:
        """Move the baseline, then the logits of what the trial has chosen."""
        if state != TrialState.COMPLETE:
            return
        reward = float(values[0]) if study.direction == StudyDirection.MAXIMIZE else -float(values[0])
        advantage = reward - self.baseline(reward)
        for name, logits in self._logits.items():
            if name in trial.params:
                chosen = int(trial.distributions[name].to_internal_repr(trial.params[name]))
                logits.step(chosen, advantage, self.learning_rate)

    def probabilities(self, name: str) -> np.ndarray:
        """Return the policy of a parameter that was sampled before."""
        return self._logits[name].probabilities()

    def baseline(self, reward: float) -> float:
        """Return the moving average of the rewards after this one."""
        self._rewards = self.momentum * self._rewards + (1 - self.momentum) * reward
        self._weights = self.momentum * self._weights + (1 - self.momentum)
        return self._rewards / self._weights


class _Logits:
    """The logits of one parameter, and the state of Adam for them."""

    def __init__(self, choices: int) -> None:
        self.values, self.mean, self.square = np.zeros((3, choices))
        self.steps = 0

    def probabilities(self) -> np.ndarray:
        raised = np.exp(self.values - self.values.max())
        return raised / raised.sum()

    def step(self, chosen: int, advantage: float, rate: float) -> None:
        """Take one step of Adam uphill along ``advantage`` * d(log probability of ``chosen``) / d(logits)."""
        gradient = advantage * ((np.arange(len(self.values)) == chosen) - self.probabilities())
        self.steps += 1
        self.mean += (1 - DECAYS[0]) * (gradient - self.mean)
        self.square += (1 - DECAYS[1]) * (gradient**2 - self.square)
        mean, square = (x / (1 - decay**self.steps) for x, decay in zip((self.mean, self.square), DECAYS, strict=True))
        self.values += rate * mean / (np.sqrt(square) + EPSILON)
