"""What a training took, as JSON beside its checkpoint: readable without torch, not part of the checkpoint's bytes."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import lineage_of
from fsnas.artifacts.json_format import JsonFormat
from fsnas.training.record import TrainingCost

VERSION = 2
FORMAT = JsonFormat("fsnas.cost", VERSION, TrainingCost, extra="ignore")  # an older fsnas said what shares the training


def write_training_cost(path: str | Path, cost: TrainingCost, **lineage: Any) -> None:
    """Write ``cost`` and what the checkpoint was made from; whole or not at all, errors as `JsonFormat.write`."""
    FORMAT.write(path, asdict(cost) | lineage_of(**lineage))


def read_training_cost(path: str | Path) -> TrainingCost:
    """Return the cost of a training; errors as `JsonFormat.read`."""
    return FORMAT.read(path)
