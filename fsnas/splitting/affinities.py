"""The scores of a node, and the affinities of its operations."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fsnas.errors import FsnasError
from fsnas.spaces import SearchSpace
from fsnas.splitting.choices import AVERAGES


@dataclass(frozen=True)
class NodeScores:
    """The scores of one node.

    Attributes
    ----------
    space
        The search space.
    sub_space
        bool ``[edges, operations]``: the node's.
    scores
        float64 ``[repetitions, edges, operations]``, NaN where an edge cannot be split or a score is not finite;
        None for a metric that gives affinities.
    affinity
        float64 ``[edges, operations, operations]``, the mean over the repetitions; NaN where an edge takes no part.
    reasons
        Why a score is NaN although its edge takes part: one line each, naming edge, operation and repetition.
    path, metric, seed
        Which node of which tree it is; they name the streams that draw ties.
    shares
        Of joint metrics, what each adds to ``affinity``: arrays like it by metric, or what it would be by itself where
        the sum is taken of scores.
    """

    space: SearchSpace
    sub_space: np.ndarray
    scores: np.ndarray | None
    affinity: np.ndarray
    reasons: tuple[str, ...] = ()
    path: str = "root"
    metric: str = ""
    seed: int = 0
    shares: Mapping[str, np.ndarray] = field(default_factory=dict)

    def summary(self) -> str:
        """Return a line on how many values are not finite, of which operations, and the first reason."""
        if not self.reasons:
            return "scored"
        names = "|".join(map(re.escape, self.space.operations))
        any_name = re.compile(rf"(?<!\w)({names})(?!\w)")  # conv_3x3, sep_conv_3x3
        each = Counter(name for reason in self.reasons for name in any_name.findall(reason))
        named = ", ".join(f"{name} {count}" for name, count in each.most_common())
        return (
            f"{len(self.reasons)} values are not finite ({named}), the first on {self.reasons[0]}; all reasons are "
            "kept in scores.h5"
        )


def mean_affinity(found: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean over repetitions of what an affinity metric (gm) gave: ``[n, n]`` each, and the mean."""
    return np.mean(found, axis=0)


def averaged(scores: NodeScores, average: str) -> np.ndarray:
    """Return the affinities ``[edges, operations, operations]`` over all repetitions.

    ``affinities`` is the mean of those of each repetition; ``scores`` takes the differences of the mean scores, in
    which noise averages out (follow-up of the few-shot paper). A metric that gives affinities has only the first.
    """
    if average not in AVERAGES:
        raise FsnasError(f"average is {average!r}, expected one of {list(AVERAGES)}")
    if average == "affinities" or scores.scores is None:
        return scores.affinity
    return affinities_of(scores.scores, average)


def affinities_of(scores: np.ndarray, average: str) -> np.ndarray:
    """Return the affinities of scores ``[repetitions, edges, operations]``, averaged as in `averaged`."""
    of = scores.mean(axis=0, keepdims=True) if average == "scores" else scores
    return np.stack([score_affinity(edge) for edge in of.swapaxes(0, 1)])


def score_affinity(scores: np.ndarray) -> np.ndarray:
    """Return ``-|f_i - f_j|`` averaged over repetitions: ``[r, n]`` to float64 ``[n, n]`` (few-shot paper, sec. 3)."""
    return -np.abs(scores[:, :, None] - scores[:, None, :]).mean(axis=0)
