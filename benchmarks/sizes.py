"""What the benchmarks work on: a supernet of some size, its perturbed supernets, and random images."""

from dataclasses import dataclass

import numpy as np
import torch

from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates, perturb
from fsnas.networks.supernet import GatedSupernet
from tests.support.problems import supernet
from tests.support.space import SPACE

PATH = [3, 2, 3, 1, 4, 3]  # both convolutions, skip and pooling


@dataclass
class Size:
    channels: int
    cells: int
    batch: int
    side: int

    def model(self, gates: np.ndarray | None = None) -> GatedSupernet:
        network = supernet(channels=self.channels, cells=self.cells, classes=10, seed=0)
        return GatedSupernet(network, mixing_gates(SPACE.full()) if gates is None else gates)

    def perturbed(self) -> list[GatedSupernet]:
        """Return all perturbed supernets of the root."""
        root, space = self.model(), SPACE.full()
        edges, operations = SPACE.splittable_edges(space), range(space.shape[1])
        return [GatedSupernet(root.network, perturb(root.gates, e, o)) for e in edges for o in operations]

    def repetition(self) -> ScoringBatch:
        drawn = torch.Generator().manual_seed(0)
        images = torch.randn(self.batch, 3, self.side, self.side, generator=drawn)
        labels = torch.randint(10, (self.batch,), generator=drawn)
        crops = torch.randn(3000, 1, 3, 3, generator=drawn)
        return ScoringBatch(images, labels, 0, lambda samples, seed: crops[:samples])
