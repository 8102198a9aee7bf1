"""The band of the `random` metric, legends of what has an interval, and the rows that a figure shows of a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fsnas.plotting._style import GREY

# Opaque, so that each has the grey of its legend wherever they overlap.
RANGE: dict[str, Any] = {"color": "#E9E9E9", "linewidth": 0}
INTERVAL: dict[str, Any] = {"color": "#C8C8C8", "linewidth": 0, "zorder": 0.6}
MEAN: dict[str, Any] = {"color": GREY, "linestyle": (0, (5, 2)), "linewidth": 1.2, "zorder": 0.7}


@dataclass(frozen=True)
class Band:
    """Mean of a method, its bootstrap interval, and the range of its trees; NaN twice where there is no such thing."""

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
    ends = (trees["mean"].min(), trees["mean"].max()) if has_spread(total) else (np.nan, np.nan)
    return Band(*map(float, (one["mean"], one["ci_low"], one["ci_high"], *ends)))


def has_spread(total: pd.DataFrame) -> bool:
    """Return whether the trees of a method differ by chance: not one tree, nor two that have the same pairs."""
    return bool(total["std"].notna().any())


def one_pair(total: pd.DataFrame) -> str:
    """Return the sentence for the caption of external distances of two seeds, which have one value."""
    alone = len(total) > 0 and total["setting"].iloc[0] == "external" and not has_spread(total)
    return "External: one pair of trees, no interval." if alone else ""


def draw_band(axes: Axes, found: Band) -> None:
    """Shade ``found`` over the whole width of ``axes``."""
    parts = [
        (found.low, found.high, {"gid": "band", **RANGE}),
        (found.ci_low, found.ci_high, {"gid": "ci", **INTERVAL}),
    ]
    narrow = found.high - found.low < found.ci_high - found.ci_low  # the narrower one lies on top
    for low, high, look in parts:
        if np.isfinite(low):
            axes.axhspan(low, high, **{"zorder": 0.65 if narrow else 0.55, **look})
    axes.axhline(found.mean, **MEAN)


def band_handles(method: str | None, bands: Iterable[Band | None], of: str = "trees") -> list[Artist]:
    """Return the legend's entries for what of the ``bands`` of ``method`` is drawn."""
    drawn = [band for band in bands if band is not None]
    if method is None or not drawn:
        return []
    handles: list[Artist] = [
        Line2D([], [], color=GREY, linestyle=(0, (5, 2)), linewidth=1.2, label=f"{method}: mean"),
    ]
    if any(np.isfinite(band.ci_low) for band in drawn):
        handles.append(Patch(facecolor=INTERVAL["color"], label=f"{method}: 95 % interval"))
    if any(np.isfinite(band.low) for band in drawn):
        handles.append(Patch(facecolor=RANGE["color"], label=f"{method}: range of the {of}"))
    return handles


def mean_handle(seeds: int, interval: bool) -> Artist:
    """Return the legend's entry for a mean over ``seeds``, which has an ``interval`` or none."""
    if interval:
        return Line2D([], [], color="black", marker="|", markersize=7, markeredgewidth=1.8, linewidth=1.4,
                      label="mean, 95 % interval over seeds")  # fmt: skip
    of = {1: "one seed", 2: "two seeds"}.get(seeds, f"{seeds} seeds")
    return Line2D([], [], color="black", marker="_", linestyle="", markersize=7, markeredgewidth=1.8,
                  label=f"mean ({of}: no interval)")  # fmt: skip


def no_band(methods: Sequence[str], metrics: Mapping[str, str] | None) -> str:
    """Return the sentence for a caption that has no band to explain."""
    missing = reference(methods, metrics) is None
    return "Without random there is no band." if missing else ""
