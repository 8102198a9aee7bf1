"""Multiply-adds of the enabled operations: a control that sees neither weight nor pixel."""

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.supernet import GatedSupernet


@metric(
    direction="higher",
    paper="Dong and Yang 2020 (NAS-Bench-201); a control in Abdelfattah et al. 2021 (zero-cost-nas)",
    equation="S = multiply-adds of one image through the enabled operations in the benchmark's own network",
)
def flops(model: GatedSupernet, batch: ScoringBatch) -> float:
    """Return the multiply-adds of the operations whose gate is not zero, and of the network around them.

    The size of the image is that of the batch.
    """
    network, (height, width) = model.network, batch.images.shape[2:]
    of = {"classes": network.classes, "in_channels": network.in_channels}
    return float(network.space.flops(model.gates != 0, network.size, **of, image=(height, width)))
