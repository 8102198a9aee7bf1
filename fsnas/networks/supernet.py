"""What every supernet is, whatever its search space, and the perturbed supernet that a metric sees."""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fsnas.errors import FsnasError, nearest
from fsnas.networks.forward import ForwardContext, ForwardHook, Layer
from fsnas.networks.gates import mixing_gates, path_gates
from fsnas.spaces import SearchSpace


class Supernet(nn.Module):
    """A network that holds all architectures of a sub-space; a search space's own one has layers and a ``forward``.

    ``forward(x, context)`` returns the logits ``[b, classes]`` of the images ``x [b, c, h, w]`` under a
    `ForwardContext`. BatchNorm uses the statistics of the batch. What it executes it shows to ``context.hook``.

    Attributes
    ----------
    space
        The search space.
    sub_space
        bool ``[edges, operations]``: what the network holds.
    size
        A dataclass of numbers, the space's own.
    classes, in_channels
        Outputs and input channels.
    stays_positive
        Only layers have weights that matter without BatchNorm, only the head has a bias, and all else is ReLUs, sums
        and averages: positive weights and images make all of it linear, and every term positive.
    """

    stays_positive = False

    def __init__(self, space: SearchSpace, sub_space: np.ndarray, size: Any, *, classes: int, in_channels: int) -> None:
        super().__init__()
        self.space, self.sub_space, self.size = space, sub_space, size
        self.classes, self.in_channels = classes, in_channels

    def __call__(self, x: Tensor, context: ForwardContext | None = None) -> Tensor:
        """Return the logits of ``x``; without ``context`` those of the mixture of all operations, by their mean."""
        return super().__call__(x, context or ForwardContext(mixing_gates(self.sub_space)))

    @property
    def device(self) -> torch.device:
        """Return where the weights are."""
        return next(self.parameters()).device

    @property
    def dimensions(self) -> dict[str, int]:
        """Return the numbers that say how large the network is: the fields of ``size``, classes and input channels."""
        return asdict(self.size) | {"classes": self.classes, "in_channels": self.in_channels}

    @functools.cached_property
    def named(self) -> dict[str, nn.Parameter]:
        """Return all parameters by name; to walk through the modules each time takes a tenth of a small step."""
        return dict(self.named_parameters())

    @functools.cached_property
    def layers(self) -> dict[str, Layer]:
        """Return the convolutions and linear layers by the names of their weights, in the order of the parameters.

        Each module states its own, as ``layers``.

        Raises
        ------
        FsnasError
            If a name is that of no parameter: metrics would silently leave the layer out.
        """
        stated = [getattr(module, "layers", ()) for part in self.children() for module in part.modules()]
        found = {layer.name: layer for layers in stated for layer in layers}
        if unknown := [name for name in found if name not in self.named]:
            near = nearest(unknown[0], list(self.named))
            raise FsnasError(
                f"the supernet of {self.space.name} states a layer {unknown[0]!r}{near}, expected the name of a "
                f"parameter: {', '.join(self.named)}"
            )
        return {name: found[name] for name in self.named if name in found}

    def logits_of_each(self, x: Tensor, architectures: np.ndarray, together: int | None = None) -> Iterator[Tensor]:
        """Yield the logits ``[n, b, classes]`` of the next ``n`` of ``architectures [.., edges]`` on the images ``x``.

        Here one after the other; a space's own supernet may evaluate several ``together``. An index of -1 stands for an
        operation that cannot matter.
        """
        for architecture in architectures:
            gates = path_gates(architecture, len(self.space.operations))
            yield self(x, ForwardContext(gates))[None]

    def multiply_adds(self, image: tuple[int, int]) -> int:
        """Return the multiply-adds of one image (height, width) in the convolutions and linear layers it executes."""
        hook = _MultiplyAdds(self)
        with torch.no_grad():
            self(torch.zeros(2, self.in_channels, *image), ForwardContext(self.sub_space.astype(float), hook=hook))
        return hook.total

    def as_module(self, gates: np.ndarray) -> nn.Module:
        """Return the network under ``gates`` as plain PyTorch modules, which share its weights.

        Raises
        ------
        FsnasError
            Where the search space offers none.
        """
        raise FsnasError(f"the supernet of {self.space.name} has no plain modules; state as_module in its class")


class _MultiplyAdds(ForwardHook):
    executes_all = True

    def __init__(self, network: Supernet) -> None:
        self.network, self.total = network, 0

    def layer(self, output: Tensor, names: list[str]) -> None:
        each = output[0].numel() // len(names)
        self.total += sum(each * self.network.named[name][0].numel() for name in names)


def executed_layers(
    network: Supernet, gates: np.ndarray, keep: Callable[[Layer], bool] = lambda layer: True
) -> dict[str, nn.Parameter]:
    """Return the weights of the layers that a pass with ``gates`` executes and that ``keep`` accepts, by name."""
    chosen = (name for name, layer in network.layers.items() if layer.is_executed(gates) and keep(layer))
    return {name: network.named[name] for name in chosen}


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


@dataclass(frozen=True)
class GatedSupernet:
    """A supernet with its gates in place: the perturbed supernet ``m(k, o)`` that a metric sees.

    Attributes
    ----------
    network
        The shared weights.
    gates
        float64 ``[edges, operations]``; an operation with gate zero is not executed, nor one that cannot matter.
    batch_norm
        ``batch`` or ``identity``, as in `ForwardContext`.
    """

    network: Supernet
    gates: np.ndarray
    batch_norm: str = "batch"

    @property
    def named(self) -> dict[str, nn.Parameter]:
        """Return all parameters of the network by name."""
        return self.network.named

    @property
    def stays_positive(self) -> bool:
        """Return what the network states."""
        return self.network.stays_positive

    @functools.cached_property
    def active(self) -> np.ndarray:
        """Return the gates of the operations that matter: float64 ``[edges, operations]``."""
        return self.network.space.active_gates(self.gates)

    def __call__(self, x: Tensor, **how: Any) -> Tensor:
        """Return the logits ``[b, classes]`` of ``x [b, c, h, w]``; ``how`` as in `ForwardContext`."""
        return self.network(x, self._context(**how))

    def _context(self, *, hook: ForwardHook = ForwardHook(), **how: Any) -> ForwardContext:  # noqa: B008 - no state
        gates = self.gates if hook.executes_all else self.active
        return ForwardContext(gates, hook, **{"batch_norm": self.batch_norm, **how})

    def with_weights(self, weights: Mapping[str, Tensor], x: Tensor, **how: Any) -> Tensor:
        """Return the logits of ``x`` with all parameters taken from ``weights`` (by name, any dtype)."""
        context = self._context(**how)
        return torch.func.functional_call(self.network, dict(weights), (x, context))

    def layers(self, keep: Callable[[Layer], bool] = lambda layer: True) -> dict[str, nn.Parameter]:
        """Return the weights of the convolutions and of the classifier that ``keep`` accepts, by name.

        Weights of operations that are not executed take no part and are left out: their gradient is zero.
        """
        return executed_layers(self.network, self.active, keep)
