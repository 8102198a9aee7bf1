"""What an algorithm of a differentiable search is, and what several of them share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Draw = Callable[[Tensor, np.random.Generator, float], Tensor]


def softmax(parameters: Tensor) -> Tensor:
    """Return the softmax over the operations of each edge."""
    return parameters.softmax(1)


@dataclass(frozen=True)
class Algorithm:
    """How architecture parameters become the gates of a pass, and how they are trained.

    Attributes
    ----------
    draw
        Gets the parameters float64 ``[edges, operations]``, -inf where an operation is disabled, a generator of its
        own for each pass, and how much of the search is over, in [0, 1]. Returns the gates ``[edges, operations]`` with
        gradients; an operation whose gate is 0 is not executed.
    mean
        Returns how much the parameters favour each operation: rows that add up to 1.
    order
        1: the gradient of the validation loss at the weights as they are; 2: at the weights after one more step, which
        is differentiated too.
    learning_rate, weight_decay, betas
        Of Adam on the parameters; ``betas`` as in all the papers' searches.
    """

    draw: Draw
    mean: Callable[[Tensor], Tensor] = softmax
    order: int = 1
    learning_rate: float = 3e-4
    weight_decay: float = 1e-3
    betas: tuple[float, float] = (0.5, 0.999)


def gumbel_softmax(parameters: Tensor, rng: np.random.Generator, temperature: float) -> Tensor:
    """Return a sample of the concrete distribution of each edge: rows that add up to 1 (Jang et al. 2017)."""
    noise = torch.from_numpy(rng.gumbel(size=parameters.shape)).to(parameters.dtype)
    return ((parameters.log_softmax(1) + noise) / temperature).softmax(1)


def annealed(first: float, last: float, progress: float) -> float:
    """Return the temperature when so much of the search is over: linear."""
    return first + (last - first) * progress
