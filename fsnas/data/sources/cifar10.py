"""CIFAR-10, through torchvision, and NAS-Bench-201's split of it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from fsnas.data.sources import Facts
from fsnas.data.sources._cifar import read_cifar
from fsnas.data.splits import Images
from fsnas.errors import DataError

FACTS = Facts(train=25_000, valid=25_000, side=32)
NASBENCH201_START = [0, 5, 7, 11, 13, 15, 16, 17, 20, 24]  # of the official training part


def read(*, folder: str | Path, download: bool = False, split_file: str | None = None) -> Images:
    """Return CIFAR-10 with its own test part (`read_cifar`), split as in ``split_file`` where given."""
    official = official_split(split_file) if split_file else None
    return replace(read_cifar("CIFAR10", folder, download), official=official)


def official_split(split_file: str) -> dict[str, np.ndarray]:
    """Return NAS-Bench-201's train and valid indices from its own split file."""
    try:
        content = json.loads(Path(split_file).expanduser().read_text(encoding="utf-8"))
        parts = {
            part: np.array(sorted(int(i) for i in content[part][1]), dtype=np.int64) for part in ("train", "valid")
        }
    except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise DataError(
            f"{split_file}: cannot be read as NAS-Bench-201's split ({type(error).__name__}: {error}); expected "
            "cifar-split.txt of AutoDL-Projects, JSON with lists of indices under 'train' and 'valid'"
        ) from error
    both = np.concatenate([parts["train"], parts["valid"]])
    start, whole = parts["train"][:10].tolist(), np.array_equal(np.sort(both), np.arange(50_000))
    if len(parts["train"]) != 25_000 or not whole or start != NASBENCH201_START:
        raise DataError(
            f"{split_file}: holds {len(parts['train'])} and {len(parts['valid'])} indices, {len(np.unique(both))} "
            f"different ones, those to train from {start}; expected 25000 and 25000, each of 0 to 49999 once, those "
            f"to train from {NASBENCH201_START}; get cifar-split.txt of AutoDL-Projects"
        )
    return parts
