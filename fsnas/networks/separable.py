"""Separable convolutions of cells: AutoDL's `dua_sepc` and `dil_sepc`."""

from typing import Any

import torch
from torch import Tensor, nn

from fsnas.networks.forward import ForwardContext, Layer
from fsnas.networks.kernels import per_channel
from fsnas.networks.layers import Conv, relu
from fsnas.spaces.cell import SEPARABLE


class Separable(nn.Module):
    """A depthwise and a pointwise convolution and BatchNorm, once or twice, with a ReLU before each.

    Parameters
    ----------
    channels
        Of the input and of the output.
    operation
        Its name.
    place
        Edge and index of the operation.
    name
        Prefix of the names of its weights.
    generator
        Draws the weights (PyTorch's default for convolutions).
    """

    def __init__(
        self, channels: int, operation: str, place: tuple[int, int], name: str, generator: torch.Generator
    ) -> None:
        super().__init__()
        kernel, dilation, times = SEPARABLE[operation]
        self.place, self.depthwise, self.pointwise = place, nn.ModuleList(), nn.ModuleList()
        for i in range(times):
            one, other = (Layer(f"{name}.{of}.{i}.weight", "operation", *place) for of in ("depthwise", "pointwise"))
            of_channels = {"groups": channels, "dilation": dilation}
            self.depthwise.append(Conv(one, channels, channels, kernel, generator, **of_channels))
            self.pointwise.append(Conv(other, channels, channels, 1, generator))

    def pairs(self) -> list[tuple[Any, Any]]:
        """Return the depthwise and the pointwise convolutions, one after the other."""
        return list(zip(self.depthwise, self.pointwise, strict=True))

    def forward(self, rectified: Tensor, context: ForwardContext) -> Tensor:
        """Return its gate times the output ``[b, c, h, w]`` for the ReLU of the input, which many operations share."""
        x, last = rectified, len(self.depthwise) - 1
        for i, (depthwise, pointwise) in enumerate(self.pairs()):
            y = pointwise(depthwise(relu(x, context) if i else x, context), context)
            ones = per_channel((1.0,), y.shape[1], y.dtype, y.device)
            edge, operation = self.place
            scales = context.scales((edge,), operation, y.shape[1], y) if i == last else ones
            x = context.normalise(y, *scales)
        return x
