"""Fisher: how much the loss would change if a channel were removed."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.forward import ForwardHook
from fsnas.networks.supernet import GatedSupernet


class _Outputs(ForwardHook):
    """Keeps the outputs of all layers."""

    def __init__(self) -> None:
        self.found: list[tuple[Tensor, list[str]]] = []

    def layer(self, output: Tensor, names: list[str]) -> None:
        self.found.append((output, names))


@metric(
    direction="higher",
    paper="Theis et al. 2018; Turner et al. 2020 (BlockSwap); summed by Abdelfattah et al. 2021 (zero-cost-nas)",
    equation="S = sum over weights of mean over images of (sum over positions of a * dL/da)^2 / 2",
)
def fisher(model: GatedSupernet, batch: ScoringBatch) -> float:
    """Return the sum over all convolutions and the classifier of each channel's value times its number of weights.

    ``a`` is the output of a layer, before BatchNorm; a channel's value is taken once for each of its weights.
    """
    hook, weights = _Outputs(), model.layers()
    loss = F.cross_entropy(model(batch.images, hook=hook), batch.labels)
    grads = torch.autograd.grad(loss, [output for output, _ in hook.found], materialize_grads=True)
    parts, sizes = [], []
    for (output, names), grad in zip(hook.found, grads, strict=True):
        channels = (output.detach() * grad).flatten(2).sum(2) if output.dim() > 2 else output.detach() * grad
        for name, part in zip(names, channels.pow(2).mean(0).chunk(len(names)), strict=True):
            parts.append(part.sum())
            sizes.append(weights[name][0].numel())
    return sum(0.5 * part * size for part, size in zip(torch.stack(parts).tolist(), sizes, strict=True))
