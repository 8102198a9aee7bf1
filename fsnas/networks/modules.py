"""A perturbed supernet as plain PyTorch modules, one for each operation: for proxies that walk through a network."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fsnas.networks.cell import Cell
from fsnas.networks.kernels import BN_EPS
from fsnas.networks.layers import BatchStatNorm, Conv, Reduction
from fsnas.networks.scored_module import ScoredModule
from fsnas.networks.supernet import GatedSupernet


def as_module(model: GatedSupernet | ScoredModule) -> nn.Module:
    """Return ``model`` as a network of `nn.Conv2d`, `nn.BatchNorm2d`, `nn.ReLU`, `nn.AvgPool2d` and `nn.Linear`.

    One that was given as plain modules is returned as these.

    Called with images ``[b, c, h, w]`` it returns the logits ``[b, classes]`` of ``model``, up to rounding; hooks,
    ``named_modules()``, ``parameters()`` and ``.grad`` are PyTorch's. It holds only the operations that matter
    (`active_gates`). Their weights are those of ``model``, not copies. BatchNorm has the statistics of the batch; where
    that of ``model`` is the identity, it is that of a fresh network in evaluation mode. It is slower than ``model``,
    which runs many operations as one.

    Raises
    ------
    FsnasError
        If the search space offers none.
    """
    if isinstance(model, ScoredModule):
        return model.module
    with torch.random.fork_rng(devices=[]):  # modules draw weights, which are replaced
        module = model.network.as_module(model.active)
    if model.batch_norm == "identity":
        weight = next(module.parameters())
        for norm in (each for each in module.modules() if isinstance(each, nn.BatchNorm2d)):
            norm.track_running_stats = True
            norm.running_mean, norm.running_var = (
                weight.new_zeros(norm.num_features),
                weight.new_ones(norm.num_features),
            )
            norm.eval()
    return module


class PlainNetwork(nn.Module):
    """The plain modules of a `fsnas.networks.cells.CellSupernet`."""

    def __init__(self, network: Any, gates: np.ndarray) -> None:
        super().__init__()
        layers: list[nn.Module] = [_convolution(network.stem.weight), batch_norm(network.stem_bn)]
        for stage, cells in enumerate(network.stages):
            if stage:
                layers.append(_Reduction(network.reductions[stage - 1]))
            layers += [_Cell(cell, gates) for cell in cells]
        layers += [batch_norm(network.last_bn), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(network.classifier.in_features, network.classifier.out_features)
        self.classifier.weight, self.classifier.bias = network.classifier.weight, network.classifier.bias

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits ``[b, classes]`` of the images ``x [b, c, h, w]``."""
        return self.classifier(self.features(x))


class _Cell(nn.Module):
    """Every operation with a gate is a module ``EDGE:OPERATION``, whose output is multiplied by its gate."""

    def __init__(self, cell: Cell, gates: np.ndarray) -> None:
        super().__init__()
        self.operations, space = nn.ModuleDict(), cell.space
        self.nodes, self.places = space.nodes, list[tuple[str, int, int, float]]()
        for e, o in np.argwhere(gates):
            name = f"{space.edges[e]}:{space.operations[o]}"
            self.operations[name] = _operation(space.operations[o], cell.weights.get(name), cell.separable, name)
            self.places.append((name, space.sources[e], space.targets[e], float(gates[e, o])))

    def forward(self, x: Tensor) -> Tensor:
        nodes = [x, *[x * 0.0] * (self.nodes - 1)]  # as NAS-Bench-201's Zero: a weight always has a gradient
        for name, source, target, gate in self.places:  # in the order of their targets
            nodes[target] = nodes[target] + gate * self.operations[name](nodes[source])
        return nodes[-1]


def _operation(name: str, weight: nn.Parameter | None, separable: nn.ModuleDict, key: str) -> nn.Module:
    if weight is not None:
        return nn.Sequential(nn.ReLU(), _convolution(weight), _plain_norm(weight))
    if key in separable:
        block: Any = separable[key]
        parts: list[nn.Module] = []
        for depthwise, pointwise in block.pairs():
            parts += [nn.ReLU(), plain(depthwise), plain(pointwise), _plain_norm(pointwise.weight)]
        return nn.Sequential(*parts)
    if name == "max_pool_3x3":
        return nn.MaxPool2d(3, stride=1, padding=1)
    return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False) if name == "avg_pool_3x3" else nn.Identity()


def _plain_norm(weight: nn.Parameter) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(len(weight), BN_EPS, affine=False, track_running_stats=False)


class _Reduction(nn.Module):
    """The ResNet basic block with stride 2 between two stages."""

    def __init__(self, block: Reduction) -> None:
        super().__init__()
        first = [nn.ReLU(), _convolution(block.conv_a.weight, 2), batch_norm(block.bn_a)]
        self.residual = nn.Sequential(*first, nn.ReLU(), _convolution(block.conv_b.weight), batch_norm(block.bn_b))
        self.downsample = nn.Sequential(
            nn.AvgPool2d(2, stride=2, ceil_mode=True), _convolution(block.downsample.weight)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.residual(x) + self.downsample(x)


def plain(of: Conv) -> nn.Conv2d:
    """Return a convolution of a supernet as PyTorch's, with its weight."""
    return _convolution(of.weight, of.stride, of.dilation, of.groups)


def _convolution(weight: nn.Parameter, stride: int = 1, dilation: int = 1, groups: int = 1) -> nn.Conv2d:
    out, inp, kernel, _ = weight.shape
    convolution = nn.Conv2d(inp * groups, out, kernel, stride, kernel // 2 * dilation, dilation, groups, bias=False)
    convolution.weight = weight
    return convolution


def batch_norm(of: BatchStatNorm) -> nn.BatchNorm2d:
    """Return a BatchNorm of a supernet as PyTorch's, with its scale and shift."""
    norm = nn.BatchNorm2d(len(of.weight), BN_EPS, track_running_stats=False)
    norm.weight, norm.bias = of.weight, of.bias
    return norm
