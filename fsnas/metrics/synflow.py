"""SynFlow: the flow of ones through the absolute weights; it sees no data."""

import math

import torch

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch, added, gradients
from fsnas.networks.supernet import GatedSupernet


@metric(
    direction="higher",
    paper="Tanaka et al. 2020 (SynFlow), equation 1, summed over a network by Abdelfattah et al. 2021 (zero-cost-nas)",
    equation="S = log sum over weights of |W * dR/dW|, R the summed output for ones under |W| (the log is ours)",
)
def synflow(model: GatedSupernet, batch: ScoringBatch) -> float:
    """Return the log of the sum of ``|W * dR/dW|`` over all convolutions and the classifier, in float64.

    BatchNorm is the identity. The log is ours: the sum spans many orders of magnitude, and in float32 it can
    overflow. Without any flow the value is -inf.
    """
    absolute = {name: p.detach().double().abs().requires_grad_() for name, p in model.named.items()}
    weights = {name: absolute[name] for name in model.layers()}
    ones = torch.ones_like(batch.images[:1], dtype=torch.float64)
    grads = gradients(model.with_weights(absolute, ones, batch_norm="none").sum(), weights)
    total = added([(weights[name] * grad).abs().sum() for name, grad in grads.items()])
    return math.log(total) if total else -math.inf
