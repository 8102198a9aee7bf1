"""The band of the `random` metric, and legends of what has an interval."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
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


def reference(methods: Collection[str], metrics: Mapping[str, str] | None = None) -> str | None:
    """Return the method whose band is drawn: ``random``, else the first one whose metric is `random` in ``metrics``.

    Figures of leaves give no ``metrics``: for them others of the metric `random` are no chance level, since a tree that
    is not split, or into single operations, has it.
    """
    if "random" in methods:
        return "random"
    return next((method for method in methods if (metrics or {}).get(method) == "random"), None)


def no_band(methods: Collection[str], control: str | None) -> str:
    """Return the sentence for a caption that has no band to explain."""
    return "Without random there is no band." if len(methods) and control is None else ""


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
    handles: list[Artist] = [Line2D([], [], label=f"{method}: mean", **MEAN)]
    if any(np.isfinite(band.ci_low) for band in drawn):
        handles.append(Patch(facecolor=INTERVAL["color"], label=f"{method}: 95 % interval"))
    if any(np.isfinite(band.low) for band in drawn):
        handles.append(Patch(facecolor=RANGE["color"], label=f"{method}: range of the {of}"))
    return handles


def point_handle(label: str, marker: str = "o", size: float = 4) -> Artist:
    """Return the legend's entry for the points of all methods."""
    return Line2D([], [], color="#333333", marker=marker, linestyle="", markersize=size, label=label)


def mean_handle(seeds: int, interval: bool) -> Artist:
    """Return the legend's entry for a mean over ``seeds``, which has an ``interval`` or none."""
    if interval:
        return Line2D([], [], color="black", marker="|", markersize=7, markeredgewidth=1.8, linewidth=1.4,
                      label="mean, 95 % interval over seeds")  # fmt: skip
    of = {1: "one seed", 2: "two seeds"}.get(seeds, f"{seeds} seeds")
    return Line2D([], [], color="black", marker="_", linestyle="", markersize=7, markeredgewidth=1.8,
                  label=f"mean ({of}: no interval)")  # fmt: skip
