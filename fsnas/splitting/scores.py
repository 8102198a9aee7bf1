"""The scores of a node."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from fsnas.spaces import SearchSpace


@dataclass(frozen=True)
class NodeScores:
    """The scores of one node.

    Attributes
    ----------
    space
        bool ``[edges, operations]``.
    scores
        float64 ``[repetitions, edges, operations]``, NaN where an edge cannot be split or a score is not finite;
        None for a metric that gives affinities.
    affinity
        float64 ``[edges, operations, operations]``, the mean over the repetitions; NaN where an edge takes no part.
    reasons
        Why a score is NaN although its edge takes part: one line each, naming edge, operation and repetition.
    """

    space: np.ndarray
    scores: np.ndarray | None
    affinity: np.ndarray
    reasons: tuple[str, ...]

    def summary(self, space: SearchSpace) -> str:
        """Return a line on how many values are not finite, of which operations, and the first reason."""
        if not self.reasons:
            return "scored"
        any_name = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, space.operations))})(?!\w)")  # conv_3x3, sep_conv_3x3
        each = Counter(name for reason in self.reasons for name in any_name.findall(reason))
        named = ", ".join(f"{name} {count}" for name, count in each.most_common())
        return (
            f"{len(self.reasons)} values are not finite ({named}), the first on {self.reasons[0]}; all reasons are "
            "kept in scores.h5"
        )
