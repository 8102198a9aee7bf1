"""What a search made and found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge, Le, MinLen

from fsnas.fields import Matches
from fsnas.search.trajectory import LeafTrajectory
from fsnas.splitting.trees import Name, NodePath


@dataclass(frozen=True)
class Evaluation:
    """One sampled point and what it gave: ``accuracy`` is finite; ``loss`` is NaN where it was not finite."""

    leaf: NodePath
    architecture: Name
    loss: float
    accuracy: Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True)
class SearchResult:
    """All evaluations of a search, in order, and the index of the best one, as `best_of` says.

    Those of a differentiable search, which has its name from the config, are of what it found in each leaf.
    """

    sampler: Annotated[str, Matches("^[a-z][a-z0-9_-]*$")]
    evaluations: Annotated[tuple[Evaluation, ...], MinLen(1)]
    best: Annotated[int, Ge(0)]


def best_of(evaluations: Sequence[Evaluation]) -> int:
    """Return the index of the best evaluation: highest accuracy, then lowest loss (NaN last), then the first."""

    def key(index: int) -> tuple[float, float]:
        one = evaluations[index]
        return -one.accuracy, math.inf if math.isnan(one.loss) else one.loss

    return min(range(len(evaluations)), key=key)


@dataclass(frozen=True)
class SearchRecord:
    """The content of search.json: one search per sampler, in the order of the run, and what made them.

    Then come the differentiable searches, whose ``trajectories`` say how they went: of each all leaves.
    """

    method: Name
    metric: Name
    seed: int
    searches: Annotated[tuple[SearchResult, ...], MinLen(1)]
    key: str
    settings: dict[str, Any]
    trajectories: tuple[LeafTrajectory, ...] = ()
