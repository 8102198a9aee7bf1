"""The band of the `random` metric, and the rows of the distance tables that a figure shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fsnas.plotting.style import GREY

RANGE: dict[str, Any] = {"color": GREY, "alpha": 0.14, "linewidth": 0, "zorder": 0.5}
INTERVAL: dict[str, Any] = {"color": GREY, "alpha": 0.30, "linewidth": 0, "zorder": 0.6}
MEAN: dict[str, Any] = {"color": GREY, "linestyle": (0, (5, 2)), "linewidth": 1.2, "zorder": 0.7}


@dataclass(frozen=True)
class Band:
    """Mean of a method, its bootstrap interval, and the range of its trees."""

    mean: float
    ci_low: float
    ci_high: float
    low: float
    high: float


def rows(table: pd.DataFrame, setting: str, level: str | None = None) -> pd.DataFrame:
    """Return the rows of one setting (and one level) that have a mean; levels as text."""
    chosen = table.assign(level=table["level"].astype(str))
    chosen = chosen[(chosen["setting"] == setting) & chosen["mean"].notna()]
    return chosen if level is None else chosen[chosen["level"] == level]


def reference(methods: Sequence[str], metrics: Mapping[str, str] | None) -> str | None:
    """Return the method whose band is drawn: ``random``, else the first one whose metric is `random`."""
    if "random" in methods:
        return "random"
    return next((method for method in methods if (metrics or {}).get(method) == "random"), None)


def band(per_tree: pd.DataFrame, summary: pd.DataFrame, setting: str, level: str, method: str | None) -> Band | None:
    """Return the band of ``method`` in one setting and level, or None if there is nothing to draw."""
    trees, total = rows(per_tree, setting, level), rows(summary, setting, level)
    trees, total = trees[trees["method"] == method], total[total["method"] == method]
    if trees.empty or total.empty:
        return None
    one = total.iloc[0]
    low, high = (float(one[end]) if pd.notna(one[end]) else float(one["mean"]) for end in ("ci_low", "ci_high"))
    return Band(float(one["mean"]), low, high, float(trees["mean"].min()), float(trees["mean"].max()))


def draw_band(axes: Axes, found: Band, left: float | None = None, right: float | None = None) -> None:
    """Shade ``found`` over the whole width of ``axes``, or from ``left`` to ``right``."""
    if left is None or right is None:
        axes.axhspan(found.low, found.high, gid="band", **RANGE)
        axes.axhspan(found.ci_low, found.ci_high, **INTERVAL)
        axes.axhline(found.mean, **MEAN)
        return
    axes.fill_between([left, right], found.low, found.high, gid="band", **RANGE)
    axes.fill_between([left, right], found.ci_low, found.ci_high, **INTERVAL)
    axes.plot([left, right], [found.mean, found.mean], **MEAN)


def band_handles(method: str) -> list[Artist]:
    """Return the legend's entries for the band of ``method``."""
    return [
        Line2D([], [], color=GREY, linestyle=(0, (5, 2)), linewidth=1.2, label=f"{method}: mean"),
        Patch(facecolor=GREY, alpha=0.44, label=f"{method}: 95 % interval"),
        Patch(facecolor=GREY, alpha=0.14, label=f"{method}: range of the trees"),
    ]


def no_band(methods: Sequence[str], metrics: Mapping[str, str] | None) -> str:
    """Return the sentence for a caption that has no band to explain."""
    missing = reference(methods, metrics) is None
    return "No method uses the random metric here, so there is no band to compare with." if missing else ""
