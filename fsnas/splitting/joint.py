"""Several metrics as one: what they are, how much each counts, and the affinities that they give together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fsnas.errors import FsnasError
from fsnas.metrics import metric_spec
from fsnas.splitting.affinities import NodeScores, affinities_of, averaged
from fsnas.splitting.choices import COMBINATIONS

SAME = 1e-9  # of the range of a metric's affinities: those nearer to each other share a rank


@dataclass(frozen=True)
class Part:
    """One metric of a method: its name, the options that are given, and its weight beside the others."""

    metric: str
    options: dict[str, Any] = field(default_factory=dict)
    weight: float = 1.0


Metrics = str | Sequence[str] | Mapping[str, float | Mapping[str, Any] | None]


def parts_of(metrics: Metrics) -> tuple[Part, ...]:
    """Return the parts that a metric, a list of metrics, or a mapping stands for.

    A mapping gives each metric its weight, or its options with a ``weight`` among them.

    >>> parts_of({"gradnorm": 2, "ntk": {"weight": 0.5, "samples": 8}})
    (Part(metric='gradnorm', options={}, weight=2), Part(metric='ntk', options={'samples': 8}, weight=0.5))
    """
    named = {metrics: None} if isinstance(metrics, str) else metrics
    given = dict.fromkeys(named) if not isinstance(named, Mapping) else named
    parts = []
    for metric, said in given.items():
        said = dict(said or {}) if said is None or isinstance(said, Mapping) else {"weight": said}
        parts.append(Part(metric, weight=said.pop("weight", 1.0), options=said))
    return tuple(parts)


def name_of(parts: Sequence[Part]) -> str:
    """Return the name of what the parts are together: ``ntk+lr``; of one part its metric."""
    return "+".join(part.metric for part in parts)


def weights_of(parts: Sequence[Part]) -> dict[str, float]:
    """Return the weight of every metric."""
    return {part.metric: part.weight for part in parts}


def of_level(parts: Sequence[Part], combine: str, level: int) -> tuple[Part, ...]:
    """Return the parts that decide the splits of ``level``: all of them, or one by ``by_level``, in turn."""
    return (parts[level % len(parts)],) if combine == "by_level" else tuple(parts)


def check_parts(parts: Sequence[Part], combine: str, depth: int | None = None) -> None:
    """Check that metrics can be used jointly, in a tree of ``depth`` levels where that is given.

    Raises
    ------
    FsnasError
        If there is no metric, no such combination, a weight is 0 or not finite, or below 0 where affinities are added;
        if scores are to be added and a metric gives none; if by level there are weights, or more metrics than levels.
    """
    if not parts:
        raise FsnasError("there is no metric; expected at least one")
    if combine not in COMBINATIONS:
        raise FsnasError(f"combine is {combine!r}, expected one of {list(COMBINATIONS)}")
    for part in parts:
        if not np.isfinite(part.weight) or not part.weight or part.weight < 0 and combine != "scores":
            allowed = "not 0" if combine == "scores" else "above 0"
            raise FsnasError(f"the weight of {part.metric} is {part.weight}, expected a number {allowed}")
        if combine == "scores" and metric_spec(part.metric).kind != "score":
            raise FsnasError(
                f"combine is 'scores', but {part.metric} gives affinities and no scores; take zscore, rank or by_level"
            )
        if combine == "by_level" and part.weight != 1:
            raise FsnasError(
                f"the weight of {part.metric} is {part.weight}, but by level each metric is alone; leave it out"
            )
    if combine == "by_level" and depth and len(parts) > depth:
        unused = ", ".join(part.metric for part in parts[depth:])
        raise FsnasError(
            f"{len(parts)} metrics for {depth} levels: by level {unused} would never be used; leave it out"
        )


def combined(
    scores: Sequence[NodeScores], parts: Sequence[Part], *, combine: str = "zscore", average: str = "affinities"
) -> NodeScores:
    """Return the scores of one node that several metrics give together.

    Parameters
    ----------
    scores
        Of the node, by each metric of ``parts``, in their order.
    combine
        ``zscore`` and ``rank`` bring the affinities of every metric to one scale, over all pairs of operations of all
        edges of the node, and add them up by weight: the distance from their mean in standard deviations, or their
        rank from 0 to 1 (the mean of the ranks of equal ones). ``scores`` adds up the scores by weight, in each
        repetition, and takes the affinities of the sum. With ``by_level`` there is one part, which stays as it is.
    average
        Over repetitions, as in `fsnas.splitting.affinities.averaged`; done here.

    Returns
    -------
    NodeScores
        With the name of all parts as its metric, NaN on every edge where one of them is, and the ``shares`` of each.
    """
    own = {each.metric: averaged(each, average) for each in scores}
    if combine == "scores":
        shares = {part.metric: abs(part.weight) * own[part.metric] for part in parts}
        weighted = [part.weight * np.asarray(each.scores) for each, part in zip(scores, parts, strict=True)]
        affinity = affinities_of(np.sum(weighted, axis=0), average)
    else:
        shares = {part.metric: part.weight * _scaled(own[part.metric], SCALES[combine]) for part in parts}
        affinity = np.sum([*shares.values()], axis=0)
    reasons = tuple(f"{each.metric}, {reason}" for each in scores for reason in each.reasons)
    return replace(scores[0], scores=None, affinity=affinity, reasons=reasons, metric=name_of(parts), shares=shares)


def zscored(values: np.ndarray) -> np.ndarray:
    """Return values in standard deviations from their mean; zeros where all are equal."""
    largest = np.abs(values).max()
    if np.ptp(values / 2) <= SAME * largest / 2:
        return np.zeros_like(values)
    values = values / largest  # no square overflows
    return (values - values.mean()) / values.std()


def ranked(values: np.ndarray) -> np.ndarray:
    """Return the ranks of values, 0 for the least and 1 for the largest; equal ones have the mean of their ranks."""
    order = np.argsort(values)
    new = np.diff(values[order] / 2, prepend=-np.inf) > SAME * np.ptp(values / 2)
    _, group, count = np.unique(np.cumsum(new), return_inverse=True, return_counts=True)
    ranks = np.empty_like(values)
    ranks[order] = (np.cumsum(count) - (count + 1) / 2)[group]
    return ranks / max(len(values) - 1, 1)


def _scaled(affinity: np.ndarray, scale: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return ``scale`` of the affinities of all pairs on all edges that can be split; other edges are NaN."""
    first, second = np.triu_indices(affinity.shape[1], 1)
    pairs = affinity[:, first, second]
    finite = np.isfinite(pairs).all(axis=1)
    pairs = np.where(finite[:, None], pairs, np.nan)
    if finite.any():
        pairs[finite] = scale(pairs[finite].ravel()).reshape(pairs[finite].shape)
    found = np.zeros_like(affinity)
    found[:, first, second] = found[:, second, first] = pairs
    return found


SCALES: dict[str, Callable] = {"zscore": zscored, "rank": ranked, "by_level": np.asarray}
