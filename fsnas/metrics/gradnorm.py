"""Gradient norm: how strongly the loss pulls at each layer."""

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch, added, gradients, loss_of
from fsnas.networks.supernet import GatedSupernet


@metric(
    direction="higher",
    paper="Abdelfattah et al. 2021 (zero-cost-nas), section 3.1",
    equation="S = sum over layers of ||dL/dW||_2",
)
def gradnorm(model: GatedSupernet, batch: ScoringBatch) -> float:
    """Return the sum over all convolutions and the classifier of the 2-norm of ``dL/dW`` (no biases, float32)."""
    grads = gradients(loss_of(model, batch), model.layers())
    return added([grad.norm() for grad in grads.values()])
