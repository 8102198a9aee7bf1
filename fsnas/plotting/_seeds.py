"""A value per seed of every method: points, mean, interval and the band of `random`, as several figures draw them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from fsnas.analysis.stats import bootstrap_mean, by_seed
from fsnas.plotting._bands import Band, draw_band
from fsnas.plotting._style import BESIDE, Look, points, pt, root_width, widest, wrapped
from fsnas.seeding import generator

LEGEND = 2.7  # inches of a legend at the right


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


def over_seeds(values: np.ndarray, seed: int, resamples: int, *names: str) -> Band | None:
    """Return mean, 95 % bootstrap interval and range of ``values``, which one value does not have; None for none."""
    if not len(values):
        return None
    interval = bootstrap_mean(values, generator(seed, "bootstrap", *names), resamples)
    ends = (float(values.min()), float(values.max())) if len(values) > 1 else (np.nan, np.nan)
    return Band(float(values.mean()), *interval, *ends)


def draw_methods(
    axes: Axes,
    table: pd.DataFrame,
    column: str,
    styles: Mapping[str, Look],
    control: str | None,
    bootstrap: tuple[int, int],
    name: str,
) -> Band | None:
    """Draw ``column`` of every method at its place on the x axis, and the band of ``control``, which is returned.

    ``bootstrap`` is its seed and number of resamples, ``name`` what tells its draws from those of other quantities.
    """
    axes.grid(axis="y")
    size = min(5.0, 20 * places_apart(root_width(axes), len(styles)))
    for place, (method, style) in enumerate(styles.items()):
        values = by_seed(table, method, column)
        draw_seeds(axes, place, method, style, values, over_seeds(values, *bootstrap, method, name), size)
    centre(axes, len(styles))
    band = None if control is None else over_seeds(by_seed(table, control, column), *bootstrap, control, name)
    if band is not None:
        draw_band(axes, band)
    return band


def centre(axes: Axes, count: int, least: int = 4) -> None:
    """Give the x axis room for ``count`` places, or for ``least``: few stand in the middle."""
    middle, half = (count - 1) / 2, max(count, least) / 2 + 0.1
    axes.set_xlim(middle - half, middle + half)


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
        write_upright(axes, place, 0.03, "no value", pt(8))
        return
    draw_points(axes, place, style, values, size, gid=f"seeds:{name}")
    draw_mean(axes, place, name, total, size + 2)


def write_upright(axes: Axes, place: float, height: float, text: str, size: float) -> None:
    """Write what is missing at ``place``, from ``height`` on, a share of the axes."""
    axes.text(place, height, text, transform=axes.get_xaxis_transform(), rotation=90, ha="center", va="bottom",
              color="#555555", size=size)  # fmt: skip


def draw_points(axes: Axes, place: float, style: Look, values: np.ndarray, size: float, gid: str) -> None:
    """Draw a point per value around ``place``."""
    aside = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else 0.0
    look = {**style.points(size), **edges(style), "linestyle": "", "zorder": 3}
    axes.plot(place + aside, values, **look, gid=gid)


def draw_mean(axes: Axes, place: float, name: str, total: Band, size: float) -> None:
    """Draw mean and interval beside the points."""
    look: dict[str, Any] = {"color": "black", "zorder": 4}
    if total.ci_low < total.ci_high:
        ends = [total.ci_low, total.ci_high]
        axes.plot([place + 0.38] * 2, ends, linewidth=1.4, gid=f"interval:{name}", **look)
    mean: dict[str, Any] = {"marker": "_", "markersize": size, "markeredgewidth": 1.8}
    axes.plot(place + 0.38, total.mean, gid=f"mean:{name}", **mean, **look)


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


def mark_names(axes: Axes, styles: Mapping[str, Look], size: float) -> None:
    """Draw each method's mark beside its name at the left of ``axes``."""
    figure: Any = axes.get_figure(root=True)
    axes.tick_params(axis="y", pad=13)
    beside = axes.get_yaxis_transform() + ScaledTranslation(-0.09, 0, figure.dpi_scale_trans)
    for row, style in enumerate(styles.values()):
        axes.plot(0, row, transform=beside, clip_on=False, **style.points(size))


def title_panel(axes: Axes, title: str) -> None:
    """Write the title of a panel as wide as the figure."""
    width = axes_width(root_width(axes))
    axes.set_title(wrapped(title, width, points("axes.titlesize")), loc="left")
