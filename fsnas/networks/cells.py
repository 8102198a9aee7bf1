"""The network of cells, NAS-Bench-201's: stem, three stages of cells with a reduction between them, head."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from fsnas.networks import modules, stacks
from fsnas.networks.cell import Cell
from fsnas.networks.forward import ForwardContext, Layer
from fsnas.networks.kernels import arranged
from fsnas.networks.layers import BatchStatNorm, Conv, Linear, Reduction, relu
from fsnas.networks.supernet import Supernet
from fsnas.spaces.cell import WIDTHS, CellSize, CellSpace


class CellSupernet(Supernet):
    """The network over a sub-space; the stages have ``C, 2C, 4C`` channels and ``N`` cells each.

    Only enabled operations have weights; ``seed`` draws them, as PyTorch does.
    """

    def __init__(
        self, space: CellSpace, sub_space: np.ndarray, size: CellSize, *, classes: int, in_channels: int, seed: int
    ) -> None:
        super().__init__(space, sub_space, size, classes=classes, in_channels=in_channels)
        self.stays_positive = not sub_space[:, [o == "max_pool_3x3" for o in space.operations]].any()
        generator = torch.Generator().manual_seed(seed)
        channels, widths = size.channels, [size.channels * multiple for multiple in WIDTHS]
        self.stem = Conv(Layer("stem.weight", "stem"), in_channels, channels, 3, generator)
        self.stem_bn = BatchStatNorm(channels)
        stages, reductions = [], []
        for stage, width in enumerate(widths):
            if stage:
                reductions.append(Reduction(width // 2, width, f"reductions.{stage - 1}", generator))
            names = [f"stages.{stage}.{i}" for i in range(size.cells)]
            stages.append(nn.ModuleList(Cell(width, space, sub_space, name, generator) for name in names))
        self.stages, self.reductions = nn.ModuleList(stages), nn.ModuleList(reductions)
        self.last_bn = BatchStatNorm(widths[-1])
        self.classifier = Linear(Layer("classifier.weight", "head"), widths[-1], classes, generator)

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        """Return the logits ``[b, classes]`` of the images ``x [b, c, h, w]`` under ``context``."""
        x = arranged(x) if context.channels_last else x.contiguous()
        x = self.stem_bn(self.stem(x, context), context)
        for stage, cells in enumerate(self.stages):
            if stage:
                x = self.reductions[stage - 1](x, context)
                context.hook.features(x)
            for cell in cells:  # type: ignore[attr-defined]
                x = cell(x, context)
                context.hook.features(x)
        x = relu(self.last_bn(x, context), context)
        return self.classifier(x.mean(dim=(2, 3)), context)

    def logits_of_each(self, x: Tensor, architectures: np.ndarray, together: int | None = None) -> Iterator[Tensor]:
        """Yield as `Supernet.logits_of_each`, from stacks of networks that share what they can."""
        return stacks.logits_of_each(self, x, architectures, together)

    def as_module(self, gates: np.ndarray) -> nn.Module:
        """Return the network under ``gates`` as plain modules (`fsnas.networks.modules`)."""
        return modules.PlainNetwork(self, gates)


supernet = CellSupernet  # as `SearchSpace.network` asks for it


def thin_network(space: CellSpace, seed: int) -> Cell:
    """Return TE-NAS's thin net: one cell of one channel with all operations of ``space``."""
    return Cell(1, space, space.full(), "cell", torch.Generator().manual_seed(seed))
