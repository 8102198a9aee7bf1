"""LID: how alike two operations of an edge leave the local intrinsic dimensions of the features, layer by layer."""

import math
from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.forward import ForwardHook
from fsnas.networks.supernet import GatedSupernet


class _Profile(ForwardHook):
    """Keeps the dimensions of the features, in the order of the network, and not the features."""

    def __init__(self, neighbours: int) -> None:
        self.neighbours = neighbours
        self.found: list[Tensor] = []

    def features(self, x: Tensor) -> None:
        self.found.append(local_dimension(x, self.neighbours))


def local_dimension(features: Tensor, neighbours: int) -> Tensor:
    """Return the mean over the images of ``features [b, ...]`` of their local intrinsic dimension, float64.

    ``LID(x) = 1 / mean of log(r_k / r_i)`` over the distances ``r_1 <= .. <= r_k`` of the ``k`` nearest other images,
    or of all others. A distance of zero gives 0, the limit of a smaller and smaller one; equal distances give inf.
    """
    points = features.flatten(1).double()
    distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")  # a product rounds zeros away
    nearest = distances.fill_diagonal_(-1.0).sort(dim=1).values[:, 1 : neighbours + 1]
    logs = torch.where(nearest > 0, nearest[:, -1:] / nearest, math.inf).log()
    return (1 / logs.mean(dim=1)).mean()


@metric(
    direction="none",
    kind="affinity",
    paper="He et al. 2023 (NAS-LID), the Euclidean similarity of their code; LID: Amsaleg et al. 2015, by likelihood",
    equation="A[i, j] = 1 / (1 + |LID(m(k, o_i)) - LID(m(k, o_j))|_2), LID the vector over cells and reduction blocks",
)
def lid(
    models: Sequence[GatedSupernet],
    edge: int,
    batch: ScoringBatch,
    *,
    neighbours: Annotated[int, {"ge": 2, "le": 65_535}, "images nearest to each, or fewer: all others of a batch"] = 20,
) -> Tensor:
    """Return the similarities ``[n, n]`` (float64) of the profiles of the ``n`` perturbed supernets.

    A profile has the mean dimension (`local_dimension`) of the outputs of each cell and reduction block, or of what
    else the network shows as features. A network that shows none gives NaN, as does a dimension that is not finite.
    """
    profiles = []
    for model in models:
        hook = _Profile(neighbours)
        with torch.no_grad():
            model(batch.images, hook=hook)
        profiles.append(torch.stack(hook.found) if hook.found else torch.tensor([math.nan], dtype=torch.float64))
    stacked = torch.stack(profiles)
    return (1 / (1 + (stacked[:, None] - stacked).norm(dim=2))).cpu()
