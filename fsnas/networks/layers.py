"""Layers of a supernet, ready for any search space: they show themselves to the hook of a forward pass."""

import math

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from fsnas.networks.forward import ForwardContext, Layer


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
        """Normalise ``x [b, c, h, w]``; as it is where ``context`` has no BatchNorm."""
        return x if context.batch_norm == "none" else context.normalise(x, self.weight, self.bias)


def relu(x: Tensor, context: ForwardContext) -> Tensor:
    """Return the ReLU of ``x``, which the hook sees."""
    context.hook.relu(x, 1)
    return F.relu(x)


def normalise(x: Tensor, context: ForwardContext) -> Tensor:
    """Return ``x [b, c, h, w]`` after BatchNorm without scale and shift; as it is where ``context`` has none."""
    if context.batch_norm == "none":
        return x
    ones = x.new_ones(x.shape[1])
    return context.normalise(x, ones, torch.zeros_like(ones))


class Conv(nn.Module):
    """A convolution without bias whose output the hook sees.

    Parameters
    ----------
    layer
        Name of its weight in the supernet, and the part that it belongs to.
    inp, out, kernel, stride, groups, dilation
        As of `nn.Conv2d`; the padding keeps the size where the stride is 1.
    generator
        Draws the weights (PyTorch's default).
    """

    def __init__(
        self,
        layer: Layer,
        inp: int,
        out: int,
        kernel: int,
        generator: torch.Generator,
        stride: int = 1,
        groups: int = 1,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        self.weight = convolution_weight(out, inp // groups, kernel, generator)
        self.stride, self.padding = stride, kernel // 2 * dilation
        self.groups, self.dilation = groups, dilation
        self.layers = (layer,)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Convolve ``x [b, inp, h, w]``."""
        stride = self.stride
        if stride > 1 and not self.padding:  # oneDNN writes past its memory (#6035): channels_last, few channels, 1x1
            x, stride = x[:, :, ::stride, ::stride], 1
        y = F.conv2d(x, self.weight, None, stride, self.padding, self.dilation, self.groups)
        context.hook.layer(y, [self.layers[0].name])
        return y


class Linear(nn.Linear):
    """A linear layer whose output the hook sees; the arguments are those of `Conv`."""

    def __init__(self, layer: Layer, inp: int, out: int, generator: torch.Generator) -> None:
        super().__init__(inp, out)
        self.layers, bound = (layer,), 1 / math.sqrt(inp)
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def reset_parameters(self) -> None:
        """Draw nothing from the global generator.

        `torch.nn.utils.skip_init` does the same and imports 1.5 s of symbolic algebra for it.
        """

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:  # type: ignore[override]
        """Return ``[b, out]`` for ``x [b, inp]``."""
        y = super().forward(x)
        context.hook.layer(y, [self.layers[0].name])
        return y


class Reduction(nn.Module):
    """The ResNet basic block with stride 2 that NAS-Bench-201 puts between its stages.

    Odd sides are rounded up in both branches; there the last average is over the pixels that exist. NAS-Bench-201's own
    block rounds one branch up and the other one down, and so takes even sides only.
    """

    def __init__(self, inp: int, out: int, name: str, generator: torch.Generator) -> None:
        super().__init__()
        of = [Layer(f"{name}.{one}.weight", "reduction") for one in ("conv_a", "conv_b", "downsample")]
        self.conv_a = Conv(of[0], inp, out, 3, generator, stride=2)
        self.bn_a = BatchStatNorm(out)
        self.conv_b = Conv(of[1], out, out, 3, generator)
        self.bn_b = BatchStatNorm(out)
        self.downsample = Conv(of[2], inp, out, 1, generator)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Halve the resolution of ``x [b, inp, h, w]``."""
        y = self.bn_a(self.conv_a(relu(x, context), context), context)
        y = self.bn_b(self.conv_b(relu(y, context), context), context)
        return y + self.downsample(F.avg_pool2d(x, 2, stride=2, ceil_mode=True), context)
