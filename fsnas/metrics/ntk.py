"""NTK: the condition number of the network's tangent kernel on a batch."""

import math

import torch

from fsnas.evaluation import Repetition
from fsnas.metrics import metric
from fsnas.supernet import GatedSupernet

CHUNK = 8


@metric(
    direction="lower",
    paper="Chen et al. 2021 (TE-NAS), equation 3; the log is ours (TE-NAS takes a rank of the number)",
    equation="S = log(largest / smallest eigenvalue of G G^T), G[i] = d(sum of logits of image i)/dW",
)
def ntk(model: GatedSupernet, batch: Repetition, *, samples: int = 0) -> float:
    """Return the log of the condition number of the tangent kernel of the first ``samples`` images (0: all).

    ``W`` are all convolutions and the classifier (no biases). All of it runs in float64. BatchNorm uses the
    statistics of the images that take part, so a row of ``G`` depends on all of them. A smallest eigenvalue that
    is not positive gives inf.
    """
    images = (batch.images[:samples] if samples else batch.images).double()
    doubled = {name: p.detach().double().requires_grad_() for name, p in model.network.named_parameters()}
    weights = [doubled[name] for name in model.layers()]
    sums = model.with_weights(doubled, images).sum(dim=1)
    rows = [
        torch.cat([grad.flatten(1) for grad in part], dim=1)
        for chosen in torch.eye(len(sums), dtype=sums.dtype, device=sums.device).split(CHUNK)
        for part in [
            torch.autograd.grad(
                sums, weights, chosen, retain_graph=True, is_grads_batched=True, materialize_grads=True
            )
        ]
    ]
    tangents = torch.cat(rows)
    values = torch.linalg.eigvalsh(tangents @ tangents.T)
    low, high = values[0].item(), values[-1].item()
    return math.log(high / low) if low > 0 else math.inf
