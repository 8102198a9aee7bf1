"""Layers of a supernet."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from fsnas.networks.forward import ForwardContext
from fsnas.networks.kernels import batch_norm


def convolution_weight(out: int, inp: int, kernel: int, generator: torch.Generator) -> nn.Parameter:
    """Return the weights of a convolution ``[out, inp, kernel, kernel]``, drawn as PyTorch draws them."""
    weight = torch.empty(out, inp, kernel, kernel)
    nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)
    return nn.Parameter(weight)


class BatchStatNorm(nn.Module):
    """BatchNorm with batch statistics and learned scale and shift, as NAS-Bench-201 has outside the cells."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Normalise ``x [b, c, h, w]``; the identity where ``context`` has BatchNorm off."""
        return batch_norm(x, self.weight, self.bias) if context.batch_norm else x


class Conv(nn.Module):
    """A convolution without bias whose output the hook sees."""

    def __init__(self, inp: int, out: int, kernel: int, stride: int, name: str, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = convolution_weight(out, inp, kernel, generator)
        self.stride, self.padding, self.name = stride, kernel // 2, name

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Convolve ``x [b, inp, h, w]``."""
        y = F.conv2d(x, self.weight, stride=self.stride, padding=self.padding)
        context.hook.layer(y, [f"{self.name}.weight"])
        return y


class Linear(nn.Linear):
    """A linear layer that draws no weights, and so leaves the global generator alone.

    `torch.nn.utils.skip_init` does the same and imports 1.5 s of symbolic algebra for it.
    """

    def reset_parameters(self) -> None:
        """Leave the weights for the caller to draw."""
