"""Methods side by side: a point per seed, mean, interval and the band of `random`, with names and legend."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from fsnas.analysis.stats import bootstrap_mean, by_seed
from fsnas.plotting._style import BESIDE, GREY, Look, Options, points, pt, root_width, widest, wrapped
from fsnas.seeding import generator

LEGEND = 2.7  # inches of a legend at the right
# Opaque, so that each has the grey of its legend wherever they overlap.
RANGE: dict[str, Any] = {"color": "#E9E9E9", "linewidth": 0}
INTERVAL: dict[str, Any] = {"color": "#C8C8C8", "linewidth": 0, "zorder": 0.6}
MEAN: dict[str, Any] = {"color": GREY, "linestyle": (0, (5, 2)), "linewidth": 1.2, "zorder": 0.7}


@dataclass(frozen=True)
class Total:
    """Mean of the ``n`` seeds of a method, its bootstrap interval, and their range; NaN twice where there is none."""

    n: int
    mean: float
    ci_low: float
    ci_high: float
    low: float
    high: float


class Methods:
    """The methods that a figure draws, and what the legend is to say of what it drew.

    Attributes
    ----------
    looks, names
        Of those that are drawn, in their order.
    control
        The method whose band is drawn: ``random``, else with ``by_metric`` the first one whose metric is `random`.
        Figures of leaves do without: for them others of that metric are no chance level, since a tree that is not
        split, or into single operations, has it.
    note
        For the end of the caption, where there is no band.
    totals, bands
        What was drawn so far, for the legend.
    """

    def __init__(self, found: Iterable[str], options: Options, *, by_metric: bool = False) -> None:
        found = list(found)
        self.options, self.looks = options, options.looks(found)
        self.names = list(self.looks)
        self.totals: list[Total] = []
        self.bands: list[Total] = []
        metrics = options.metrics if by_metric else {}
        every = [*metrics, *found]
        chance = [method for method in every if "random" in (method, metrics.get(method))]
        self.control = "random" if "random" in chance else next(iter(chance), None)
        self.note = "Without random there is no band." if every and self.control is None else ""

    def total(self, values: np.ndarray, method: str, name: str) -> Total | None:
        """Return the mean of ``values``, its interval, and their range, which one value does not have; None for none.

        ``name`` tells the draws of seeds from those of other quantities of the method.
        """
        if not len(values):
            return None
        rng = generator(self.options.seed, "bootstrap", method, name)
        interval = bootstrap_mean(values, rng, self.options.resamples)
        ends = (float(values.min()), float(values.max())) if len(values) > 1 else (np.nan, np.nan)
        return Total(len(values), float(values.mean()), *interval, *ends)

    def draw(self, axes: Axes, table: pd.DataFrame, column: str, name: str) -> None:
        """Draw ``column`` of every method at its place on the x axis, and the band; ``name`` as in `total`."""
        axes.grid(axis="y")
        size = min(5.0, 20 * places_apart(root_width(axes), len(self.names)))
        for place, (method, look) in enumerate(self.looks.items()):
            values = by_seed(table, method, column)
            self.draw_seeds(axes, place, method, look, values, self.total(values, method, name), size)
        centre(axes, len(self.names))
        if self.control is not None:
            self.draw_band(axes, self.total(by_seed(table, self.control, column), self.control, name))

    def draw_seeds(
        self,
        axes: Axes,
        place: float,
        name: str,
        look: Look,
        values: np.ndarray,
        total: Total | None,
        size: float,
        mean_size: float | None = None,
    ) -> None:
        """Draw a point per value around ``place``, and their mean and interval beside them."""
        if total is None:
            write_upright(axes, place, 0.03, "no value", pt(8))
            return
        self.totals.append(total)
        aside = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else 0.0
        marks = {**look.points(size), **edges(look), "linestyle": "", "zorder": 3}
        axes.plot(place + aside, values, **marks, gid=f"seeds:{name}")
        black: dict[str, Any] = {"color": "black", "zorder": 4}
        if total.ci_low < total.ci_high:
            ends = [total.ci_low, total.ci_high]
            axes.plot([place + 0.38] * 2, ends, linewidth=1.4, gid=f"interval:{name}", **black)
        axes.plot(place + 0.38, total.mean, marker="_", markersize=mean_size or size + 2, markeredgewidth=1.8,
                  gid=f"mean:{name}", **black)  # fmt: skip

    def draw_band(self, axes: Axes, band: Total | None) -> None:
        """Shade range and interval of the control over the whole width of ``axes``."""
        if band is None:
            return
        self.bands.append(band)
        narrow = band.high - band.low < band.ci_high - band.ci_low  # the narrower one lies on top
        if np.isfinite(band.low):
            axes.axhspan(band.low, band.high, gid="band", zorder=0.65 if narrow else 0.55, **RANGE)
        if np.isfinite(band.ci_low):
            axes.axhspan(band.ci_low, band.ci_high, gid="ci", **INTERVAL)
        axes.axhline(band.mean, **MEAN)

    def handles(
        self, points: Sequence[Artist], *more: Artist, of: str = "seeds", name: str | None = None
    ) -> list[Artist]:
        """Return the legend's entries for ``points``, means, ``more``, and the band of ``name`` (the control)."""
        drawn = [*self.totals, *self.bands]
        interval = any(np.isfinite(total.ci_low) for total in drawn)
        seeds = max((total.n for total in drawn), default=0)
        alone = {1: "one seed", 2: "two seeds"}.get(seeds, f"{seeds} seeds")
        label = "mean, 95 % interval over seeds" if interval else f"mean ({alone}: no interval)"
        look: dict[str, Any] = {"marker": "|", "linewidth": 1.4} if interval else {"marker": "_", "linestyle": ""}
        mean = Line2D([], [], color="black", markersize=7, markeredgewidth=1.8, label=label, **look)
        name = name or self.control
        band: list[Artist] = [Line2D([], [], label=f"{name}: mean", **MEAN)] if self.bands else []
        if any(np.isfinite(total.ci_low) for total in self.bands):
            band.append(Patch(facecolor=INTERVAL["color"], label=f"{name}: 95 % interval"))
        if any(np.isfinite(total.low) for total in self.bands):
            band.append(Patch(facecolor=RANGE["color"], label=f"{name}: range of the {of}"))
        return [*points, mean, *more, *band]


def point_handle(label: str, marker: str = "o", size: float = 4) -> Artist:
    """Return the legend's entry for the points of all methods."""
    return Line2D([], [], color="#333333", marker=marker, linestyle="", markersize=size, label=label)


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


def write_upright(axes: Axes, place: float, height: float, text: str, size: float) -> None:
    """Write what is missing at ``place``, from ``height`` on, a share of the axes."""
    axes.text(place, height, text, transform=axes.get_xaxis_transform(), rotation=90, ha="center", va="bottom",
              color="#555555", size=size)  # fmt: skip


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


def mark_names(axes: Axes, looks: Mapping[str, Look], size: float) -> None:
    """Draw each method's mark beside its name at the left of ``axes``."""
    figure: Any = axes.get_figure(root=True)
    axes.tick_params(axis="y", pad=13)
    beside = axes.get_yaxis_transform() + ScaledTranslation(-0.09, 0, figure.dpi_scale_trans)
    for row, look in enumerate(looks.values()):
        axes.plot(0, row, transform=beside, clip_on=False, **look.points(size))


def title_panel(axes: Axes, title: str) -> None:
    """Write the title of a panel as wide as the figure."""
    width = axes_width(root_width(axes))
    axes.set_title(wrapped(title, width, points("axes.titlesize")), loc="left")
