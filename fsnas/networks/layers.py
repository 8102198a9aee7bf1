"""Layers of a supernet."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from fsnas.networks.forward import ForwardContext, Layer
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

    def __init__(
        self, inp: int, out: int, kernel: int, stride: int, name: str, part: str, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.weight = convolution_weight(out, inp, kernel, generator)
        self.stride, self.padding = stride, kernel // 2
        self.layers = (Layer(f"{name}.weight", part),)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Convolve ``x [b, inp, h, w]``."""
        y = F.conv2d(x, self.weight, stride=self.stride, padding=self.padding)
        context.hook.layer(y, [self.layers[0].name])
        return y


class Linear(nn.Linear):
    """A linear layer that draws no weights, and so leaves the global generator alone.

    `torch.nn.utils.skip_init` does the same and imports 1.5 s of symbolic algebra for it.
    """

    def __init__(self, inp: int, out: int, name: str) -> None:
        super().__init__(inp, out)
        self.layers = (Layer(f"{name}.weight", "head"),)

    def reset_parameters(self) -> None:
        """Leave the weights for the caller to draw."""


class Reduction(nn.Module):
    """The ResNet basic block with stride 2 that NAS-Bench-201 puts between its stages.

    Odd sides are rounded up in both branches; there the last average is over the pixels that exist. NAS-Bench-201's own
    block rounds one branch up and the other one down, and so takes even sides only.
    """

    def __init__(self, inp: int, out: int, name: str, generator: torch.Generator) -> None:
        super().__init__()
        self.conv_a = Conv(inp, out, 3, 2, f"{name}.conv_a", "reduction", generator)
        self.bn_a = BatchStatNorm(out)
        self.conv_b = Conv(out, out, 3, 1, f"{name}.conv_b", "reduction", generator)
        self.bn_b = BatchStatNorm(out)
        self.downsample = Conv(inp, out, 1, 1, f"{name}.downsample", "reduction", generator)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Halve the resolution of ``x [b, inp, h, w]``."""
        context.hook.relu(x, 1)
        y = self.bn_a(self.conv_a(F.relu(x), context), context)
        context.hook.relu(y, 1)
        y = self.bn_b(self.conv_b(F.relu(y), context), context)
        return y + self.downsample(F.avg_pool2d(x, 2, stride=2, ceil_mode=True), context)
