"""Parameters of the enabled operations: a control that sees neither image nor weight."""

from fsnas.metrics import metric
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.supernet import GatedSupernet


@metric(
    direction="higher",
    paper="Dong and Yang 2020 (NAS-Bench-201); a control in Abdelfattah et al. 2021 (zero-cost-nas)",
    equation="S = number of parameters of the enabled operations in the benchmark's own network",
)
def params(model: GatedSupernet, batch: ScoringBatch) -> float:
    """Return the number of parameters of the operations whose gate is not zero, and of the network around them."""
    network = model.network
    of = {"classes": network.classes, "in_channels": network.in_channels}
    return float(network.space.parameters(model.gates != 0, network.size, **of))
