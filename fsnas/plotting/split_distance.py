"""Figures 1a and 1b: internal and external split distance, a box or violin per method."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fsnas.plotting.bands import (
    band,
    band_handles,
    draw_band,
    has_spread,
    mean_handle,
    no_band,
    one_pair,
    reference,
    rows,
)
from fsnas.plotting.style import Look, empty, heading, looks, notes, ordered, sheet, styled

VIOLIN_FROM = 8  # trees; fewer do not show a density
TITLES = {
    "internal": "Internal split distance: pairs of splits of one tree",
    "external": "External split distance: splits of one seed's tree against the other seeds' trees",
}


@styled
def split_distance_figure(
    per_tree: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    setting: str,
    caption: str,
    metrics: Mapping[str, str] | None = None,
) -> Figure:
    """Draw Figure 1a (``internal``) or 1b (``external``): every tree, its method's spread, mean and interval.

    Parameters
    ----------
    per_tree
        Columns ``method, setting, level, seed, mean, pairs``; the rows of level ``all`` are drawn, a point each.
    summary
        Columns ``method, setting, level, mean, std, ci_low, ci_high, n``; gives means and bootstrap intervals.
    setting
        ``internal`` or ``external``.
    caption
        Written below the axes.
    metrics
        The metric of each method, in the order of drawing; gives colours and the band of `random`.
    """
    trees, total = rows(per_tree, setting, "all"), rows(summary, setting, "all")
    methods = ordered(per_tree["method"], metrics)
    control = reference(methods, metrics)
    figure = sheet(max(5.6, 1.4 + 0.5 * len(methods)), 4.6, caption, no_band(methods, metrics), one_pair(total),
                   notes(methods, metrics))  # fmt: skip
    heading(figure, TITLES[setting])
    axes = figure.add_subplot()
    axes.set_ylabel("split distance")
    if trees.empty:
        empty(axes, "needs at least two seeds" if setting == "external" else "no tree has two splits to compare")
        axes.set(xticks=[], yticks=[])
        return figure
    axes.grid(axis="y")
    shaded = band(per_tree, summary, setting, "all", control)
    if shaded is not None:
        draw_band(axes, shaded)
    for place, (method, style) in enumerate(looks(methods, metrics).items()):
        of_method = trees[trees["method"] == method].sort_values("seed")
        of_total = total[total["method"] == method]
        _draw_trees(axes, place, method, style, of_method["mean"].to_numpy(float), has_spread(of_total))
        _draw_mean(axes, place, method, of_total)
    axes.set_xlim(-0.6, len(methods) - 0.4)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    _label(axes, methods)
    _legend(figure, axes, mean_handle(int(total["n"].max()), bool(total["ci_low"].notna().any())),
            band_handles(control, [shaded]))  # fmt: skip
    return figure


def _draw_trees(axes: Axes, place: int, method: str, style: Look, values: np.ndarray, spreads: bool) -> None:
    """Draw a point per tree of one method, and their box or violin if they have a spread."""
    if not len(values):
        axes.text(place, 0.02, "no pairs", rotation=90, ha="center", va="bottom", color="#555555", size=8)
        return
    drawn: Any = []
    if not spreads:
        pass
    elif len(values) >= VIOLIN_FROM:
        drawn = axes.violinplot(values, positions=[place], widths=0.64, showextrema=False)["bodies"]
    else:
        drawn = axes.boxplot(
            values, positions=[place], widths=0.5, whis=(0, 100), patch_artist=True, medianprops={"color": "#333333"}
        )["boxes"]
    for shape in drawn:
        shape.set(facecolor=(style.colour, 0.35), edgecolor=style.colour, hatch=style.hatch, alpha=None)
        shape.set_gid(f"spread:{method}")
    spread = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else np.zeros(1)
    axes.plot(
        place + spread,
        values,
        **style.points(5),
        markeredgecolor="#333333",
        markeredgewidth=0.5,
        linestyle="",
        zorder=3,
        gid=f"trees:{method}",
    )


def _draw_mean(axes: Axes, place: int, method: str, total: pd.DataFrame) -> None:
    """Draw mean and interval beside the points."""
    for row in total.itertuples():
        if np.isfinite(row.ci_low):
            axes.plot([place + 0.38] * 2, [row.ci_low, row.ci_high], color="black", linewidth=1.4, zorder=4,
                      gid=f"interval:{method}")  # fmt: skip
        axes.plot(
            place + 0.38, row.mean, marker="_", markersize=7, markeredgewidth=1.8, color="black", zorder=4,
            gid=f"mean:{method}",
        )  # fmt: skip


def _label(axes: Axes, methods: list[str]) -> None:
    """Name the methods, slanted where they are many or long."""
    slanted = len(methods) > 6 or max(map(len, methods)) > 10
    axes.set_xticks(range(len(methods)), methods, rotation=40 if slanted else 0, ha="right" if slanted else "center")
    if slanted:
        for label in axes.get_xticklabels():
            label.set_rotation_mode("anchor")


def _legend(figure: Figure, axes: Axes, mean: Artist, band: list[Artist]) -> None:
    """Write the legend above the axes, in as many columns as the width holds."""
    handles = [
        Line2D([], [], color="#333333", marker="o", linestyle="", markersize=4, label="a tree (seed)"),
        mean,
        *band,
    ]
    columns = 5 if figure.get_figwidth() > 10.5 else 3 if figure.get_figwidth() > 7 else 2
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=columns)
