"""Linear regions: how many ReLU patterns a thin, fresh network makes of random crops."""

from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.errors import FsnasError
from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.forward import ForwardContext, ForwardHook
from fsnas.networks.kernels import BN_EPS
from fsnas.networks.supernet import GatedSupernet
from fsnas.seeding import derive


class _Patterns(ForwardHook):
    """Keeps which units of every ReLU are on."""

    def __init__(self) -> None:
        self.on: list[Tensor] = []

    def relu(self, x: Tensor, count: int) -> None:
        self.on.append((x > 0).flatten(1))


@metric(
    direction="higher",
    paper="Chen et al. 2021 (TE-NAS), section 3.1.2",
    equation="S = number of distinct ReLU patterns over the crops",
    needs="thin_network",
)
def lr(
    model: GatedSupernet,
    batch: ScoringBatch,
    *,
    samples: Annotated[int, {"ge": 1, "le": 1_000_000}, "3x3 crops"] = 3000,
    batch_size: Annotated[int, {"ge": 2, "le": 1_000_000}, "how many of them share a BatchNorm"] = 1000,
) -> float:
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
    thin = model.network.space.thin_network(derive(batch.seed, "lr")).to(crops.device, torch.float64)
    rows = []
    for part in crops.split(batch_size):
        hook = _Patterns()
        with torch.no_grad():
            last = thin(part, ForwardContext(model.gates, hook=hook))
            last = F.batch_norm(last, None, None, training=True, eps=BN_EPS)
        hook.relu(last, 1)
        rows.append(torch.cat(hook.on, dim=1).cpu().numpy())
    packed = np.packbits(np.concatenate(rows), axis=1)
    return float(len(set(packed.view(f"V{packed.shape[1]}").ravel().tolist())))
