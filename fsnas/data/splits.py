"""Which images train, validate and test."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsnas.errors import DataError
from fsnas.seeding import generator

SPLITS = ("balanced", "nasbench201")


TEST_SHARE = 6  # one in so many images of each class tests, where the source has no test part


NASBENCH201_START = [0, 5, 7, 11, 13, 15, 16, 17, 20, 24]  # of the official training part


@dataclass(frozen=True)
class Images:
    """Images in the order of their source, and the sorted indices of those that test."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    test: np.ndarray


def balanced(
    labels: np.ndarray, indices: np.ndarray, share: int, seed: int, part: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return a seeded, class-balanced ``1 / share`` of ``indices``, at least one a class, and the rest, both sorted."""
    rng = generator(seed, "split", part)
    taken: list[np.ndarray] = []
    for label in np.unique(labels[indices]):
        members = rng.permutation(indices[labels[indices] == label])
        taken.append(members[: max(1, len(members) // share)])
    first = np.sort(np.concatenate(taken)).astype(np.int64)
    return first, np.setdiff1d(indices, first).astype(np.int64)


def halves(found: Images, rest: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return a seeded train and valid half of each class among ``rest``; train has the odd one."""
    counts = np.bincount(found.labels[rest], minlength=len(found.classes))
    if counts.min() < 2:
        name = found.classes[int(counts.argmin())]
        raise DataError(
            f"the class {name!r} has {counts.min()} training images; expected at least 2, one to train and one to "
            "validate; add images or remove the class"
        )
    valid, train = balanced(found.labels, rest, 2, seed, "valid")
    return {"train": train, "valid": valid}


def official_split(split_file: str) -> dict[str, np.ndarray]:
    """Return NAS-Bench-201's train and valid indices of CIFAR-10 from its own split file."""
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
    if list(map(len, parts.values())) != [25_000, 25_000] or not np.array_equal(np.sort(both), np.arange(50_000)):
        raise DataError(
            f"{split_file}: holds {len(parts['train'])} and {len(parts['valid'])} indices, {len(np.unique(both))} "
            "different ones; expected 25000 and 25000, each of 0 to 49999 once; get cifar-split.txt of AutoDL-Projects"
        )
    if parts["train"][:10].tolist() != NASBENCH201_START:
        raise DataError(
            f"{split_file}: the training part starts with {parts['train'][:10].tolist()}, the official one with "
            f"{NASBENCH201_START}; get cifar-split.txt from AutoDL-Projects"
        )
    return parts
