"""How a forward pass runs, who watches it, and to which part of a network a layer belongs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fsnas.networks.kernels import BN_EPS, batch_norm, per_channel


@dataclass(frozen=True)
class Layer:
    """A convolution or linear layer of a supernet.

    Attributes
    ----------
    name
        Of its weight, as in ``named_parameters()``.
    part
        ``stem``, ``operation``, ``reduction`` or ``head``.
    edge, operation
        Whose layer it is, if the part is ``operation``.
    """

    name: str
    part: str
    edge: int | None = None
    operation: int | None = None

    def is_executed(self, gates: np.ndarray) -> bool:
        """Return whether a forward pass with ``gates [edges, operations]`` needs it."""
        return self.part != "operation" or bool(gates[self.edge, self.operation])


class ForwardHook:
    """Sees the tensors inside a forward pass; a subclass overrides what it needs.

    Attributes
    ----------
    executes_all
        Also execute operations that cannot matter (`active_gates`), because the hook counts what is executed.
    """

    executes_all = False

    def relu(self, x: Tensor, count: int) -> None:
        """Get the input ``x`` of a ReLU that ``count`` executed operations apply."""

    def layer(self, output: Tensor, names: list[str]) -> None:
        """Get the ``output`` of convolutions or of the classifier: equal shares of axis 1, one per layer name."""

    def features(self, x: Tensor) -> None:
        """Get the features ``x [b, ..]`` after a cell, a reduction block or an edge of a chain: one for all gates."""


@dataclass(frozen=True)
class ForwardContext:
    """How one forward pass runs.

    Attributes
    ----------
    gates
        float64 ``[edges, operations]``; what has a gate of zero is not executed.
    hook
        Who watches.
    batch_norm
        ``batch``: the statistics of the batch; ``identity``: a mean of 0 and a variance of 1, as a fresh network has
        them in evaluation mode; ``none``: no BatchNorm at all.
    channels_last
        Large batches may lie in that order; without it memory stays in NCHW order, where second derivatives are faster.
    learned
        The gates as ``[edges, operations]`` in the dtype and on the device of the weights, where the pass is to have
        gradients in them. ``gates`` then says only which of them are open.
    """

    gates: np.ndarray
    hook: ForwardHook = ForwardHook()
    batch_norm: str = "batch"
    channels_last: bool = True
    learned: Tensor | None = None

    def gate(self, edge: int, operation: int) -> float | Tensor:
        """Return the factor of an operation: a number, or a tensor ``[]`` where gates are learned."""
        return float(self.gates[edge, operation]) if self.learned is None else self.learned[edge, operation]

    def scales(self, edges: Sequence[int], operation: int, channels: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Return scale and shift for `normalise`: an operation's gates on ``edges``, each for ``channels``, and zeros.

        ``[edges * channels]`` each, in the dtype and on the device of ``like``.
        """
        values = tuple(self.gates[list(edges), operation].tolist()) if self.learned is None else (0.0,) * len(edges)
        gates, zeros = per_channel(values, channels, like.dtype, like.device)
        if self.learned is not None:
            gates = torch.stack([self.learned[e, operation] for e in edges]).repeat_interleave(channels)
        return gates, zeros

    def normalise(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """Return ``x [b, c, h, w]`` after BatchNorm with ``scale`` and ``shift`` per channel ``[c]``.

        Without BatchNorm it is scaled and shifted all the same.
        """
        if self.batch_norm == "batch":
            return batch_norm(x, scale, shift)
        if self.batch_norm == "identity":
            scale = scale / math.sqrt(1 + BN_EPS)
        return x * scale.view(-1, 1, 1) + shift.view(-1, 1, 1)
