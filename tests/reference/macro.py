"""NAS-Bench-Macro's network as its authors build it: a module per operation, nothing kept from one to the next."""

import numpy as np
import torch
from torch import Tensor, nn

from fsnas.networks.supernet import GatedSupernet


def norm(channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels, track_running_stats=False)


class Identity(nn.Module):
    def __init__(self, inp: int, out: int, stride: int) -> None:
        super().__init__()
        self.downsample = None
        if stride != 1 or inp != out:
            self.downsample = nn.Sequential(nn.Conv2d(inp, out, 1, stride, bias=False), norm(out))

    def forward(self, x: Tensor) -> Tensor:
        return x if self.downsample is None else self.downsample(x)


class InvertedResidual(nn.Module):
    def __init__(self, inp: int, out: int, stride: int, expansion: int, kernel: int) -> None:
        super().__init__()
        hidden = expansion * inp
        self.conv = nn.Sequential(
            nn.Conv2d(inp, hidden, 1, bias=False),
            norm(hidden),
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden, bias=False),
            norm(hidden),
            nn.ReLU(),
            nn.Conv2d(hidden, out, 1, bias=False),
            norm(out),
        )
        self.use_shortcut = inp == out and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x) + x if self.use_shortcut else self.conv(x)


def operation(name: str, inp: int, out: int, stride: int) -> nn.Module:
    if name == "Identity":
        return Identity(inp, out, stride)
    return InvertedResidual(inp, out, stride, *{"MB3_K3": (3, 3), "MB6_K5": (6, 5)}[name])


class Mixture(nn.Module):
    """A layer: the sum of its operations, each times its gate; none is executed whose gate is zero."""

    def __init__(self, names: tuple[str, ...], gates: np.ndarray, inp: int, out: int, stride: int) -> None:
        super().__init__()
        self.names, self.learned = names, None
        self.gates, self.out, self.stride = dict(zip(names, gates.tolist(), strict=True)), out, stride
        self.operations = nn.ModuleDict({n: operation(n, inp, out, stride) for n, g in self.gates.items() if g})

    def forward(self, x: Tensor) -> Tensor:
        sides = [(side + self.stride - 1) // self.stride for side in x.shape[2:]]
        total = torch.zeros(len(x), self.out, *sides, dtype=x.dtype)
        for name, module in self.operations.items():
            gate = self.gates[name] if self.learned is None else self.learned[self.names.index(name)]
            total = total + gate * module(x)
        return total


class MacroNetwork(nn.Module):
    """Stem, the layers of three stages, the last convolution with 40 times the stem's channels, classifier."""

    def __init__(
        self, names: tuple[str, ...], gates: np.ndarray, channels: int, classes: int, in_channels: int
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(in_channels, channels, 3, padding=1, bias=False), norm(channels), nn.ReLU())
        self.features, width, head = nn.Sequential(), channels, 40 * channels
        for layers in (2, 3, 3):
            for i in range(layers):
                inp = width if i else width // 2 if len(self.features) == -1 else width
                out, stride = (width, 1) if i else (2 * width, 2)
                self.features.append(Mixture(names, gates[len(self.features)], inp, out, stride))
                width = out
        self.out = nn.Sequential(nn.Conv2d(width, head, 1, bias=False), norm(head), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.classifier = nn.Linear(head, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.out(self.features(self.stem(x))).flatten(1))

    def named(self) -> dict[str, nn.Parameter]:
        """The parameters under the names that they have in `fsnas.networks.nas_bench_macro.ChainSupernet`."""
        parts = {"stem": self.stem, "head": self.out}
        for edge, layer in enumerate(self.features):
            for name, module in layer.operations.items():
                inside = module.conv if isinstance(module, InvertedResidual) else module.downsample
                for step in range(0 if inside is None else (len(inside) + 1) // 3):
                    parts[f"chain.{edge}.{name}.steps.{step}"] = inside[3 * step : 3 * step + 2]
        found = {}
        for name, (conv, bn, *_) in parts.items():
            found |= {
                f"{name}.conv.weight": conv.weight,
                f"{name}.norm.weight": bn.weight,
                f"{name}.norm.bias": bn.bias,
            }
        return found | {f"classifier.{name}": parameter for name, parameter in self.classifier.named_parameters()}

    def is_compared(self, name: str, edge: int) -> bool:
        """Whether gm compares the gradients of the layer of this name where ``edge`` is split."""
        return name.startswith("features.") and not name.startswith(f"features.{edge}.")

    passes_on = Mixture  # whose outputs are features
    counts_bias = False  # in its benchmark's FLOPs


def macro_network(model: GatedSupernet) -> MacroNetwork:
    """The twin of ``model``, yet without its weights: the operations whose gate is not zero."""
    s = model.network.dimensions
    return MacroNetwork(model.network.space.operations, model.gates, s["channels"], s["classes"], s["in_channels"])
