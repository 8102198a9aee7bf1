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
from fsnas.kernels import arranged, average_pool, batch_norm
from fsnas.spaces import EDGES, NODES, OPERATIONS, SOURCES, TARGETS, full_space

CONVOLUTIONS = {"nor_conv_3x3": 3, "nor_conv_1x1": 1}
_WEIGHTLESS = [OPERATIONS.index(operation) for operation in ("skip_connect", "avg_pool_3x3")]
_LEAVING = {node: [e for e in range(len(EDGES)) if SOURCES[e] == node] for node in range(NODES - 1)}


def mixing_gates(space: np.ndarray, mixing: str = "mean") -> np.ndarray:
    """Return the gates of the mixture over ``space``: float64 ``[edges, operations]``, zero where disabled.

    ``mean`` gives every enabled operation 1 / (operations enabled on its edge); ``sum`` gives 1 (equation 2).
    """
    if mixing not in ("mean", "sum"):
        raise FsnasError(f"mixing is {mixing!r}, expected 'mean' or 'sum'")
    gates = space.astype(np.float64)
    return gates / space.sum(axis=1, keepdims=True) if mixing == "mean" else gates


def path_gates(path: np.ndarray) -> np.ndarray:
    """Return the gates of one architecture, given as one operation index per edge: one-hot float64 rows."""
    return np.eye(len(OPERATIONS))[np.asarray(path)]


def live_gates(gates: np.ndarray) -> np.ndarray:
    """Return ``gates`` with zero for every operation that cannot matter: on no path from the input to the output.

    `none` carries nothing; behind a node without input everything is zero, and before a node that nobody reads
    everything is lost. Perturbing such an edge then leaves exactly the same network, and not one that differs by
    rounding, which would decide a cut.
    """
    carries = (gates != 0) & (np.array(OPERATIONS) != "none")
    edges = list(zip(SOURCES, TARGETS, carries.any(axis=1), strict=True))
    reached, read = {0}, {NODES - 1}
    for source, target, open_ in edges:  # in the order of their targets
        reached |= {target} if open_ and source in reached else set()
    for source, target, open_ in reversed(edges):
        read |= {source} if open_ and target in read else set()
    matters = [source in reached and target in read for source, target, _ in edges]
    return np.where(carries & np.array(matters)[:, None], gates, 0.0)


class Tap:
    """Sees the tensors inside a forward pass; a subclass overrides what it needs.

    Attributes
    ----------
    whole
        Also execute operations that cannot matter (`live_gates`), because the tap counts what is executed.
    """

    whole = False

    def relu(self, x: Tensor, count: int) -> None:
        """Get the input ``x`` of a ReLU that ``count`` executed operations apply."""

    def layer(self, output: Tensor, names: list[str]) -> None:
        """Get the ``output`` of convolutions or of the classifier: equal shares of axis 1, one per layer name."""


@dataclass(frozen=True)
class Pass:
    """How one forward pass runs: the gates ``[edges, operations]``, BatchNorm or identity, and who watches.

    Without ``channels_last`` memory stays in NCHW order, where second derivatives are faster.
    """

    gates: np.ndarray
    batch_norm: bool = True
    tap: Tap = Tap()
    channels_last: bool = True


def _convolution(out: int, inp: int, kernel: int, generator: torch.Generator) -> nn.Parameter:
    weight = torch.empty(out, inp, kernel, kernel)
    nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)
    return nn.Parameter(weight)


