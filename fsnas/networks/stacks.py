"""Logits of many architectures of a cell with the weights of one supernet, fast enough for all 15,625.

Two things make it fast. The first cell reads the same input in all networks, so what they share there is computed once.
The rest runs on stacks of networks ``[networks, b, c, h, w]`` with kernels that are fast for few channels on a CPU,
where `F.avg_pool2d` costs as much as 100 additions and `F.batch_norm` as much as 20.
"""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.networks.cell import Cell
from fsnas.networks.kernels import BN_EPS
from fsnas.networks.layers import BatchStatNorm, Reduction

NOTHING = -1  # in place of an operation that cannot matter
# Of the first stage: measured on a core with 1 MiB of L2 cache, for networks of 128 KiB to 4 MiB there, stacks of this
# size took 1/5 to 1/2 of the time of a loop over `Supernet`, and larger ones more again.
STACK_BYTES = 2**22
OF_A_CARD = 128  # its memory, over a stack's: 64 networks of C 16 on 256 images of 32x32 on an H200, half a loop's time
KEPT = 24  # with 20 all 9,445 networks compute 524 of 25,428 parts, with any number 444; a sample profits from more


def logits_of_each(network: Any, x: Tensor, architectures: np.ndarray, together: int | None) -> Iterator[Tensor]:
    """Yield the logits ``[n, b, classes]`` of the next ``n`` of ``architectures`` on the images ``x [b, c, h, w]``.

    Parameters
    ----------
    network
        A `fsnas.networks.cells.CellSupernet`.
    architectures
        int64 ``[.., edges]``: operation indices, `NOTHING` where there is none.
    together
        Networks in a stack; by default as many as are `_stack_bytes` in the first stage.
    """
    stem = _normalise(_convolve(x.contiguous()[None], network.stem.weight), network.stem_bn)
    size = together or max(1, _stack_bytes(x.device) // (stem.numel() * stem.element_size()))
    outputs = _first_cell(network.stages[0][0], stem, architectures)
    for start in range(0, len(architectures), size):
        chosen = architectures[start : start + size]
        yield _logits(network, torch.cat([next(outputs) for _ in chosen]), chosen)


def _stack_bytes(device: torch.device) -> int:
    """Return how large a stack is: what fits into a cache, on a card a part of its memory, since launches cost more."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory // OF_A_CARD
    return STACK_BYTES


def _first_cell(cell: Cell, x: Tensor, networks: np.ndarray) -> Iterator[Tensor]:
    """Yield the output of ``cell`` for every network on the same input ``x [1, b, c, h, w]``.

    What an edge adds depends on its operation and on those upstream of its source, which come before it. Networks in
    lexicographic order ask for the same few again and again: `KEPT` of them are kept.
    """
    sources, targets = cell.space.sources, cell.space.targets
    upstream_of = [sum(target <= node for target in targets) for node in range(cell.space.nodes)]  # the first edges

    @functools.lru_cache(maxsize=KEPT)
    def added(edge: int, operation: int, upstream: tuple[int, ...]) -> Tensor:
        return _operate(cell, edge, operation, node(sources[edge], upstream))

    def node(target: int, chosen: tuple[int, ...]) -> Tensor:
        if target == 0:
            return x
        edges = [e for e, of in enumerate(targets) if of == target and chosen[e] != NOTHING]
        parts = [added(e, chosen[e], chosen[: upstream_of[sources[e]]]) for e in edges]
        return sum(parts[1:], parts[0]) if parts else torch.zeros_like(x)

    try:
        for chosen in networks.tolist():
            yield node(cell.space.nodes - 1, tuple(chosen))
    finally:  # the two functions hold each other, so that their tensors would wait for the garbage collector
        added.cache_clear()


def _logits(network: Any, x: Tensor, networks: np.ndarray) -> Tensor:
    """Return the logits ``[networks, b, classes]`` for the outputs ``x [networks, b, c, h, w]`` of the first cell."""
    for stage, cells in enumerate(network.stages):
        if stage:
            x = _reduce(network.reductions[stage - 1], x)
        for cell in cells[1:] if stage == 0 else cells:
            x = _cell(cell, x, networks)
    x = F.relu(_normalise(x, network.last_bn)).mean(dim=(3, 4))
    return F.linear(x, network.classifier.weight, network.classifier.bias)


def _cell(cell: Cell, x: Tensor, networks: np.ndarray) -> Tensor:
    """Return the last node of ``cell`` for every network: both ``[networks, b, c, h, w]``."""
    space = cell.space
    nodes = [x, *(torch.zeros_like(x) for _ in range(space.nodes - 1))]
    # Edges come in the order of their targets.
    for e, (source, target) in enumerate(zip(space.sources, space.targets, strict=True)):
        for operation in sorted(set(networks[:, e].tolist()) - {NOTHING}):
            users = np.flatnonzero(networks[:, e] == operation)
            if len(users) == len(networks):
                nodes[target] += _operate(cell, e, operation, nodes[source])
            else:
                rows = torch.from_numpy(users).to(x.device)
                part = _operate(cell, e, operation, nodes[source].index_select(0, rows))
                nodes[target].index_add_(0, rows, part)
    return nodes[-1]


def _operate(cell: Cell, edge: int, operation: int, x: Tensor) -> Tensor:
    """Return what one ``operation`` on ``edge`` makes of ``x [networks, b, c, h, w]``."""
    if operation in cell.kernels:
        return _normalise(_convolve(F.relu(x), cell.weights[cell.keys[edge, operation]]))
    if operation in cell.times:
        block: Any = cell.separable[cell.keys[edge, operation]]
        for depthwise, pointwise in block.pairs():
            y = _convolve(F.relu(x), depthwise.weight, padding=depthwise.padding, dilation=depthwise.dilation)
            x = _normalise(_convolve(y, pointwise.weight))
        return x
    return POOLS[cell.pools[operation]](x)


def _reduce(block: Reduction, x: Tensor) -> Tensor:
    """Halve the resolution of ``x [networks, b, c, h, w]``, as `fsnas.networks.supernet.Reduction`."""
    y = _normalise(_convolve(F.relu(x), block.conv_a.weight, stride=2), block.bn_a)
    y = _normalise(_convolve(F.relu(y), block.conv_b.weight), block.bn_b)
    quarter = block.downsample.weight.expand(-1, -1, 2, 2) / 4  # the mean of 2x2 pixels and the 1x1 convolution in one
    return y.add_(_convolve(_even(x), quarter, stride=2, padding=0))


def _even(x: Tensor) -> Tensor:
    """Return ``x [networks, b, c, h, w]`` with the last row and column repeated where there are odd ones.

    The mean over a pixel and its copy is that over the pixels that exist.
    """
    odd = x.shape[4] % 2, x.shape[3] % 2
    if not any(odd):
        return x
    return F.pad(x.flatten(0, 1), (0, odd[0], 0, odd[1]), mode="replicate").unflatten(0, x.shape[:2])


def _convolve(x: Tensor, weight: Tensor, stride: int = 1, padding: int | None = None, dilation: int = 1) -> Tensor:
    images, kernel = x.flatten(0, 1), weight.shape[-1]
    if kernel == 1:  # F.conv2d takes up to 50 times as long for 4 channels on a CPU
        y = torch.bmm(weight.flatten(1).expand(len(images), -1, -1), images.flatten(2)).unflatten(2, x.shape[3:])
    else:
        padding = kernel // 2 if padding is None else padding
        y = F.conv2d(images, weight, None, stride, padding, dilation, images.shape[1] // weight.shape[1])
    return y.unflatten(0, x.shape[:2])


def _normalise(x: Tensor, affine: BatchStatNorm | None = None) -> Tensor:
    """BatchNorm of ``x [networks, b, c, h, w]``, which is overwritten, by the statistics of each network and channel.

    The variance in a second pass: the difference of two large sums would be off by 1e-5.
    """
    channels, pixels = x.shape[2], x.shape[3] * x.shape[4]
    rows = x.flatten(2)  # one long row per image, where adding and multiplying are fast

    def spread(per_channel: Tensor) -> Tensor:
        return per_channel[..., None].expand(*per_channel.shape, pixels).flatten(-2)

    def mean(of: Tensor) -> Tensor:
        return of.mean(dim=1, keepdim=True).unflatten(2, (channels, pixels)).mean(dim=3)

    rows -= spread(mean(rows))
    scale = torch.rsqrt(mean(rows * rows) + BN_EPS)
    if affine is None:
        rows *= spread(scale)
    else:
        rows *= spread(scale * affine.weight)
        rows += spread(affine.bias)
    return rows.view_as(x)


def _average(x: Tensor) -> Tensor:
    """Average pooling 3x3 of ``x [networks, b, c, h, w]``, stride 1, over the pixels inside the image."""
    return _sums_3x3(x).div_(_sums_3x3(torch.ones_like(x[:1, :1, :1])))


def _sums_3x3(x: Tensor) -> Tensor:
    for dim in (-1, -2):
        total, n = x.clone(), x.shape[dim] - 1
        total.narrow(dim, 1, n).add_(x.narrow(dim, 0, n))
        total.narrow(dim, 0, n).add_(x.narrow(dim, 1, n))
        x = total
    return x


def _maximum(x: Tensor) -> Tensor:
    return F.max_pool2d(x.flatten(0, 1), 3, 1, 1).unflatten(0, x.shape[:2])


POOLS = {"skip_connect": lambda x: x, "avg_pool_3x3": _average, "max_pool_3x3": _maximum}
