"""SNIP: how much the loss depends on each weight."""

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch, added, gradients, loss_of
from fsnas.networks.supernet import GatedSupernet


@metric(
    direction="higher",
    paper="Lee et al. 2019 (SNIP), summed over a network by Abdelfattah et al. 2021 (zero-cost-nas)",
    equation="S = sum over weights of |W * dL/dW|",
)
def snip(model: GatedSupernet, batch: ScoringBatch) -> float:
    """Return the sum of ``|W * dL/dW|`` over all convolutions and the classifier (no biases, float32)."""
    weights = model.layers()
    grads = gradients(loss_of(model, batch), weights)
    return added([(weights[name] * grad).abs().sum() for name, grad in grads.items()])
