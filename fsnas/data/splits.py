"""Which images train, validate and test."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from fsnas.errors import DataError
from fsnas.seeding import generator

Split = Literal["balanced", "nasbench201"]
SPLITS = get_args(Split)
TEST_SHARE = 6  # one in so many images of each class tests, where the source has no test part


@dataclass(frozen=True)
class Images:
    """Images in the order of their source.

    ``images`` are uint8 ``[n, c, h, w]``, ``labels`` int64 ``[n]``; ``test`` holds the sorted indices of those that
    test, ``official`` those of ``train`` and ``valid`` where a list of the source's own was asked for.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    test: np.ndarray
    official: dict[str, np.ndarray] | None = None


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


def drawn_test_part(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return the sorted indices of a seeded sixth of each class, where the source has no test part."""
    return balanced(labels, np.arange(len(labels)), TEST_SHARE, seed, "test")[0]


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
