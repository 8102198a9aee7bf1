"""BatchNorm and average pooling as the supernet needs them, as exact as PyTorch's and faster on a CPU."""

import functools
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

BN_EPS = 1e-5
ROWS = 2048  # pixels of a batch that PyTorch's channels_last BatchNorm adds up with an error below 1e-6
SUMMED = 32  # pixels that are added up in float32: of more of one value the rounding errors add up, too


def _is_large(x: Tensor) -> bool:
    """Return whether ``x [b, c, h, w]`` has so many pixels that channels_last pays, and PyTorch's sums are inexact.

    In float64 PyTorch's convolutions gain nothing from it, on a card they have their own order.
    """
    return x.is_cpu and x.dtype == torch.float32 and x.numel() > ROWS * x.shape[1]


def arranged(x: Tensor) -> Tensor:
    """Return ``x [b, c, h, w]`` in the order of memory that is fastest: channels_last where it pays, else NCHW."""
    return x.contiguous(memory_format=torch.channels_last if _is_large(x) else torch.contiguous_format)


@functools.lru_cache(maxsize=4096)
@torch.inference_mode(False)  # what is kept is of use to a training, too
def per_channel(
    values: tuple[float, ...], channels: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return ``values``, each for as many ``channels``, and zeros: ``[values * channels]``.

    Made once, and there: to copy them to a card, a few at a time, would make it wait 90 times a step.
    """
    repeated = torch.cat([torch.full((channels,), value, dtype=dtype, device=device) for value in values])
    return repeated, torch.zeros_like(repeated)


def batch_norm(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Normalise ``x [b, c, h, w]`` by the statistics of the batch, then ``scale`` and ``shift`` per channel ``[c]``."""
    if _is_large(x) and x.is_contiguous(memory_format=torch.channels_last):
        return _BatchNorm.apply(x, scale, shift)[0]
    return F.batch_norm(x, None, None, scale, shift, True, 0.0, BN_EPS)


@functools.cache
def _summed(pixels: int) -> int:
    """Return the largest number of pixels, at most `SUMMED`, that groups of ``pixels`` can have."""
    return next(count for count in range(SUMMED, 0, -1) if pixels % count == 0)


def _columns(x: Tensor) -> Tensor:
    """Return ``x [b, c, h, w]`` as ``[s, b * h * w / s * c, 1, 1]``: a view where ``x`` is in channels_last order.

    Every column holds ``s`` pixels of one channel, at most `SUMMED`.
    """
    b, c, h, w = x.shape
    return x.permute(0, 2, 3, 1).reshape(_summed(b * h * w), -1, 1, 1)


class _BatchNorm(torch.autograd.Function):
    """BatchNorm in channels_last with exact sums.

    PyTorch's adds up all pixels of a channel one after the other in float32: for 64 images of 32x32 it is off by 2e-5,
    which flips ReLUs and moves gradients by 1%, and by 2e-4 where many pixels have one value. Here the sums are those
    of columns of up to `SUMMED` pixels, put together in float64 (a variance is the mean of the columns' variances and
    the variance of their means).
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        found = torch.batch_norm_update_stats(_columns(x), None, None, 0.0)
        means, variances = (of.view(-1, len(scale)).double() for of in found)
        mean = means.mean(0)
        variance = variances.mean(0) + (means - mean).square().mean(0)
        y = F.batch_norm(x, mean.to(x.dtype), variance.to(x.dtype), scale, shift, False, 0.0, BN_EPS)
        return y, mean.to(x.dtype), torch.rsqrt(variance + BN_EPS).to(x.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:
        x, scale, _ = inputs
        _, mean, rstd = output
        ctx.mark_non_differentiable(mean, rstd)
        ctx.save_for_backward(x, scale, mean, rstd)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        x, scale, mean, rstd = ctx.saved_tensors
        backward = torch.ops.aten.native_batch_norm_backward
        if torch.is_grad_enabled():  # the gradient will be differentiated, as PyTorch's knows to be
            return backward(grad, x, scale, None, None, mean, rstd, True, BN_EPS, list(ctx.needs_input_grad))
        every = x.numel() // len(scale)
        columns = every // _summed(every)
        stats = mean.repeat(columns), rstd.repeat(columns)
        sums = backward(_columns(grad), _columns(x), None, None, None, *stats, True, BN_EPS, [False, True, True])
        grad_scale, grad_shift = (of.view(-1, len(scale)).double().sum(0) for of in sums[1:])
        slope = -scale * rstd * rstd * grad_scale / every
        level = -scale * rstd * grad_shift / every - slope * mean
        a, b, c = (of.to(x.dtype).view(-1, 1, 1) for of in (level, slope, scale * rstd))
        grad_x = torch.addcmul(a, b, x).addcmul_(c, grad)
        return grad_x, grad_scale.to(x.dtype), grad_shift.to(x.dtype)


@functools.cache
@torch.inference_mode(False)
def _mean_of_neighbours(size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return ``[size, size]``: row ``i`` averages the entries ``i - 1`` to ``i + 1`` that exist."""
    near = (torch.arange(size)[:, None] - torch.arange(size)).abs() <= 1
    return (near.double() / near.sum(dim=1, keepdim=True)).to(device, dtype)


def average_pool(x: Tensor) -> Tensor:
    """Return ``avg_pool_3x3`` of ``x [b, c, h, w]``: stride 1, averages over the pixels that exist.

    The mean over a window is the mean over rows of means over columns: two banded matrix products, on a CPU five to
    ten times as fast as `torch.nn.functional.avg_pool2d`, whose passes took a third of a step. A card has it as one
    kernel.
    """
    if not x.is_cpu:
        return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
    b, c, h, w = x.shape
    rows, columns = (_mean_of_neighbours(size, x.dtype, x.device) for size in (h, w))
    if x.is_contiguous():
        return rows @ (x @ columns.T)
    pooled = rows @ (columns @ x.permute(0, 2, 3, 1)).reshape(b, h, w * c)
    return pooled.view(b, h, w, c).permute(0, 3, 1, 2)
