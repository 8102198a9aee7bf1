"""What a step trains: the mixture, one path, or a set of paths."""

import numpy as np

from fsnas.errors import FsnasError
from fsnas.networks.gates import mixing_gates, path_gates
from fsnas.training.recipe import SAMPLINGS, Recipe


def sample_gates(sub_space: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the gates of the forward passes of one step, each float64 ``[edges, operations]``.

    For ``fair`` every enabled operation of an edge is used once (more often where another edge holds more).
    """
    if recipe.sampling == "superposition":
        return [mixing_gates(sub_space, recipe.mixing)]
    operations = sub_space.shape[1]
    enabled = [np.flatnonzero(row) for row in sub_space]
    if recipe.sampling == "uniform":
        return [path_gates(np.array([rng.choice(held) for held in enabled]), operations)]
    if recipe.sampling == "fair":
        paths = max(map(len, enabled))
        columns = [np.concatenate([rng.permutation(e) for _ in range(-(-paths // len(e)))])[:paths] for e in enabled]
        return [path_gates(np.array(path), operations) for path in zip(*columns, strict=True)]
    raise FsnasError(f"sampling is {recipe.sampling!r}, expected one of {list(SAMPLINGS)}")
