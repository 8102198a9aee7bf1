"""Few-shot neural architecture search with zero-cost proxies: the names that a notebook needs.

Each is loaded when it is first used: ``import fsnas`` imports no torch.
"""

import importlib
from typing import Any

HOMES = {  # where each name stands, or the module that it is
    "metrics": "fsnas.metrics",
    "policies": "fsnas.splitting.policies",
    "spaces": "fsnas.spaces",
    "Recipe": "fsnas.training.recipe",
    "ScoringBatch": "fsnas.metrics._toolkit",
    "comparison_batches": "fsnas.data.batches",
    "evaluate_architectures": "fsnas.networks.shared_weights",
    "grow": "fsnas.splitting.growing",
    "make_dataset": "fsnas.data.making",
    "read_checkpoint": "fsnas.artifacts.checkpoint",
    "read_dataset": "fsnas.artifacts.dataset",
    "read_scores": "fsnas.artifacts.scores",
    "read_tree": "fsnas.artifacts.splits",
    "score": "fsnas.splitting.scoring",
    "split_distance": "fsnas.analysis.split_distance",
    "split_distance_table": "fsnas.analysis.distance_tables",
    "split_node": "fsnas.splitting.node",
    "train": "fsnas.training.loop",
}
__all__ = [*HOMES]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'fsnas' has no attribute {name!r}; it has {', '.join(HOMES)}")
    home = importlib.import_module(HOMES[name])
    return getattr(home, name, home)


def __dir__() -> list[str]:
    return sorted(HOMES)
