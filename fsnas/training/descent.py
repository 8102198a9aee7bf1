"""The optimiser."""

import math

import torch
from torch import Tensor
from torch.optim.sgd import sgd

from fsnas.networks.supernet import Supernet
from fsnas.training.recipe import Recipe


class Descent:
    """SGD with Nesterov momentum and a cosine schedule over the epochs; the step is torch's own.

    Not `torch.optim.SGD`, which takes the same step: making one imports 1.2 s of compiler, in every training job.
    """

    def __init__(self, network: Supernet, recipe: Recipe) -> None:
        self.parameters = network.named
        self.recipe = recipe
        self.momenta: dict[str, Tensor] = {}

    def rate(self, epoch: int) -> float:
        """Return the learning rate of ``epoch`` (from 0)."""
        return self.recipe.lr * (1 + math.cos(math.pi * epoch / self.recipe.epochs)) / 2

    @torch.no_grad()
    def step(self, epoch: int) -> None:
        """Move every parameter that has a gradient by one step of ``epoch`` (from 0)."""
        recipe = self.recipe
        moved = {name: parameter for name, parameter in self.parameters.items() if parameter.grad is not None}
        momenta = [self.momenta.get(name) for name in moved]
        sgd(
            list(moved.values()),
            [parameter.grad for parameter in moved.values() if parameter.grad is not None],
            momenta,
            weight_decay=recipe.weight_decay,
            momentum=recipe.momentum,
            lr=self.rate(epoch),
            dampening=0.0,
            nesterov=recipe.momentum > 0,
            maximize=False,
        )
        self.momenta |= {name: kept for name, kept in zip(moved, momenta, strict=True) if kept is not None}

    def state_dict(self) -> dict[str, Tensor]:
        """Return the momenta by the names of their parameters."""
        return self.momenta

    def load_state_dict(self, momenta: dict[str, Tensor]) -> None:
        """Take over ``momenta``, each to the device of its parameter."""
        self.momenta = {name: kept.to(self.parameters[name].device) for name, kept in momenta.items()}
