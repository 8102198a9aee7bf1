"""NASWOT: how well the ReLU codes of a network tell the images of a batch apart."""

import math

import torch
from torch import Tensor

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.forward import ForwardHook
from fsnas.networks.supernet import GatedSupernet


class _Kernel(ForwardHook):
    """Sums the Hamming kernels of all ReLUs; a count below 2**24 is exact in float32."""

    executes_all = True

    def __init__(self) -> None:
        self.total: Tensor | float = 0.0

    def relu(self, x: Tensor, count: int) -> None:
        code = (x > 0).flatten(1).float()
        self.total = self.total + count * (code @ code.T + (1 - code) @ (1 - code).T).double()


@metric(
    direction="higher",
    paper="Mellor et al. 2021 (NASWOT, version 2), equations 1 and 2",
    equation="S = log |det K_H|, K_H[i, j] the number of ReLU units on which images i and j agree",
)
def naswot(model: GatedSupernet, batch: ScoringBatch) -> float:
    """Return the log of the absolute determinant (float64) of the Hamming kernel of the batch's ReLU codes.

    A ReLU counts once for every executed operation that applies it. A singular kernel, or no ReLU, gives -inf.
    """
    kernel = _Kernel()
    with torch.no_grad():
        model(batch.images, hook=kernel)
    if not isinstance(kernel.total, Tensor):
        return -math.inf
    return torch.linalg.slogdet(kernel.total).logabsdet.item()
