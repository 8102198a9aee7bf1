"""A value per seed of every method: points, mean, interval and the band of `random`, as several figures draw them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fsnas.plotting.bands import Band, draw_band, mean_handle
from fsnas.plotting.style import Look, looks, ordered, text_size
from fsnas.seeding import generator
from fsnas.stats import bootstrap_mean

LEGEND = 2.7  # inches of a legend at the right


def styles_of(found: Iterable[str], metrics: Mapping[str, str] | None) -> dict[str, Look]:
    """Return the look of every method of ``found``, in the order of ``metrics``; a variant looks the same in all."""
    present = set(found)
    every = looks(ordered(dict.fromkeys(found), metrics), metrics)
    return {method: style for method, style in every.items() if method in present}


def chance(methods: Iterable[str]) -> str | None:
    """Return the method whose band is drawn, ``random``, or None if it is not among ``methods``.

    Others of the metric `random` are no chance level here: a tree that is not split, or into single operations, has it.
    """
    return "random" if "random" in methods else None


def no_chance(methods: Sequence[str]) -> str:
    """Return the sentence for a caption that has no band to explain."""
    missing = methods and chance(methods) is None
    return "The method random is not among these, so there is no band to compare with." if missing else ""


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
    for place, (method, style) in enumerate(styles.items()):
        draw_seeds(axes, place, method, style, values[method], totals[method])
    middle, half = (len(styles) - 1) / 2, max(len(styles), 4) / 2 + 0.1  # few methods stand in the middle
    axes.set_xlim(middle - half, middle + half)
    band = totals.get(control) if control is not None else None
    if band is not None:
        draw_band(axes, band)
    return band


def from_zero(axes: Axes) -> None:
    """Let the y axis of ``axes`` begin at 0, with room below for points that lie there."""
    low, high = min(axes.dataLim.y0, 0.0), axes.dataLim.y1
    high = high if high > low else 0.1
    room = 0.05 * (high - low)
    axes.set_ylim(low - room, high + room)


def draw_seeds(
    axes: Axes, place: float, name: str, style: Look, values: np.ndarray, total: Band | None, size: float = 5
) -> None:
    """Draw a point per value around ``place``, and their mean and interval beside them."""
    if total is None:
        axes.text(place, 0.03, "no value", transform=axes.get_xaxis_transform(), rotation=90, ha="center", va="bottom",
                  color="#555555", size=8)  # fmt: skip
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


def slanted(methods: Sequence[str]) -> bool:
    """Return whether the names of ``methods`` are too many or too long to stand side by side."""
    return len(methods) > 6 or max(map(len, methods), default=0) > 8


def width_of(methods: Sequence[str]) -> float:
    """Return the width in inches of a figure with a place for every method and a legend at the right."""
    return max(8.0, LEGEND + 1.1 + 0.5 * len(methods))


def below(methods: Sequence[str]) -> float:
    """Return the height in inches that the names below the axes take."""
    longest = max((text_size(method, 9)[0] for method in methods), default=0.0)
    return 0.65 * longest if slanted(methods) else 0.1


def name_methods(axes: Axes, methods: Sequence[str], places: Sequence[float] | None = None) -> None:
    """Name the methods below ``axes``, slanted where they are many or long."""
    slant = slanted(methods)
    axes.set_xticks(range(len(methods)) if places is None else places, methods)
    for label in axes.get_xticklabels():
        if slant:
            label.set(rotation=40, ha="right", rotation_mode="anchor")


def seed_handles(most: int, point: str = "a seed") -> list[Artist]:
    """Return the legend's entries for points, means and intervals, where no method has more than ``most`` seeds."""
    seed = Line2D([], [], color="#333333", marker="o", linestyle="", markersize=4, label=point)
    return [seed, mean_handle(most, interval=most > 1)]
