"""GraSP: how much each weight helps the gradient to flow."""

from typing import Annotated

import torch
import torch.nn.functional as F  # noqa: N812

from fsnas.errors import FsnasError
from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch, added, gradients
from fsnas.networks.supernet import GatedSupernet


@metric(
    direction="higher",
    paper="Wang et al. 2020 (GraSP), equation 8, summed over a network by Abdelfattah et al. 2021 (zero-cost-nas)",
    equation="S = sum over weights of -W * (H g)",
)
def grasp(
    model: GatedSupernet,
    batch: ScoringBatch,
    *,
    temperature: Annotated[float, {"gt": 0, "le": 1_000_000}, "of the softmax"] = 1.0,
) -> float:
    """Return the sum of ``-W * (H g)`` over all convolutions and the classifier (no biases, float32).

    ``g`` and ``H`` are gradient and Hessian, over these weights, of the cross-entropy of logits / ``temperature``.
    """
    if not temperature > 0:
        raise FsnasError(f"grasp's option temperature: found {temperature}, expected a number above 0")
    weights = model.layers()
    logits = model(batch.images, channels_last=False)
    loss = F.cross_entropy(logits / temperature, batch.labels)
    grads = gradients(loss, weights, create_graph=True)
    along_g = torch.stack([(grad.detach() * grad).sum() for grad in grads.values()]).sum()
    products = gradients(along_g, weights)
    return added([-(weights[name] * product).sum() for name, product in products.items()])
