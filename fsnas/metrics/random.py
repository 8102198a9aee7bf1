"""A seeded draw: the control without which no figure can be read."""

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.supernet import GatedSupernet
from fsnas.seeding import generator


@metric(direction="none", paper="ours (a control)", equation="S ~ U(0, 1)")
def random(model: GatedSupernet, batch: ScoringBatch) -> float:
    """Return a uniform draw from [0, 1) seeded by the repetition and the gates; it sees no image and no weight."""
    return float(generator(batch.seed, "random", (model.gates != 0).tobytes().hex()).random())
