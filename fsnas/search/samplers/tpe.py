"""The tree-structured Parzen estimator (Bergstra et al., "Algorithms for Hyper-Parameter Optimization", 2011)."""

from optuna.samplers import BaseSampler, TPESampler


def sampler(seed: int) -> BaseSampler:
    """Return Optuna's sampler, which begins with 10 random trials.

    It has one joint density over the parameters that all trials have, and one for each of the others, from the trials
    that have it.
    """
    return TPESampler(seed=seed, multivariate=True)
