"""What metrics share: the batch they see, the loss, its gradients, and a network that stays as it was."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.supernet import GatedSupernet


@dataclass(frozen=True, eq=False)
class Repetition:
    """What one of the ``R`` repetitions gives to every perturbed supernet of a node, the same for all.

    Attributes
    ----------
    images, labels
        float32 ``[b, c, h, w]``, normalised and not augmented, and int64 ``[b]``.
    seed
        Derived from the run's seed, the node and the repetition; for metrics that draw.
    draw_crops
        ``draw_crops(samples, seed)``: float32 ``[samples, 1, 3, 3]`` random one-channel crops of training images.
    """

    images: Tensor
    labels: Tensor
    seed: int
    draw_crops: Callable[[int, int], Tensor]

    @functools.lru_cache(maxsize=1)  # noqa: B019 (the repetition lives as long as its node is scored)
    def crops(self, samples: int) -> Tensor:
        """Return ``samples`` crops, the same at every call."""
        return self.draw_crops(samples, self.seed)


@contextmanager
def unchanged(models: GatedSupernet | Sequence[GatedSupernet]) -> Iterator[None]:
    """Run a block with gradients on; afterwards RNG state, grad flags and ``.grad`` are as before, also on error."""
    network = (models if isinstance(models, GatedSupernet) else models[0]).network
    before = [(p, p.requires_grad, p.grad) for p in network.named.values()]
    devices = [p.device for p in network.named.values() if p.is_cuda][:1]
    with torch.random.fork_rng(devices=devices), torch.enable_grad():
        try:
            for parameter, _, _ in before:
                parameter.requires_grad_(True)
                parameter.grad = None
            yield
        finally:
            for parameter, flag, grad in before:
                parameter.requires_grad_(flag)
                parameter.grad = grad


def loss_of(model: GatedSupernet, batch: Repetition) -> Tensor:
    """Return the mean cross-entropy of ``model`` on ``batch``, a scalar."""
    return F.cross_entropy(model(batch.images), batch.labels)


def gradients(
    output: Tensor, weights: dict[str, torch.nn.Parameter] | dict[str, Tensor], *, create_graph: bool = False
) -> dict[str, Tensor]:
    """Return d ``output`` / d weight for every weight, by name; an absent gradient is zero."""
    found = torch.autograd.grad(output, list(weights.values()), create_graph=create_graph, allow_unused=True)
    return {
        name: torch.zeros_like(weight) if grad is None else grad
        for (name, weight), grad in zip(weights.items(), found, strict=True)
    }
