"""Jacobian covariance: how differently the network turns around each image of a batch."""

import math

import torch

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.supernet import GatedSupernet


@metric(
    direction="higher",
    paper="Mellor et al. 2020 (NASWOT, version 1); Abdelfattah et al. 2021 (zero-cost-nas)",
    equation="S = -sum(log(v + 1e-5) + 1 / (v + 1e-5)), v the eigenvalues of corrcoef(J)",
)
def jacobcov(model: GatedSupernet, batch: ScoringBatch) -> float:
    """Return the score of the correlations between the images' rows of ``J``; their eigenvalues are float64.

    ``J [b, c * h * w]`` is d(sum of all logits)/d(images), one backward pass with batch-statistics BatchNorm, so a
    row is not the Jacobian of its image alone. A row without variation gives NaN.
    """
    images = batch.images.detach().clone().requires_grad_()
    (jacobian,) = torch.autograd.grad(model(images).sum(), images, materialize_grads=True)
    correlation = torch.corrcoef(jacobian.flatten(1).double())
    if not correlation.isfinite().all():
        return math.nan
    values = torch.linalg.eigvalsh(correlation) + 1e-5
    return -(values.log() + 1 / values).sum().item()
