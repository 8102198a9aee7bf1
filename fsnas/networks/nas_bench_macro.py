"""NAS-Bench-Macro's network: stem, eight layers one after the other, head."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from fsnas.networks import modules
from fsnas.networks.forward import ForwardContext, Layer
from fsnas.networks.gates import path_gates
from fsnas.networks.kernels import arranged
from fsnas.networks.layers import BatchStatNorm, Conv, Linear, relu
from fsnas.networks.supernet import Supernet
from fsnas.spaces.nas_bench_macro import HEAD, ChainSize, Convolution, NasBenchMacro, convolutions, halved, shapes


class ConvNorm(nn.Module):
    """A convolution and its BatchNorm, which has scale and shift."""

    def __init__(self, layer: Layer, shape: Convolution, generator: torch.Generator) -> None:
        super().__init__()
        self.conv = Conv(layer, shape.inp, shape.out, shape.kernel, generator, shape.stride, shape.groups)
        self.norm = BatchStatNorm(shape.out)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Convolve and normalise ``x [b, inp, h, w]``."""
        return self.norm(self.conv(x, context), context)


class Operation(nn.Module):
    """An operation of a layer: `convolutions` with ReLUs between them, and its input where the shape stays.

    Parameters
    ----------
    operation
        Its name.
    shape
        Input channels, output channels and stride.
    place
        Edge and index of the operation.
    name
        Prefix of the names of its weights.
    generator
        Draws the weights.
    """

    def __init__(
        self,
        operation: str,
        shape: tuple[int, int, int],
        place: tuple[int, int],
        name: str,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.steps = nn.ModuleList(
            ConvNorm(Layer(f"{name}.steps.{i}.conv.weight", "operation", *place), each, generator)
            for i, each in enumerate(convolutions(operation, *shape))
        )
        self.adds_input = shape[0] == shape[1] and len(self.steps) > 0

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Return ``[b, out, h, w]`` for ``x [b, inp, h, w]``."""
        y = x
        for i, step in enumerate(self.steps):
            y = step(relu(y, context) if i else y, context)
        return y + x if self.adds_input else y


class ChainSupernet(Supernet):
    """The network over a sub-space; BatchNorm has scale and shift everywhere, as in the benchmark.

    Only enabled operations have weights; ``seed`` draws them, as PyTorch does.
    """

    stays_positive = True

    def __init__(
        self,
        space: NasBenchMacro,
        sub_space: np.ndarray,
        size: ChainSize,
        *,
        classes: int,
        in_channels: int,
        seed: int,
    ) -> None:
        super().__init__(space, sub_space, size, classes=classes, in_channels=in_channels)
        generator, self.shapes = torch.Generator().manual_seed(seed), shapes(size.channels)
        last, features = self.shapes[-1][1], HEAD * size.channels
        stem, head = Convolution(in_channels, size.channels, 3), Convolution(last, features)
        self.stem = ConvNorm(Layer("stem.conv.weight", "stem"), stem, generator)
        self.chain = nn.ModuleList()
        for edge, shape in enumerate(self.shapes):
            layer = nn.ModuleDict()
            for o in map(int, np.flatnonzero(sub_space[edge])):
                name = space.operations[o]
                layer[name] = Operation(name, shape, (edge, o), f"chain.{edge}.{name}", generator)
            self.chain.append(layer)
        self.head = ConvNorm(Layer("head.conv.weight", "head"), head, generator)
        self.classifier = Linear(Layer("classifier.weight", "head"), features, classes, generator)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Return the logits ``[b, classes]`` of the images ``x [b, c, h, w]`` under ``context``."""
        x = self._begin(x, context)
        for edge in range(len(self.chain)):
            x = self._layer(edge, x, context)
            context.hook.features(x)
        return self._end(x, context)

    def _begin(self, x: Tensor, context: ForwardContext) -> Tensor:
        x = arranged(x) if context.channels_last else x.contiguous()
        return relu(self.stem(x, context), context)

    def _layer(self, edge: int, x: Tensor, context: ForwardContext) -> Tensor:
        """Return the gated sum of the operations of a layer; zeros where no gate is open."""
        total, operations = None, cast(nn.ModuleDict, self.chain[edge])
        for o, name in enumerate(self.space.operations):
            if context.gates[edge, o]:
                y, gate = operations[name](x, context), context.gate(edge, o)
                y = y if isinstance(gate, float) and gate == 1 else y * gate
                total = y if total is None else total + y
        _, out, stride = self.shapes[edge]
        return x.new_zeros(len(x), out, *halved((x.shape[2], x.shape[3]), stride)) if total is None else total

    def _end(self, x: Tensor, context: ForwardContext) -> Tensor:
        x = relu(self.head(x, context), context)
        return self.classifier(x.mean(dim=(2, 3)), context)

    def logits_of_each(self, x: Tensor, architectures: np.ndarray, together: int | None = None) -> Iterator[Tensor]:
        """Yield as `Supernet.logits_of_each`; what an architecture has in common with the one before is kept.

        All 6,561 in their order take 9,840 layers instead of 52,488.
        """
        contexts = [ForwardContext(path_gates(each, len(self.space.operations))) for each in architectures]
        alike = np.cumprod(architectures[1:] == architectures[:-1], axis=1).sum(axis=1).tolist()
        inputs = [self._begin(x, contexts[0])]
        for context, same in zip(contexts, [0, *alike], strict=True):
            del inputs[same + 1 :]
            for edge in range(same, len(self.chain)):
                inputs.append(self._layer(edge, inputs[-1], context))
            yield self._end(inputs[-1], context)[None]

    def as_module(self, gates: np.ndarray) -> nn.Module:
        """Return the network under ``gates`` as plain modules (`fsnas.networks.modules`)."""
        parts = zip(self.chain, gates, self.shapes, strict=True)
        layers = [_Mixture(layer, self.space.operations, *of) for layer, *of in parts]
        head = [*_plain(self.head), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        classifier = nn.Linear(self.classifier.in_features, self.classifier.out_features)
        classifier.weight, classifier.bias = self.classifier.weight, self.classifier.bias
        return nn.Sequential(*_plain(self.stem), nn.ReLU(), *layers, *head, classifier)


class _Mixture(nn.Module):
    """A layer: every operation with a gate is a module, whose output is multiplied by its gate."""

    def __init__(self, layer: Any, names: Sequence[str], gates: np.ndarray, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.gates = {name: float(gate) for name, gate in zip(names, gates, strict=True) if gate}
        self.operations = nn.ModuleDict({name: _plain_operation(layer[name]) for name in self.gates})
        self.adds_input = {name: layer[name].adds_input for name in self.gates}
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        _, out, stride = self.shape
        total = x[:, :1, ::stride, ::stride].expand(-1, out, -1, -1) * 0.0  # so that a weight always has a gradient
        for name, operation in self.operations.items():
            y = operation(x)
            total = total + self.gates[name] * (y + x if self.adds_input[name] else y)
        return total


def _plain(of: Any) -> list[nn.Module]:
    """Return a `ConvNorm` as PyTorch's modules."""
    return [modules.plain(of.conv), modules.batch_norm(of.norm)]


def _plain_operation(of: Operation) -> nn.Module:
    steps = [[nn.ReLU(), *_plain(step)] for step in of.steps]
    return nn.Sequential(*[module for step in steps for module in step][1:]) if steps else nn.Identity()


supernet = ChainSupernet  # as `SearchSpace.network` asks for it
