"""What a step trains: the mixture, one path, or a set of paths; and what may decide it instead."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from fsnas.data.batches import Batch
from fsnas.errors import FsnasError
from fsnas.networks.forward import ForwardContext
from fsnas.networks.gates import mixing_gates, path_gates
from fsnas.seeding import generator
from fsnas.training.descent import Descent
from fsnas.training.recipe import SAMPLINGS, Recipe


class Gating(Protocol):
    """Where the gates of every step of a training come from; it may learn them, and then has a state.

    Attributes
    ----------
    passes
        Forward and backward passes of a step beside those over its gates.
    """

    passes: int

    def draws(self, epoch: int) -> Iterator[Any]:
        """Yield what each step of ``epoch`` (from 0) needs; also of those that were taken before a stop."""

    def contexts(self, drawn: Any, batch: Batch, descent: Descent, epoch: int, step: int) -> list[ForwardContext]:
        """Return how the passes of a step (from 1) run, which the weights then follow; what is learned moves first."""

    def validation(self, rng: np.random.Generator) -> ForwardContext:
        """Return how a validation batch runs."""

    def end(self, epoch: int) -> None:
        """Note that ``epoch`` is over."""

    def state_dict(self) -> dict[str, Any]:
        """Return what changes, as tensors and plain numbers."""

    def load_state_dict(self, kept: dict[str, Any]) -> None:
        """Take over what `state_dict` has returned."""


class SampledPaths:
    """The `Gating` of ``recipe.sampling`` over ``sub_space``: it learns nothing."""

    passes = 0

    def __init__(self, sub_space: np.ndarray, recipe: Recipe, seed: int) -> None:
        self.sub_space, self.recipe, self.seed = sub_space, recipe, seed

    def draws(self, epoch: int) -> Iterator[list[np.ndarray]]:
        """Yield the gates of each step."""
        rng = generator(self.seed, "paths", epoch)
        while True:
            yield sample_gates(self.sub_space, self.recipe, rng)

    def contexts(
        self, drawn: list[np.ndarray], batch: Batch, descent: Descent, epoch: int, step: int
    ) -> list[ForwardContext]:
        """Return a pass for each of the gates."""
        return list(map(ForwardContext, drawn))

    def validation(self, rng: np.random.Generator) -> ForwardContext:
        """Return gates as training samples them."""
        return ForwardContext(sample_gates(self.sub_space, self.recipe, rng)[0])

    def end(self, epoch: int) -> None:
        """Do nothing."""

    def state_dict(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def load_state_dict(self, kept: dict[str, Any]) -> None:
        """Take over nothing."""


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
