"""Differentiable search: a supernet's weights and its architecture parameters, trained in turn.

All algorithms share this loop; how parameters become gates is theirs (`fsnas.search.algorithms`). The weights are
trained as everywhere (`fsnas.training.loop`), so that a search can be stopped and resumed as any training can.
"""

from collections.abc import Callable, Iterator
from itertools import chain, count
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.optim.adam import adam

from fsnas.data.batches import Batch, training_batches
from fsnas.data.dataset import Dataset
from fsnas.errors import FsnasError
from fsnas.networks.forward import ForwardContext
from fsnas.networks.gates import path_gates
from fsnas.networks.supernet import Supernet
from fsnas.search.architecture import Algorithm
from fsnas.search.trajectory import Learned, Rows
from fsnas.seeding import derive, generator
from fsnas.training.descent import Descent
from fsnas.training.loop import train
from fsnas.training.recipe import Recipe
from fsnas.training.record import Record
from fsnas.training.state import Keeper

SPREAD = 1e-3  # of the first architecture parameters, as in DARTS and its successors
ADAM_EPS = 1e-8


def search_leaf(
    network: Supernet,
    dataset: Dataset,
    recipe: Recipe,
    algorithm: Algorithm,
    *,
    seed: int = 0,
    device: torch.device | str | None = None,
    progress: Callable[[str], None] = lambda line: None,
    state: Keeper | None = None,
    stop: Callable[[], str] = lambda: "",
) -> tuple[Record, tuple[Learned, ...]]:
    """Search the space of ``network``; train its weights in place, and return their history and what was learned.

    Each step moves the architecture parameters on a batch of the validation part, then the weights on one of the
    training part (algorithm 1 of Liu et al. 2019); the parameters are one set for all cells. Losses and accuracies of
    validation are those of the architecture with the largest parameters, with the shared weights. ``recipe`` is that of
    the weights, its ``sampling`` and ``mixing`` have no meaning here. Samples count the passes over both parts.

    Other arguments, resuming and errors as `train`.

    Raises
    ------
    FsnasError
        If a gradient of the parameters is not finite, or the network of the space does not use `ForwardContext.gate`.
    """
    gating = _Learning(network, dataset, recipe, algorithm, seed)
    how: dict[str, Any] = {"device": device, "progress": progress, "state": state, "stop": stop}
    record = train(network, dataset, recipe, seed=seed, gating=gating, **how)
    found = zip(gating.epochs, record.valid_loss, record.valid_accuracy, strict=True)
    return record, tuple(gating.described(e, *one) for e, one in enumerate(found, start=1))


