"""Gradient norm: how strongly the loss pulls at each layer."""

from fsnas.evaluation import Repetition, gradients, loss_of
from fsnas.metrics import metric
from fsnas.supernet import GatedSupernet


@metric(
    direction="higher",
    paper="Abdelfattah et al. 2021 (zero-cost-nas), section 3.1",
    equation="S = sum over layers of ||dL/dW||_2",
)
def gradnorm(model: GatedSupernet, batch: Repetition) -> float:
    """Return the sum over all convolutions and the classifier of the 2-norm of ``dL/dW`` (no biases, float32)."""
    grads = gradients(loss_of(model, batch), model.layers())
    return sum(grad.norm().item() for grad in grads.values())
