"""The fast cell: one convolution per kernel and source node.

An edge's output is the gated sum of its operations (equation 2 of the few-shot paper, section 3.1). All edges
that leave a node read the same tensor, so their convolutions run as one with concatenated output channels.
BatchNorm is per channel, so one BatchNorm over the concatenation is exact; the gates are its scales.
"""

import functools

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from fsnas.networks.forward import ForwardContext, Layer
from fsnas.networks.kernels import average_pool
from fsnas.networks.layers import convolution_weight
from fsnas.networks.separable import Separable
from fsnas.spaces.cell import DENSE, SEPARABLE, WEIGHTLESS, CellSpace

POOLS = {"skip_connect": lambda x: x, "avg_pool_3x3": average_pool, "max_pool_3x3": lambda x: F.max_pool2d(x, 3, 1, 1)}


class Cell(nn.Module):
    """The fast cell: the weights of every enabled convolution under ``EDGE:OPERATION``.

    Parameters
    ----------
    channels
        Channels of every node.
    space
        The search space.
    sub_space
        bool ``[edges, operations]``; only enabled operations have weights.
    name
        Prefix of the layer names that a hook sees.
    generator
        Draws the weights (PyTorch's default for convolutions).
    """

    def __init__(
        self, channels: int, space: CellSpace, sub_space: np.ndarray, name: str, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.space, held = space, {o: i for i, o in enumerate(space.operations)}
        self.kernels = {held[o]: kernel for o, kernel in DENSE.items() if o in held}
        self.pools = {held[o]: o for o in WEIGHTLESS if o in held}
        self.times = {held[o]: times for o, (_, _, times) in SEPARABLE.items() if o in held}
        self.leaving = {
            node: [e for e, of in enumerate(space.sources) if of == node] for node in range(space.nodes - 1)
        }
        places = [(e, o) for e in range(len(space.edges)) for o in (*self.kernels, *self.times)]
        self.keys = {(e, o): f"{space.edges[e]}:{space.operations[o]}" for e, o in places}
        enabled = [place for place in places if sub_space[place]]
        dense = [(e, o) for e, o in enabled if o in self.kernels]
        self.weights = nn.ParameterDict(
            {self.keys[e, o]: convolution_weight(channels, channels, self.kernels[o], generator) for e, o in dense}
        )
        self.names = {place: f"{name}.weights.{key}" for place, key in self.keys.items()}
        self.layers = tuple(Layer(self.names[place], "operation", *place) for place in dense)
        self.separable = nn.ModuleDict()
        for e, o in (place for place in enabled if place not in dense):
            of = f"{name}.separable.{self.keys[e, o]}"
            self.separable[self.keys[e, o]] = Separable(channels, space.operations[o], (e, o), of, generator)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Return the last node of the cell for the input ``x [b, c, h, w]``."""
        nodes: list[Tensor | None] = [x, *[None] * (self.space.nodes - 1)]
        for source, edges in self.leaving.items():
            h = nodes[source]
            if h is None:
                self._empty(x, edges, context)
                continue
            for target, value in self._leaving(h, edges, context):
                present = nodes[target]
                nodes[target] = value if present is None else present + value
        output = nodes[-1]
        return torch.zeros_like(x) if output is None else output

    def _empty(self, x: Tensor, edges: list[int], context: ForwardContext) -> None:
        """Show the hook the ReLUs behind a node without input: zeros, which add nothing to the nodes after it."""
        count = int(np.count_nonzero(context.gates[edges][:, [*self.kernels]]))
        count += sum(times * int(np.count_nonzero(context.gates[edges, o])) for o, times in self.times.items())
        if count:
            context.hook.relu(torch.zeros_like(x), count)

    def _leaving(self, h: Tensor, edges: list[int], context: ForwardContext) -> list[tuple[int, Tensor]]:
        """Return what the node ``h`` adds to the nodes after it, as (target, tensor)."""
        sums = self._pass_on(h, edges, context) if context.learned is None else self._learned(h, edges, context)
        active = {o: tuple(e for e in edges if context.gates[e, o]) for o in self.kernels}
        separable = [(e, o) for o in self.times for e in edges if context.gates[e, o]]
        count = sum(map(len, active.values())) + len(separable)
        if count:
            context.hook.relu(h, count)
            rectified = F.relu(h)
            for operation, chosen in active.items():
                if chosen:  # operations of the same edges are added before they part
                    y = self._convolve(rectified, operation, chosen, context)
                    sums[chosen] = _added(y, sums[chosen]) if chosen in sums else y
            for e, o in separable:
                y = self.separable[self.keys[e, o]](rectified, context)
                sums[e,] = y + sums[e,] if (e,) in sums else y
        return [
            (self.space.targets[e], part)
            for chosen, y in sums.items()
            for e, part in zip(chosen, y.unbind(1) if y.dim() > 4 else [y] * len(chosen), strict=True)
        ]

    def _pass_on(self, h: Tensor, edges: list[int], context: ForwardContext) -> dict[tuple[int, ...], Tensor]:
        """Gate what has no weights, `skip_connect` and the pools: once for all ``edges`` with the same gates.

        By these edges: ``[b, c, h, w]``, the same for each.
        """
        alike: dict[tuple[float, ...], list[int]] = {}
        for e in edges:
            alike.setdefault(tuple(context.gates[e, [*self.pools]].tolist()), []).append(e)
        used = [any(gates) for gates in zip(*alike, strict=True)]
        inputs = [POOLS[name](h) if used[i] else h for i, name in enumerate(self.pools.values())]
        values = {}
        for gates, those in alike.items():
            parts = {gate: [x for x, own in zip(inputs, gates, strict=True) if own == gate] for gate in gates if gate}
            sums = [(gate, functools.reduce(torch.add, of)) for gate, of in parts.items()]
            if sums:
                gated = (of if gate == 1 else of * gate for gate, of in sums)
                values[tuple(those)] = functools.reduce(torch.add, gated)
        return values

    def _learned(self, h: Tensor, edges: list[int], context: ForwardContext) -> dict[tuple[int, ...], Tensor]:
        """Return the same where every gate has a gradient of its own: edge by edge."""
        pools = [(o, name) for o, name in self.pools.items() if context.gates[edges, o].any()]
        inputs = {o: POOLS[name](h) for o, name in pools}
        values: dict[tuple[int, ...], Tensor] = {}
        for e in edges:
            parts = [x * context.gate(e, o) for o, x in inputs.items() if context.gates[e, o]]
            if parts:
                values[e,] = functools.reduce(torch.add, parts)
        return values

    def _convolve(self, x: Tensor, operation: int, edges: tuple[int, ...], context: ForwardContext) -> Tensor:
        """Convolve, normalise and gate one ``operation`` for all ``edges`` at once.

        The gates are the scales of BatchNorm: before it they would cancel. Of one edge it is ``[b, c, h, w]``, of
        several ``[b, edges, c, h, w]``.
        """
        each = [self.weights[self.keys[e, operation]] for e in edges]
        y = F.conv2d(x, torch.cat(each) if len(each) > 1 else each[0], padding=self.kernels[operation] // 2)
        context.hook.layer(y, [self.names[e, operation] for e in edges])
        channels = y.shape[1] // len(edges)
        y = context.normalise(y, *context.scales(edges, operation, channels, y))
        return y.unflatten(1, (len(edges), channels)) if len(edges) > 1 else y


def _added(y: Tensor, to: Tensor) -> Tensor:
    """Return the sum; what is the same for several edges is added to each of them."""
    return y + (to if to.dim() == y.dim() else to[:, None])