class _Learning:
    """The `fsnas.training.paths.Gating` that learns. Parameters and all that is drawn are on the CPU, in float64."""

    def __init__(self, network: Supernet, dataset: Dataset, recipe: Recipe, algorithm: Algorithm, seed: int) -> None:
        self.network, self.dataset, self.recipe = network, dataset, recipe
        self.algorithm, self.seed = algorithm, seed
        self.passes = algorithm.order  # the second order: one more on the training batch
        self.enabled = torch.from_numpy(network.sub_space.copy())
        drawn = SPREAD * generator(seed, "architecture parameters").standard_normal(network.sub_space.shape)
        self.parameters = torch.where(self.enabled, torch.from_numpy(drawn), 0.0).requires_grad_()
        self.moments = [torch.zeros_like(self.parameters.detach()) for _ in range(2)]
        self.steps = torch.zeros(())
        self.epochs: list[Tensor] = []

    def masked(self, parameters: Tensor) -> Tensor:
        """Return the parameters with -inf where an operation is disabled."""
        return torch.where(self.enabled, parameters, -torch.inf)

    def gates(self, of: str, epoch: int, step: int) -> Tensor:
        """Return the gates of a pass ``of`` the architecture or the weights; each has a stream of its own."""
        rng = generator(self.seed, "architecture", of, epoch, step)
        progress = epoch / (self.recipe.epochs - 1) if self.recipe.epochs > 1 else 0.0
        return self.algorithm.draw(self.masked(self.parameters), rng, progress)

    def context(self, gates: Tensor, **how: Any) -> ForwardContext:
        """Return a pass with these ``gates``."""
        weight = next(self.network.parameters())
        return ForwardContext(gates.detach().numpy(), learned=gates.to(weight.device, weight.dtype), **how)

    def draws(self, epoch: int) -> Iterator[Batch]:
        """Yield a validation batch for each step, in a new order whenever all were seen."""
        how = {name: getattr(self.recipe, name) for name in ("batch_size", "crop_padding", "flip")}
        how |= {"device": self.network.device, "part": "valid"}
        seeds = (derive(self.seed, "architecture epoch", epoch, time) for time in count())
        return chain.from_iterable(training_batches(self.dataset, epoch_seed=each, **how) for each in seeds)

    def contexts(self, drawn: Batch, batch: Batch, descent: Descent, epoch: int, step: int) -> list[ForwardContext]:
        """Take a step of the parameters on the validation batch ``drawn``; return how the weights are trained next."""
        gates = self.gates("parameters", epoch, step)
        if self.algorithm.order == 1:
            loss = F.cross_entropy(self.network(drawn[0], self.context(gates)), drawn[1])
        else:
            loss = unrolled_loss(descent, self.network, self.context(gates, channels_last=False), batch, drawn, epoch)
        gradient: Tensor | None = torch.autograd.grad(loss, self.parameters, allow_unused=True)[0]
        if gradient is None and self.network.space.active_gates(gates.detach().numpy()).any():
            raise FsnasError(
                f"the loss of the network of {self.network.space.name} does not depend on the architecture parameters; "
                "expected its forward to multiply each operation by context.gate(edge, operation) (docs/spaces.md)"
            )
        if gradient is None:  # nothing that was drawn matters
            gradient = torch.zeros_like(self.parameters)
        if not gradient.isfinite().all():
            raise FsnasError(
                f"the gradient of the architecture parameters is not finite in epoch {epoch + 1}, step {step} (seed "
                f"{self.seed}); lower supernet.lr"
            )
        self.step(gradient)
        with torch.no_grad():
            return [self.context(self.gates("weights", epoch, step))]

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """Take one step of Adam; torch's own, see `Descent`."""
        algorithm = self.algorithm
        first, second = ([moment] for moment in self.moments)
        adam(
            [self.parameters],
            [gradient],
            first,
            second,
            [],
            [self.steps],
            amsgrad=False,
            beta1=algorithm.betas[0],
            beta2=algorithm.betas[1],
            lr=algorithm.learning_rate,
            weight_decay=algorithm.weight_decay,
            eps=ADAM_EPS,
            maximize=False,
        )

    def validation(self, rng: np.random.Generator) -> ForwardContext:
        """Return a pass of the architecture with the largest parameters."""
        return ForwardContext(path_gates(self.chosen(self.parameters), self.enabled.shape[1]))

    def chosen(self, parameters: Tensor) -> np.ndarray:
        """Return the operation of the largest parameter on every edge: int64 ``[edges]``."""
        return self.masked(parameters.detach()).argmax(1).numpy()

    def end(self, epoch: int) -> None:
        """Note the parameters."""
        self.epochs.append(self.parameters.detach().clone())

    def described(self, epoch: int, parameters: Tensor, loss: float, accuracy: float) -> Learned:
        """Return what stands in a trajectory."""
        architecture = self.network.space.architecture_string(self.chosen(parameters).tolist())
        shares = self.algorithm.mean(self.masked(parameters))
        return Learned(epoch, self._rows(parameters), self._rows(shares), architecture, loss, accuracy)

    def _rows(self, values: Tensor) -> Rows:
        every = zip(values.tolist(), self.enabled.tolist(), strict=True)
        return tuple(tuple(v if on else None for v, on in zip(*row, strict=True)) for row in every)

    def state_dict(self) -> dict[str, Any]:
        """Return parameters, the state of Adam, and the parameters of all epochs."""
        return {
            "parameters": self.parameters.detach(),
            "moments": self.moments,
            "steps": self.steps,
            "epochs": self.epochs,
        }

    def load_state_dict(self, kept: dict[str, Any]) -> None:
        """Take over what was kept."""
        self.parameters = kept["parameters"].clone().requires_grad_()
        self.moments, self.steps = [*kept["moments"]], kept["steps"]
        self.epochs = [*kept["epochs"]]


def unrolled_loss(
    descent: Descent, network: Supernet, context: ForwardContext, train: Batch, valid: Batch, epoch: int
) -> Tensor:
    """Return the loss on ``valid`` at the weights after one step on ``train``, to be differentiated through that step.

    The step is that of ``descent`` in ``epoch``, but with plain momentum and without clipping, as in DARTS's code. The
    Hessian-vector product of equation 7 (Liu et al. 2019) is exact: the paper's finite difference (equation 8) saves
    memory, not accuracy.
    """
    weights: dict[str, Tensor] = {name: weight for name, weight in network.named.items() if weight.requires_grad}
    logits = torch.func.functional_call(network, weights, (train[0], context))
    loss = F.cross_entropy(logits, train[1])
    gradients = torch.autograd.grad(loss, [*weights.values()], create_graph=True, allow_unused=True)
    recipe, rate, moved = descent.recipe, descent.rate(epoch), {}
    for (name, weight), gradient in zip(weights.items(), gradients, strict=True):
        change = recipe.weight_decay * weight.detach()
        if gradient is not None:
            change = change + gradient
        if name in descent.momenta:
            change = change + recipe.momentum * descent.momenta[name]
        moved[name] = weight.detach() - rate * change
    return F.cross_entropy(torch.func.functional_call(network, moved, (valid[0], context)), valid[1])
