"""From scores to affinities."""

import numpy as np


def score_affinity(scores: np.ndarray) -> np.ndarray:
    """Return ``-|f_i - f_j|`` averaged over repetitions: ``[r, n]`` to float64 ``[n, n]`` (few-shot paper, sec. 3)."""
    return -np.abs(scores[:, :, None] - scores[:, None, :]).mean(axis=0)
