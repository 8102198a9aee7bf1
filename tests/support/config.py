"""The default config, and changes laid over it."""

import copy
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def laid_over(config: dict, changes: dict) -> dict:
    """Return ``config`` with ``changes`` laid over it, as Snakemake does."""
    merged = copy.deepcopy(config)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged
