"""Linear regions: how many ReLU patterns a thin, fresh network makes of random crops."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.errors import FsnasError
from fsnas.evaluation import Repetition
from fsnas.kernels import BN_EPS
from fsnas.metrics import metric
from fsnas.seeding import derive
from fsnas.spaces import full_space
from fsnas.supernet import Cell, GatedSupernet, Pass, Tap


class _Patterns(Tap):
    """Keeps which units of every ReLU are on."""

    def __init__(self) -> None:
        self.on: list[Tensor] = []

    def relu(self, x: Tensor, count: int) -> None:
        self.on.append((x > 0).flatten(1))


@metric(
    direction="higher",
    paper="Chen et al. 2021 (TE-NAS), section 3.1.2",
    equation="S = number of distinct ReLU patterns over the crops",
)
def lr(model: GatedSupernet, batch: Repetition, *, samples: int = 3000, batch_size: int = 1000) -> float:
    """Return the number of distinct ReLU patterns of TE-NAS's thin net over ``samples`` 3x3 crops, in float64.

    One cell with the gates of ``model``, one channel, no stem, then BatchNorm and ReLU; BatchNorm over batches of
    ``batch_size``. The weights are fresh, drawn for the full space from the seed of the repetition: it sees the
    space, not the trained weights.
    """
    if samples < 1 or batch_size < 2:
        raise FsnasError(
            f"lr's options samples and batch_size: found {samples} and {batch_size}, expected at least 1 and 2"
        )
    crops = batch.crops(samples).double()
    cell = Cell(1, full_space(), "cell", torch.Generator().manual_seed(derive(batch.seed, "lr")))
    cell = cell.to(crops.device, torch.float64)
    rows = []
    for part in crops.split(batch_size):
        tap = _Patterns()
        with torch.no_grad():
            last = F.batch_norm(cell(part, Pass(model.gates, tap=tap)), None, None, training=True, eps=BN_EPS)
        tap.relu(last, 1)
        rows.append(torch.cat(tap.on, dim=1).cpu().numpy())
    packed = np.packbits(np.concatenate(rows), axis=1)
    return float(len(set(packed.view(f"V{packed.shape[1]}").ravel().tolist())))
