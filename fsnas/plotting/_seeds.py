"""A value per seed of every method: points, mean, interval and the band of `random`, as several figures draw them."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fsnas.analysis.stats import bootstrap_mean
from fsnas.plotting._bands import Band, draw_band, mean_handle
from fsnas.plotting._style import BESIDE, Look, pt, root_width, shown, widest
from fsnas.seeding import generator

LEGEND = 2.7  # inches of a legend at the right


def styles_of(
    found: Iterable[str], metrics: Mapping[str, str] | None, methods: Collection[str] | None = None
) -> dict[str, Look]:
    """Return the look of every method of ``found`` (and of ``methods``), in the order of ``metrics``."""
    present = dict.fromkeys(found)
    return {method: style for method, style in shown(present, metrics, methods).items() if method in present}


def chance(methods: Iterable[str]) -> str | None:
    """Return the method whose band is drawn, ``random``, or None if it is not among ``methods``.

    Others of the metric `random` are no chance level here: a tree that is not split, or into single operations, has it.
    """
    return "random" if "random" in methods else None


def no_chance(methods: Sequence[str]) -> str:
    """Return the sentence for a caption that has no band to explain."""
    missing = methods and chance(methods) is None
    return "Without random there is no band." if missing else ""


def sentence(text: str) -> str:
    """Return ``text`` with a full stop at its end, "" if it is empty."""
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def span(counts: pd.Series) -> str:
    """Return the range of ``counts`` as text, "" if there are none.

    >>> span(pd.Series([12, 16])), span(pd.Series([15625]))
    ('12 to 16', '15,625')
    """
    if counts.dropna().empty:
        return ""
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def counted(counts: pd.Series, name: str) -> str:
    """Return what a panel stands on for the end of its title, as `` (12 to 16 architectures)``; "" for nothing."""
    found = span(counts)
    return f" ({found} {name.removesuffix('s') if found == '1' else name})" if found else ""


def by_seed(table: pd.DataFrame, method: str, column: str) -> np.ndarray:
    """Return the finite values of ``column`` for ``method`` in the order of the seeds, float64."""
    values = table[table["method"] == method].sort_values("seed")[column].to_numpy(float)
    return values[np.isfinite(values)]


def over_seeds(values: np.ndarray, seed: int, resamples: int, *names: str) -> Band | None:
    """Return mean, 95 % bootstrap interval and range of ``values``, which one value does not have; None for none."""
    if not len(values):
        return None
    interval = bootstrap_mean(values, generator(seed, "bootstrap", *names), resamples)
    ends = (float(values.min()), float(values.max())) if len(values) > 1 else (np.nan, np.nan)
    return Band(float(values.mean()), *interval, *ends)


def draw_methods(
    axes: Axes,
    styles: Mapping[str, Look],
    values: Mapping[str, np.ndarray],
    totals: Mapping[str, Band | None],
    control: str | None,
) -> Band | None:
    """Draw every method at its place on the x axis and the band of ``control``, if it has one; return the band."""
    size = min(5.0, 20 * places_apart(root_width(axes), len(styles)))
    for place, (method, style) in enumerate(styles.items()):
        draw_seeds(axes, place, method, style, values[method], totals[method], size)
    middle, half = (len(styles) - 1) / 2, max(len(styles), 4) / 2 + 0.1  # few methods stand in the middle
    axes.set_xlim(middle - half, middle + half)
    band = totals.get(control) if control is not None else None
    if band is not None:
        draw_band(axes, band)
    return band


def from_zero(panels: Sequence[Axes]) -> None:
    """Let the y axis that ``panels`` share begin at 0, with room below for points that lie there."""
    low = min(0.0, *(axes.dataLim.y0 for axes in panels))
    high = max(axes.dataLim.y1 for axes in panels)
    high = high if high > low else 0.1
    room = 0.05 * (high - low)
    panels[0].set_ylim(low - room, high + room)


def draw_seeds(
    axes: Axes, place: float, name: str, style: Look, values: np.ndarray, total: Band | None, size: float = 5
) -> None:
    """Draw a point per value around ``place``, and their mean and interval beside them."""
    if total is None:
        axes.text(place, 0.03, "no value", transform=axes.get_xaxis_transform(), rotation=90, ha="center", va="bottom",
                  color="#555555", size=pt(8))  # fmt: skip
        return
    aside = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else np.zeros(1)
    axes.plot(
        place + aside,
        values,
        **style.points(size),
        **edges(style),
        linestyle="",
        zorder=3,
        gid=f"seeds:{name}",
    )
    if total.ci_low < total.ci_high:
        axes.plot([place + 0.38] * 2, [total.ci_low, total.ci_high], color="black", linewidth=1.4, zorder=4,
                  gid=f"interval:{name}")  # fmt: skip
    axes.plot(place + 0.38, total.mean, marker="_", markersize=size + 2, markeredgewidth=1.8, color="black", zorder=4,
              gid=f"mean:{name}")  # fmt: skip


def edges(style: Look) -> dict[str, Any]:
    """Return the edge of a point: dark and thin if it is full, else in its colour, which it would not show."""
    full = style.fillstyle == "full"
    return {"markeredgecolor": "#333333" if full else style.colour, "markeredgewidth": 0.5 if full else 1.0}


def width_of(methods: Sequence[str]) -> float:
    """Return the width in inches of a figure with a place for every method and a legend at the right."""
    return max(8.0, LEGEND + 1.1 + 0.5 * len(methods))


def axes_width(width: float) -> float:
    """Return about the inches of the axes in a figure of ``width`` inches, beside a legend if it stands there."""
    return width - 0.75 * pt(9) / 9 - (LEGEND * pt(9) / 9 if width >= BESIDE else 0.2)


def places_apart(width: float, count: int) -> float:
    """Return about the inches between ``count`` places on the x axis of a figure of ``width`` inches."""
    return axes_width(width) / max(count, 4)


def turned(methods: Sequence[str], apart: float) -> int:
    """Return by how many degrees the names of ``methods`` are turned to stand ``apart`` inches from each other."""
    if widest(methods, pt(9)) < 0.9 * apart:
        return 0
    return 40 if apart * math.sin(math.radians(40)) > 1.25 * pt(9) / 72 else 90


def below(methods: Sequence[str], apart: float) -> float:
    """Return the height in inches that the names below the axes take."""
    angle = turned(methods, apart)
    return math.sin(math.radians(angle)) * widest(methods, pt(9)) + 0.1


def name_methods(axes: Axes, methods: Sequence[str], apart: float, places: Sequence[float] | None = None) -> None:
    """Name the methods below ``axes``, slanted or upright where they are many or long, small if there are too many."""
    angle = turned(methods, apart)
    axes.set_xticks(range(len(methods)) if places is None else places, methods)
    for label in axes.get_xticklabels():
        if angle == 40:
            label.set(rotation=40, ha="right", rotation_mode="anchor")
        elif angle == 90:
            label.set(rotation=90, size=min(pt(9), 0.85 * 72 * apart))


def seed_handles(most: int, point: str = "a seed") -> list[Artist]:
    """Return the legend's entries for points, means and intervals, where no method has more than ``most`` seeds."""
    seed = Line2D([], [], color="#333333", marker="o", linestyle="", markersize=4, label=point)
    return [seed, mean_handle(most, interval=most > 1)]
