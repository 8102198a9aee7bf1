"""What a training took, as JSON beside its checkpoint: readable without torch, not part of the checkpoint's bytes."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import COUNT, FROM_0, TEXT, broken_rules, lineage_of, read_json, write_json
from fsnas.training.record import TrainingCost

FORMAT, VERSION = "fsnas.cost", 2
RULES = {"epochs": COUNT, "seconds": FROM_0, "samples": COUNT, "device": TEXT, "key": TEXT, "device_seconds": FROM_0}
_problems = partial(broken_rules, rules=RULES)


def write_cost(path: str | Path, cost: TrainingCost, **lineage: Any) -> None:
    """Write ``cost`` and what the checkpoint was made from; whole or not at all, errors as `write_json`."""
    content = {"format": FORMAT, "version": VERSION, **asdict(cost), **lineage_of(**lineage)}
    write_json(path, content, _problems)


def read_cost(path: str | Path) -> TrainingCost:
    """Return the cost of a training; errors as `read_json`."""
    content = read_json(path, FORMAT, VERSION, _problems)
    return TrainingCost(**{name: content[name] for name in RULES})
