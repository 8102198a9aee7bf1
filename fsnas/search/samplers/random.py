"""Random search: uniform over leaves, then over the operations of each edge."""

from optuna.samplers import BaseSampler, RandomSampler


def sampler(seed: int) -> BaseSampler:
    """Return Optuna's random sampler."""
    return RandomSampler(seed=seed)