class Affine(nn.Module):
    """BatchNorm with batch statistics and learned scale and shift, as NAS-Bench-201 has outside the cells."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, run: Pass) -> Tensor:
        """Normalise ``x [b, c, h, w]``; the identity where ``run`` has BatchNorm off."""
        return batch_norm(x, self.weight, self.bias) if run.batch_norm else x


class Conv(nn.Module):
    """A convolution without bias whose output the tap sees."""

    def __init__(self, inp: int, out: int, kernel: int, stride: int, name: str, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = _convolution(out, inp, kernel, generator)
        self.stride, self.padding, self.name = stride, kernel // 2, name

    def forward(self, x: Tensor, run: Pass) -> Tensor:
        """Convolve ``x [b, inp, h, w]``."""
        y = F.conv2d(x, self.weight, stride=self.stride, padding=self.padding)
        run.tap.layer(y, [f"{self.name}.weight"])
        return y


class Cell(nn.Module):
    """The fast cell: 4 nodes, 6 edges, the weights of every enabled convolution under ``EDGE:OPERATION``.

    Parameters
    ----------
    channels
        Channels of every node.
    space
        bool ``[edges, operations]``; only enabled operations have weights.
    name
        Prefix of the layer names that a tap sees.
    generator
        Draws the weights (PyTorch's default for convolutions).
    """

    def __init__(self, channels: int, space: np.ndarray, name: str, generator: torch.Generator) -> None:
        super().__init__()
        self.name = name
        self.weights = nn.ParameterDict(
            {
                f"{EDGES[e]}:{operation}": _convolution(channels, channels, kernel, generator)
                for e in range(len(EDGES))
                for operation, kernel in CONVOLUTIONS.items()
                if space[e, OPERATIONS.index(operation)]
            }
        )

    def forward(self, x: Tensor, run: Pass) -> Tensor:
        """Return the last node of the cell for the input ``x [b, c, h, w]``."""
        nodes: list[Tensor | None] = [x, None, None, None]
        for source, edges in _LEAVING.items():
            h = nodes[source]
            if h is None:
                self._empty(x, edges, run)
                continue
            for target, value in self._leaving(h, edges, run):
                present = nodes[target]
                nodes[target] = value if present is None else present + value
        output = nodes[-1]
        return torch.zeros_like(x) if output is None else output

    def _empty(self, x: Tensor, edges: list[int], run: Pass) -> None:
        """Show the tap the ReLUs behind a node without input: zeros, which add nothing to the nodes after it."""
        count = int(np.count_nonzero(run.gates[edges][:, [OPERATIONS.index(o) for o in CONVOLUTIONS]]))
        if count:
            run.tap.relu(torch.zeros_like(x), count)

    def _leaving(self, h: Tensor, edges: list[int], run: Pass) -> list[tuple[int, Tensor]]:
        """Return what the node ``h`` adds to the nodes after it, as (target, tensor)."""
        added = self._pass_on(h, edges, run)
        active = {o: tuple(e for e in edges if run.gates[e, OPERATIONS.index(o)]) for o in CONVOLUTIONS}
        count = sum(map(len, active.values()))
        if count:
            run.tap.relu(h, count)
            rectified = F.relu(h)
            sums: dict[tuple[int, ...], Tensor] = {}  # operations of the same edges are added before they part
            for operation, chosen in active.items():
                if chosen:
                    y = self._convolve(rectified, operation, chosen, run)
                    sums[chosen] = sums[chosen] + y if chosen in sums else y
            for chosen, y in sums.items():
                added += zip([TARGETS[e] for e in chosen], y.chunk(len(chosen), dim=1), strict=True)
        return added

    def _pass_on(self, h: Tensor, edges: list[int], run: Pass) -> list[tuple[int, Tensor]]:
        """Gate what has no weights, `skip_connect` and `avg_pool_3x3`: once for all ``edges`` with the same gates."""
        targets: dict[tuple[float, ...], list[int]] = {}
        for e in edges:
            targets.setdefault(tuple(run.gates[e, _WEIGHTLESS].tolist()), []).append(TARGETS[e])
        pooled = average_pool(h) if any(pool for _, pool in targets) else h
        added = []
        for gates, nodes in targets.items():
            parts = [x if gate == 1 else x * gate for x, gate in zip((h, pooled), gates, strict=True) if gate]
            if parts:
                value = functools.reduce(torch.add, parts)
                added += [(node, value) for node in nodes]
        return added

    def _convolve(self, x: Tensor, operation: str, edges: tuple[int, ...], run: Pass) -> Tensor:
        """Convolve, normalise and gate one ``operation`` for all ``edges`` at once: equal shares of axis 1."""
        keys = [f"{EDGES[e]}:{operation}" for e in edges]
        y = F.conv2d(x, torch.cat([self.weights[key] for key in keys]), padding=CONVOLUTIONS[operation] // 2)
        run.tap.layer(y, [f"{self.name}.weights.{key}" for key in keys])
        channels = y.shape[1] // len(edges)
        gates = y.new_tensor(run.gates[list(edges), OPERATIONS.index(operation)]).repeat_interleave(channels)
        return batch_norm(y, gates, torch.zeros_like(gates)) if run.batch_norm else y * gates.view(1, -1, 1, 1)


class Reduction(nn.Module):
    """The ResNet basic block with stride 2 that NAS-Bench-201 puts between its stages.

    Odd sides are rounded up in both branches; there the last average is over the pixels that exist. NAS-Bench-201's own
    block rounds one branch up and the other one down, and so takes even sides only.
    """

    def __init__(self, inp: int, out: int, name: str, generator: torch.Generator) -> None:
        super().__init__()
        self.conv_a = Conv(inp, out, 3, 2, f"{name}.conv_a", generator)
        self.bn_a = Affine(out)
        self.conv_b = Conv(out, out, 3, 1, f"{name}.conv_b", generator)
        self.bn_b = Affine(out)
        self.downsample = Conv(inp, out, 1, 1, f"{name}.downsample", generator)

    def forward(self, x: Tensor, run: Pass) -> Tensor:
        """Halve the resolution of ``x [b, inp, h, w]``."""
        run.tap.relu(x, 1)
        y = self.bn_a(self.conv_a(F.relu(x), run), run)
        run.tap.relu(y, 1)
        y = self.bn_b(self.conv_b(F.relu(y), run), run)
        return y + self.downsample(F.avg_pool2d(x, 2, stride=2, ceil_mode=True), run)


class Linear(nn.Linear):
    """A linear layer that draws no weights, and so leaves the global generator alone.

    `torch.nn.utils.skip_init` does the same and imports 1.5 s of symbolic algebra for it.
    """

    def reset_parameters(self) -> None:
        """Leave the weights for the caller to draw."""


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
        self.stem_bn = Affine(channels)
        stages, reductions = [], []
        for stage in range(3):
            width = channels * 2**stage
            if stage:
                reductions.append(Reduction(width // 2, width, f"reductions.{stage - 1}", generator))
            names = [f"stages.{stage}.{i}" for i in range(cells)]
            stages.append(nn.ModuleList(Cell(width, self.space, name, generator) for name in names))
        self.stages, self.reductions = nn.ModuleList(stages), nn.ModuleList(reductions)
        self.last_bn = Affine(4 * channels)
        self.classifier = Linear(4 * channels, classes)
        bound = 1 / math.sqrt(4 * channels)
        for parameter in (self.classifier.weight, self.classifier.bias):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    @functools.cached_property
    def named(self) -> dict[str, nn.Parameter]:
        """Return all parameters by name; to walk through the modules each time takes a tenth of a small step."""
        return dict(self.named_parameters())

    def forward(self, x: Tensor, run: Pass) -> Tensor:
        """Return the logits ``[b, classes]`` of the images ``x [b, c, h, w]`` under ``run``."""
        x = arranged(x) if run.channels_last else x.contiguous()
        x = self.stem_bn(self.stem(x, run), run)
        for stage, cells in enumerate(self.stages):
            if stage:
                x = self.reductions[stage - 1](x, run)
            for cell in cells:  # type: ignore[attr-defined]
                x = cell(x, run)
        x = self.last_bn(x, run)
        run.tap.relu(x, 1)
        logits = self.classifier(F.relu(x).mean(dim=(2, 3)))
        run.tap.layer(logits, ["classifier.weight"])
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
    def live(self) -> np.ndarray:
        """Return the gates of the operations that matter: float64 ``[edges, operations]``."""
        return live_gates(self.gates)

    def __call__(self, x: Tensor, *, tap: Tap | None = None, **how: bool) -> Tensor:
        """Return the logits ``[b, classes]`` of ``x [b, c, h, w]``; ``how`` as in `Pass`."""
        tap = tap or Tap()
        return self.network(x, Pass(self.gates if tap.whole else self.live, tap=tap, **how))

    def with_weights(self, weights: Mapping[str, Tensor], x: Tensor, **how: bool) -> Tensor:
        """Return the logits of ``x`` with all parameters taken from ``weights`` (by name, any dtype)."""
        run = Pass(self.live, **how)  # type: ignore[arg-type]
        return torch.func.functional_call(self.network, dict(weights), (x, run))

    def layers(self, keep: Callable[[str], bool] = lambda name: True) -> dict[str, nn.Parameter]:
        """Return the weights of the convolutions and of the classifier that ``keep`` accepts, by name.

        Weights of operations that are not executed take no part and are left out: their gradient is zero.
        """
        return executed_layers(self.network, self.live, keep)


def perturb(gates: np.ndarray, edge: int, operation: int, perturbation: str = "disable") -> np.ndarray:
    """Return the gates of ``m(k, o)``: ``operation`` disabled on ``edge``, or isolated on it.

    ``disable`` (the paper) puts its gate to zero and renormalises nothing; ``isolate`` (GM-NAS) keeps only it
    on the edge, with gate 1.
    """
    perturbed = gates.copy()
    if perturbation == "disable":
        perturbed[edge, operation] = 0.0
    elif perturbation == "isolate":
        perturbed[edge] = 0.0
        perturbed[edge, operation] = 1.0
    else:
        raise FsnasError(f"perturbation is {perturbation!r}, expected 'disable' or 'isolate'")
    return perturbed
