"""SynFlow: the flow of ones through the absolute weights; it sees no data."""

import math
from typing import Annotated

import torch
from torch import Tensor

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch, added, gradients
from fsnas.networks.forward import ForwardHook
from fsnas.networks.supernet import GatedSupernet


class _Slope(ForwardHook):
    """Follows the slope along the weights: of two images the first is the input, the second its slope, zeros.

    A layer ``y = W x`` has the slope ``W x' + W' x``, and along the weights ``W' = W``: it adds its output.
    """

    def layer(self, output: Tensor, names: list[str]) -> None:
        output[1] += output[0]


@torch.no_grad()
def _slope(model: GatedSupernet, ones: Tensor) -> float:
    """Return the sum of ``W * dR/dW``, the slope of ``R`` along the weights, in one pass without gradients."""
    layers = model.layers()
    weights = {  # the head's bias has no part in the slope, and BatchNorm's weights are not used
        name: p.double().abs() if name in layers else torch.zeros_like(p, dtype=torch.float64)
        for name, p in model.named.items()
    }
    images = torch.cat([ones, torch.zeros_like(ones)])
    return model.with_weights(weights, images, batch_norm="none", hook=_Slope())[1].sum().item()


def _sum_of_products(model: GatedSupernet, ones: Tensor) -> float:
    """Return the sum of ``|W * dR/dW|`` of any network."""
    absolute = {name: p.detach().double().abs().requires_grad_() for name, p in model.named.items()}
    weights = {name: absolute[name] for name in model.layers()}
    grads = gradients(model.with_weights(absolute, ones, batch_norm="none").sum(), weights)
    return added([(weights[name] * grad).abs().sum() for name, grad in grads.items()])


@metric(
    direction="higher",
    paper="Tanaka et al. 2020 (SynFlow), equation 1, summed over a network by Abdelfattah et al. 2021 (zero-cost-nas)",
    equation="S = log sum over weights of |W * dR/dW|, R the summed output for ones under |W| (the log is ours)",
)
def synflow(
    model: GatedSupernet,
    batch: ScoringBatch,
    *,
    raw: Annotated[bool, "the sum itself, not its logarithm"] = False,
) -> float:
    """Return the log of the sum of ``|W * dR/dW|`` over all convolutions and the classifier, in float64.

    There is no BatchNorm. The log is ours: the sum spans many orders of magnitude, and in float32 it can
    overflow. Without any flow the value is -inf. ``raw`` is the sum itself, as in the papers.
    """
    ones = torch.ones_like(batch.images[:1], dtype=torch.float64)
    total = (_slope if model.stays_positive else _sum_of_products)(model, ones)
    if raw:
        return total
    return math.log(total) if total else -math.inf
