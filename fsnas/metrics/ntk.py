"""NTK: the condition number of the network's tangent kernel on a batch."""

import math
from typing import Annotated

import torch
from torch import Tensor

from fsnas.errors import FsnasError
from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.supernet import GatedSupernet

# Rows share a backward pass while their activations have fewer elements than this. Measured on one CPU core: 1.5
# times as fast as row by row for 8x8 images, slower from 16x16 on, where activations leave the cache. On a card 16
# rows in one pass took as long as 16 passes, and more memory.
ELEMENTS = {"cpu": 2**15}


def _tangents(sums: Tensor, weights: list[Tensor], together: int) -> Tensor:
    """Return d ``sums`` / d ``weights``, one row per sum, ``together`` rows in one backward pass."""
    rows = []
    for chosen in torch.eye(len(sums), dtype=sums.dtype, device=sums.device).split(together):
        many = len(chosen) > 1
        how = {"retain_graph": True, "is_grads_batched": many, "allow_unused": True}
        grads = torch.autograd.grad(sums, weights, chosen if many else chosen[0], **how)
        parts = [
            chosen.new_zeros(len(chosen), weight.numel()) if grad is None else grad.reshape(len(chosen), -1)
            for weight, grad in zip(weights, grads, strict=True)
        ]
        rows.append(torch.cat(parts, dim=1))
    return torch.cat(rows)


@metric(
    direction="lower",
    paper="Chen et al. 2021 (TE-NAS), equation 3; the log is ours (TE-NAS takes a rank of the number)",
    equation="S = log(largest / smallest eigenvalue of G G^T), G[i] = d(sum of logits of image i)/dW",
)
def ntk(
    model: GatedSupernet,
    batch: ScoringBatch,
    *,
    samples: Annotated[int, {"ge": 0, "le": 65_536}, "images of a scoring batch, or fewer: its size; 0 for all"] = 0,
    raw: Annotated[bool, "the condition number itself, not its logarithm"] = False,
) -> float:
    """Return the log of the condition number of the tangent kernel of the first ``samples`` images (0: all).

    ``W`` are all convolutions and the classifier (no biases). All of it runs in float64. BatchNorm uses the
    statistics of the images that take part, so a row of ``G`` depends on all of them. A smallest eigenvalue that
    is not positive gives inf. ``raw`` is the condition number itself.
    """
    if not 0 <= samples <= len(batch.images):
        raise FsnasError(
            f"ntk's option samples: found {samples}, expected 1 to {len(batch.images)}, the images of a scoring batch, "
            "or 0 for all"
        )
    images = (batch.images[:samples] if samples else batch.images).double()
    doubled = {name: p.detach().double().requires_grad_() for name, p in model.named.items()}
    sums = model.with_weights(doubled, images).sum(dim=1)
    layers = model.layers()
    elements = images[:, 0].numel() * len(next(iter(layers.values())))  # the stem is the first layer
    together = max(1, ELEMENTS.get(images.device.type, 0) // elements)
    tangents = _tangents(sums, [doubled[name] for name in layers], together)
    kernel = tangents @ tangents.T
    if not kernel.isfinite().all():
        return math.nan
    values = torch.linalg.eigvalsh(kernel)
    low, high = values[[0, -1]].tolist()
    if low <= 0:
        return math.inf
    return high / low if raw else math.log(high / low)
