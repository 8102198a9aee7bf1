"""GM: how well the gradients of two operations of an edge agree on the weights that they share."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch, gradients, loss_of
from fsnas.networks.forward import Layer
from fsnas.networks.supernet import GatedSupernet


@metric(
    direction="none",
    kind="affinity",
    paper="Hu et al. 2022 (GM-NAS)",
    equation="A[i, j] = cos(dL(m(k, o_i))/dW, dL(m(k, o_j))/dW)",
)
def gm(models: Sequence[GatedSupernet], edge: int, batch: ScoringBatch) -> Tensor:
    """Return the cosines ``[n, n]`` (float64) between the loss gradients of the ``n`` perturbed supernets.

    The gradients run over the convolutions of all cells and reduction blocks, without stem, classifier and
    ``edge``. A gradient that is zero, or over no weight at all, gives NaN.
    """

    def compared(layer: Layer) -> bool:
        return layer.part in ("operation", "reduction") and layer.edge != edge

    shared: dict[str, Tensor] = {}  # what any of them executes; where another does not, its gradient is zero
    for model in models:
        shared |= model.layers(compared)
    if not shared:
        return torch.full((len(models), len(models)), math.nan, dtype=torch.float64)
    vectors = []
    for model in models:
        grads = gradients(loss_of(model, batch), shared)
        vectors.append(torch.cat([grad.flatten() for grad in grads.values()]).double())
    stacked = torch.stack(vectors)
    unit = stacked / stacked.norm(dim=1, keepdim=True)
    return (unit @ unit.T).cpu()
