"""The network of cells, NAS-Bench-201's, as its authors build it: a module per operation, nothing shared."""

import numpy as np
import torch
from torch import Tensor, nn

from fsnas.networks.supernet import GatedSupernet
from fsnas.spaces import SearchSpace
from tests.reference.macro import macro_network
from tests.support.space import EDGES, OPERATIONS, SPACE


class Zero(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 0.0


class ReLUConvBN(nn.Module):
    def __init__(self, channels: int, kernel: int, affine: bool) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels, affine=affine, track_running_stats=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(self.relu(x)))


class SepConv(nn.Module):
    def __init__(self, channels: int, kernel: int, dilation: int, affine: bool) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        padding = (kernel - 1) * dilation // 2
        self.depthwise = nn.Conv2d(
            channels, channels, kernel, padding=padding, dilation=dilation, groups=channels, bias=False
        )
        self.pointwise = nn.Conv2d(channels, channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(channels, affine=affine, track_running_stats=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.pointwise(self.depthwise(self.relu(x))))


def operation(name: str, channels: int, affine: bool = False) -> nn.Module:
    if name == "none":
        return Zero()
    if name == "skip_connect":
        return nn.Identity()
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    if name == "max_pool_3x3":
        return nn.MaxPool2d(3, stride=1, padding=1)
    kernel = int(name[-1])
    if name.startswith("dil_sepc"):
        return SepConv(channels, kernel, 2, affine)
    if name.startswith("dua_sepc"):
        return nn.Sequential(SepConv(channels, kernel, 1, affine), SepConv(channels, kernel, 1, affine))
    assert name.startswith("nor_conv")
    return ReLUConvBN(channels, kernel, affine)


class PlainCell(nn.Module):
    """Every enabled operation of every edge is a module; its output is multiplied by its gate.

    No slower than any published search cell: as in GM-NAS's, an operation whose gate is zero is not executed (`none`
    with another gate is), and as in NAS-Bench-201's passes of one path, a gate of one multiplies nothing. ``learned``
    are gates with gradients in their place.
    """

    learned: Tensor | None = None

    def __init__(self, channels: int, gates: np.ndarray, affine: bool = False, space: SearchSpace = SPACE) -> None:
        super().__init__()
        self.gates, self.space = gates, space
        self.operations = nn.ModuleDict()
        for e, edge in enumerate(space.edges):
            for o, name in enumerate(space.operations):
                if gates[e, o] != 0:
                    self.operations[f"{edge}:{name}"] = operation(name, channels, affine)

    def forward(self, x: Tensor) -> Tensor:
        nodes = [x]
        for target in range(1, 1 + max(int(edge[0]) for edge in self.space.edges)):
            total = None
            for e, edge in enumerate(self.space.edges):
                for o, name in enumerate(self.space.operations):
                    if edge.startswith(f"{target}<-") and self.gates[e, o] != 0:
                        y = self.operations[f"{edge}:{name}"](nodes[int(edge[-1])])
                        if self.learned is not None:
                            y = y * self.learned[e, o]
                        elif self.gates[e, o] != 1:
                            y = y * float(self.gates[e, o])
                        total = y if total is None else total + y
            nodes.append(torch.zeros_like(x) if total is None else total)
        return nodes[-1]


class InferCell(nn.Module):
    """The cell of one architecture, nested as NAS-Bench-201 nests it: only the chosen operation on an edge."""

    def __init__(self, channels: int, architecture: tuple[int, ...], affine: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList([operation(OPERATIONS[o], channels, affine) for o in architecture])

    def forward(self, x: Tensor) -> Tensor:
        nodes = [x]
        nodes.append(self.layers[0](nodes[0]))
        nodes.append(self.layers[1](nodes[0]) + self.layers[2](nodes[1]))
        nodes.append(self.layers[3](nodes[0]) + self.layers[4](nodes[1]) + self.layers[5](nodes[2]))
        return nodes[3]


class ResNetBasicBlock(nn.Module):
    def __init__(self, inp: int, out: int) -> None:
        super().__init__()
        self.relu_a = nn.ReLU()
        self.conv_a = nn.Conv2d(inp, out, 3, stride=2, padding=1, bias=False)
        self.bn_a = nn.BatchNorm2d(out, track_running_stats=False)
        self.relu_b = nn.ReLU()
        self.conv_b = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn_b = nn.BatchNorm2d(out, track_running_stats=False)
        self.downsample = nn.Sequential(
            nn.AvgPool2d(2, stride=2, ceil_mode=True, count_include_pad=False), nn.Conv2d(inp, out, 1, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn_a(self.conv_a(self.relu_a(x)))
        y = self.bn_b(self.conv_b(self.relu_b(y)))
        return self.downsample(x) + y


class PlainNetwork(nn.Module):
    """Stem, three stages of the given cells with a reduction between them, classifier."""

    def __init__(self, stages: list[list[nn.Module]], channels: int, classes: int, in_channels: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
        self.stem_bn = nn.BatchNorm2d(channels, track_running_stats=False)
        self.stages = nn.ModuleList([nn.ModuleList(cells) for cells in stages])
        self.reductions = nn.ModuleList(
            [ResNetBasicBlock(channels, 2 * channels), ResNetBasicBlock(2 * channels, 4 * channels)]
        )
        self.last_bn = nn.BatchNorm2d(4 * channels, track_running_stats=False)
        self.last_relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(4 * channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem_bn(self.stem(x))
        for stage in range(3):
            if stage > 0:
                x = self.reductions[stage - 1](x)
            for cell in self.stages[stage]:
                x = cell(x)
        x = self.last_relu(self.last_bn(x))
        return self.classifier(self.pool(x).flatten(1))

    def named(self) -> dict[str, nn.Parameter]:
        """The parameters under the names that they have in `fsnas.networks.supernet.Supernet`."""
        found = {
            "stem.weight": self.stem.weight,
            "stem_bn.weight": self.stem_bn.weight,
            "stem_bn.bias": self.stem_bn.bias,
            "last_bn.weight": self.last_bn.weight,
            "last_bn.bias": self.last_bn.bias,
            "classifier.weight": self.classifier.weight,
            "classifier.bias": self.classifier.bias,
        }
        for r, block in enumerate(self.reductions):
            found[f"reductions.{r}.conv_a.weight"] = block.conv_a.weight
            found[f"reductions.{r}.bn_a.weight"] = block.bn_a.weight
            found[f"reductions.{r}.bn_a.bias"] = block.bn_a.bias
            found[f"reductions.{r}.conv_b.weight"] = block.conv_b.weight
            found[f"reductions.{r}.bn_b.weight"] = block.bn_b.weight
            found[f"reductions.{r}.bn_b.bias"] = block.bn_b.bias
            found[f"reductions.{r}.downsample.weight"] = block.downsample[1].weight
        for s, cells in enumerate(self.stages):
            for c, cell in enumerate(cells):
                for key, module in cell_convolutions(cell).items():
                    found |= {f"stages.{s}.{c}.{name}": weight for name, weight in weights_of(key, module).items()}
        return found

    def layers(self) -> dict[str, nn.Parameter]:
        """The weights of the convolutions and of the classifier, without BatchNorm and biases."""
        return {name: p for name, p in self.named().items() if p.dim() == 4 or name == "classifier.weight"}

    def is_compared(self, name: str, edge: int) -> bool:
        """Whether gm compares the gradients of the layer of this name where ``edge`` is split."""
        inside = name.startswith("stages")
        return name.startswith("reductions") or (inside and self.stages[0][0].space.edges[edge] not in name)

    passes_on = PlainCell | ResNetBasicBlock  # whose outputs are features
    counts_bias = True  # in its benchmark's FLOPs


def cell_convolutions(cell: nn.Module) -> dict[str, nn.Module]:
    """The modules with convolutions of a `PlainCell` or an `InferCell`, by EDGE:OPERATION."""
    if isinstance(cell, PlainCell):
        return {key: module for key, module in cell.operations.items() if list(module.children())}
    found = {}
    for edge, module in zip(EDGES, cell.layers, strict=True):
        if isinstance(module, ReLUConvBN):
            kernel = module.conv.kernel_size[0]
            found[f"{edge}:nor_conv_{kernel}x{kernel}"] = module
    return found


def weights_of(key: str, module: nn.Module) -> dict[str, nn.Parameter]:
    """The weights of an operation under the names that they have in `fsnas.networks.cell.Cell`."""
    if isinstance(module, ReLUConvBN):
        return {f"weights.{key}": module.conv.weight}
    found = {}
    for i, part in enumerate([module] if isinstance(module, SepConv) else module):
        found[f"separable.{key}.depthwise.{i}.weight"] = part.depthwise.weight
        found[f"separable.{key}.pointwise.{i}.weight"] = part.pointwise.weight
    return found


def copy_weights(plain: nn.Module, model: GatedSupernet) -> nn.Module:
    """Give ``plain`` the values and the dtype of the weights of ``model`` that have the same names."""
    values = dict(model.network.named_parameters())
    plain.to(values["classifier.weight"].dtype)
    with torch.no_grad():
        for name, parameter in plain.named().items():
            parameter.copy_(values[name])
    return plain


def plain_network(model: GatedSupernet, affine: bool = False) -> nn.Module:
    """The plain twin of ``model``: the operations whose gate is not zero, with its weights."""
    of_space = macro_network(model) if model.network.space.name == "nas-bench-macro" else cell_network(model, affine)
    plain = copy_weights(of_space, model)
    return plain if model.batch_norm == "batch" else in_evaluation_mode(plain)


def cell_network(model: GatedSupernet, affine: bool) -> PlainNetwork:
    s, space = model.network.dimensions, model.network.space
    widths = [s["channels"] * 2**stage for stage in range(3)]
    stages = [[PlainCell(width, model.gates, affine, space) for _ in range(s["cells"])] for width in widths]
    return PlainNetwork(stages, s["channels"], s["classes"], s["in_channels"])


def learning(plain: nn.Module, gates: Tensor) -> nn.Module:
    """``plain`` with ``gates`` that have gradients."""
    for edge, mixture in enumerate(module for module in plain.modules() if hasattr(module, "learned")):
        mixture.learned = gates if isinstance(mixture, PlainCell) else gates[edge]
    return plain


def in_evaluation_mode(plain: nn.Module) -> nn.Module:
    """``plain`` with running statistics, which no batch has changed yet."""
    of = plain.classifier.weight
    for norm in (module for module in plain.modules() if isinstance(module, nn.BatchNorm2d)):
        norm.track_running_stats = True
        norm.running_mean, norm.running_var = of.new_zeros(norm.num_features), of.new_ones(norm.num_features)
    return plain.eval()


def architecture_network(
    architecture: tuple[int, ...], *, channels: int, cells: int, classes: int, in_channels: int, affine: bool
) -> PlainNetwork:
    """The network of one architecture as NAS-Bench-201 trains it, which has ``affine`` on."""
    stages = [[InferCell(channels * 2**stage, architecture, affine) for _ in range(cells)] for stage in range(3)]
    return PlainNetwork(stages, channels, classes, in_channels)
