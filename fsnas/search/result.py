"""What a search made and found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Evaluation:
    """One sampled point and what it gave: ``accuracy`` is finite; ``loss`` is NaN where it was not finite."""

    leaf: str
    architecture: str
    loss: float
    accuracy: float


@dataclass(frozen=True)
class SearchResult:
    """All evaluations of a search, in order, and the index of the best one, as `best_of` says."""

    sampler: str
    evaluations: tuple[Evaluation, ...]
    best: int


def best_of(evaluations: Sequence[Evaluation]) -> int:
    """Return the index of the best evaluation: highest accuracy, then lowest loss (NaN last), then the first."""

    def key(index: int) -> tuple[float, float]:
        one = evaluations[index]
        return -one.accuracy, math.inf if math.isnan(one.loss) else one.loss

    return min(range(len(evaluations)), key=key)


@dataclass(frozen=True)
class SearchRecord:
    """The content of search.json: one search per sampler, in the order of the run, and what made them."""

    method: str
    metric: str
    seed: int
    searches: tuple[SearchResult, ...]
    key: str
    settings: dict[str, Any]
