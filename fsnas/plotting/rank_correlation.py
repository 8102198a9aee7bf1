"""Rank correlation of shared-weight accuracy with the truth, per method."""

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fsnas.plotting import from_tables
from fsnas.plotting._bands import band_handles
from fsnas.plotting._seeds import (
    axes_width,
    below,
    by_seed,
    chance,
    counted,
    draw_methods,
    name_methods,
    no_chance,
    over_seeds,
    places_apart,
    seed_handles,
    sentence,
    styles_of,
    width_of,
)
from fsnas.plotting._style import BESIDE, empty, legend, points, sheet, styled, wrapped

TITLES = {
    "all": "all: one ranking over all leaves",
    "within": "within: one ranking a leaf, averaged",
}
ZERO: dict[str, Any] = {"color": "#333333", "linewidth": 0.8, "zorder": 0.8, "gid": "zero"}


@from_tables("rank-correlation", category="4 Few-shot NAS", label="Figure: rank correlation with the truth")
@styled
def rank_correlation_figure(
    rank_correlation: pd.DataFrame,
    *,
    caption: str,
    metrics: Mapping[str, str] | None = None,
    methods: Collection[str] | None = None,
    width: float | None = None,
    truth: str = "",
    seed: int = 0,
    resamples: int = 2000,
) -> Figure:
    """Draw Kendall's tau of shared-weight accuracy and truth: a point per seed, mean, interval, band of `random`.

    Parameters
    ----------
    rank_correlation
        Columns ``method, seed, scope, kendall, spearman, n, leaves``; scope ``all`` is drawn above ``within``. A NaN
        is left out; a method that has nothing else keeps its place and says so.
    """
    found = list(rank_correlation["method"].unique())
    styles, control = styles_of(found, metrics, methods), chance(found)
    names = list(styles)
    width = width or width_of(names)
    apart = places_apart(width, len(names))
    figure = sheet(width, (5.4 if width >= BESIDE else 4.0) + below(names, apart),
                   "Rank correlation of shared-weight accuracy with the truth", caption, sentence(truth),
                   no_chance(found))  # fmt: skip
    panels, bands, most = figure.subplots(2, 1, sharex=True, sharey=True), [], 0
    for axes, scope in zip(panels, TITLES, strict=True):
        of_scope = rank_correlation[rank_correlation["scope"] == scope]
        values = {method: by_seed(of_scope, method, "kendall") for method in {*names, *filter(None, [control])}}
        totals = {m: over_seeds(v, seed, resamples, m, f"kendall_{scope}") for m, v in values.items()}
        _name_scope(axes, scope, of_scope, width)
        if not any(map(len, values.values())):
            empty(axes, "needs two architectures of different truth" + (" in a leaf" if scope == "within" else ""))
            continue
        axes.grid(axis="y")
        axes.axhline(0, **ZERO)
        bands.append(draw_methods(axes, styles, values, totals, control))
        most = max(most, *map(len, values.values()))
    if most:
        name_methods(panels[1], names, apart)
        legend(figure, [*seed_handles(most), *band_handles(control, bands, "seeds")])
    else:
        panels[1].set(xticks=[], yticks=[])
    return figure


def _name_scope(axes: Axes, scope: str, of_scope: pd.DataFrame, width: float) -> None:
    """Write what the panel of one scope shows, and what it stands on, above it."""
    title = TITLES[scope] + counted(of_scope.loc[of_scope["kendall"].notna(), "n"], "architectures")
    axes.set_title(wrapped(title, axes_width(width), points("axes.titlesize")), loc="left")
    axes.set_ylabel("Kendall's tau")
