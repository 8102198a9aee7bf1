"""The NAS-Bench-201 supernet with gates, in the fast cell: one convolution per kernel and source node.

An edge's output is the gated sum of its operations (equation 2 of the few-shot paper, section 3.1). All edges
that leave a node read the same tensor, so their convolutions run as one with concatenated output channels.
BatchNorm is per channel, so one BatchNorm over the concatenation is exact; the gates are its scales.
"""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from fsnas.errors import FsnasError
from fsnas.networks.cell import Cell
from fsnas.networks.forward import ForwardContext, ForwardHook
from fsnas.networks.gates import active_gates
from fsnas.networks.kernels import arranged
from fsnas.networks.layers import BatchStatNorm, Conv, Linear
from fsnas.spaces.nas_bench_201 import EDGES, OPERATIONS, full_space


class Reduction(nn.Module):
    """The ResNet basic block with stride 2 that NAS-Bench-201 puts between its stages.

    Odd sides are rounded up in both branches; there the last average is over the pixels that exist. NAS-Bench-201's own
    block rounds one branch up and the other one down, and so takes even sides only.
    """

    def __init__(self, inp: int, out: int, name: str, generator: torch.Generator) -> None:
        super().__init__()
        self.conv_a = Conv(inp, out, 3, 2, f"{name}.conv_a", generator)
        self.bn_a = BatchStatNorm(out)
        self.conv_b = Conv(out, out, 3, 1, f"{name}.conv_b", generator)
        self.bn_b = BatchStatNorm(out)
        self.downsample = Conv(inp, out, 1, 1, f"{name}.downsample", generator)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Halve the resolution of ``x [b, inp, h, w]``."""
        context.hook.relu(x, 1)
        y = self.bn_a(self.conv_a(F.relu(x), context), context)
        context.hook.relu(y, 1)
        y = self.bn_b(self.conv_b(F.relu(y), context), context)
        return y + self.downsample(F.avg_pool2d(x, 2, stride=2, ceil_mode=True), context)


class Supernet(nn.Module):
    """NAS-Bench-201's network over a space: stem, three stages of cells, reductions, classifier.

    Parameters
    ----------
    channels, cells
        ``C`` channels in the first stage and ``N`` cells a stage; the stages have ``C, 2C, 4C`` channels.
    classes, in_channels
        Outputs and input channels.
    space
        bool ``[edges, operations]``, default all; only enabled operations have weights.
    seed
        Seed of the initial weights (PyTorch's defaults).
    """

    def __init__(
        self,
        *,
        channels: int,
        cells: int,
        classes: int,
        in_channels: int = 3,
        space: np.ndarray | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.space = full_space() if space is None else space
        self.settings = {"channels": channels, "cells": cells, "classes": classes, "in_channels": in_channels}
        generator = torch.Generator().manual_seed(seed)
        self.stem = Conv(in_channels, channels, 3, 1, "stem", generator)
        self.stem_bn = BatchStatNorm(channels)
        stages, reductions = [], []
        for stage in range(3):
            width = channels * 2**stage
            if stage:
                reductions.append(Reduction(width // 2, width, f"reductions.{stage - 1}", generator))
            names = [f"stages.{stage}.{i}" for i in range(cells)]
            stages.append(nn.ModuleList(Cell(width, self.space, name, generator) for name in names))
        self.stages, self.reductions = nn.ModuleList(stages), nn.ModuleList(reductions)
        self.last_bn = BatchStatNorm(4 * channels)
        self.classifier = Linear(4 * channels, classes)
        bound = 1 / math.sqrt(4 * channels)
        for parameter in (self.classifier.weight, self.classifier.bias):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    @functools.cached_property
    def named(self) -> dict[str, nn.Parameter]:
        """Return all parameters by name; to walk through the modules each time takes a tenth of a small step."""
        return dict(self.named_parameters())

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Return the logits ``[b, classes]`` of the images ``x [b, c, h, w]`` under ``context``."""
        x = arranged(x) if context.channels_last else x.contiguous()
        x = self.stem_bn(self.stem(x, context), context)
        for stage, cells in enumerate(self.stages):
            if stage:
                x = self.reductions[stage - 1](x, context)
            for cell in cells:  # type: ignore[attr-defined]
                x = cell(x, context)
        x = self.last_bn(x, context)
        context.hook.relu(x, 1)
        logits = self.classifier(F.relu(x).mean(dim=(2, 3)))
        context.hook.layer(logits, ["classifier.weight"])
        return logits


def inherit(network: Supernet, parent: Supernet) -> None:
    """Give ``network`` the weights of ``parent``, a supernet of a space that holds its own, restricted to its space.

    Raises
    ------
    FsnasError
        If ``parent`` lacks a weight, or has it in another shape.
    """
    weights = parent.state_dict()
    for name, tensor in network.state_dict().items():
        if name not in weights or weights[name].shape != tensor.shape:
            found = list(weights[name].shape) if name in weights else "none"
            raise FsnasError(
                f"cannot take over the weight {name}: expected the shape {list(tensor.shape)}, found {found}; the "
                "parent must be a supernet of the same size whose space holds that of its child"
            )
    network.load_state_dict({name: weights[name] for name in network.state_dict()})


def _is_layer(name: str, parameter: Tensor) -> bool:
    return parameter.dim() == 4 or name == "classifier.weight"


def executed_layers(
    network: Supernet, gates: np.ndarray, keep: Callable[[str], bool] = lambda name: True
) -> dict[str, nn.Parameter]:
    """Return the weights of the classifier and of the convolutions with a gate, where ``keep`` accepts the name."""

    def executed(name: str) -> bool:
        edge, _, operation = name.rpartition(".")[2].partition(":")
        return not operation or bool(gates[EDGES.index(edge), OPERATIONS.index(operation)])

    named = network.named
    return {name: p for name, p in named.items() if _is_layer(name, p) and executed(name) and keep(name)}


@dataclass(frozen=True)
class GatedSupernet:
    """A supernet with its gates in place: the perturbed supernet ``m(k, o)`` that a metric sees.

    Attributes
    ----------
    network
        The shared weights.
    gates
        float64 ``[edges, operations]``; an operation with gate zero is not executed, nor one that cannot matter.
    """

    network: Supernet
    gates: np.ndarray

    @functools.cached_property
    def active(self) -> np.ndarray:
        """Return the gates of the operations that matter: float64 ``[edges, operations]``."""
        return active_gates(self.gates)

    def __call__(self, x: Tensor, *, hook: ForwardHook | None = None, **how: bool) -> Tensor:
        """Return the logits ``[b, classes]`` of ``x [b, c, h, w]``; ``how`` as in `ForwardContext`."""
        hook = hook or ForwardHook()
        return self.network(x, ForwardContext(self.gates if hook.executes_all else self.active, hook=hook, **how))

    def with_weights(self, weights: Mapping[str, Tensor], x: Tensor, **how: bool) -> Tensor:
        """Return the logits of ``x`` with all parameters taken from ``weights`` (by name, any dtype)."""
        context = ForwardContext(self.active, **how)  # type: ignore[arg-type]
        return torch.func.functional_call(self.network, dict(weights), (x, context))

    def layers(self, keep: Callable[[str], bool] = lambda name: True) -> dict[str, nn.Parameter]:
        """Return the weights of the convolutions and of the classifier that ``keep`` accepts, by name.

        Weights of operations that are not executed take no part and are left out: their gradient is zero.
        """
        return executed_layers(self.network, self.active, keep)
