"""Rank correlation of shared-weight accuracy with the truth, per method."""

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from fsnas.plotting import from_tables
from fsnas.plotting._bands import band_handles, mean_handle, no_band, point_handle, reference
from fsnas.plotting._seeds import below, counted, draw_methods, name_methods, places_apart, title_panel, width_of
from fsnas.plotting._style import BESIDE, empty, legend, sheet, shown, styled

TITLES = {"all": "all: one ranking over all leaves", "within": "within: one ranking a leaf, averaged"}
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
    styles, control = shown(found, metrics, methods), reference(found)
    names = list(styles)
    width = width or width_of(names)
    apart = places_apart(width, len(names))
    figure = sheet(width, (5.4 if width >= BESIDE else 4.0) + below(names, apart),
                   "Rank correlation of shared-weight accuracy with the truth", caption, truth,
                   no_band(found, control))  # fmt: skip
    panels, bands = figure.subplots(2, 1, sharex=True, sharey=True), []
    known = rank_correlation[rank_correlation["kendall"].notna()]
    drawn = known[known["method"].isin([*names, control])]
    for axes, (scope, title) in zip(panels, TITLES.items(), strict=True):
        of_scope = known[known["scope"] == scope]
        title_panel(axes, title + counted(of_scope["n"], "architectures"))
        axes.set_ylabel("Kendall's tau")
        if scope not in drawn["scope"].values:
            why = "needs two architectures of different truth" + (" in a leaf" if scope == "within" else "")
            empty(axes, why, ticks=len(drawn) > 0)
            continue
        axes.axhline(0, **ZERO)
        bands.append(draw_methods(axes, of_scope, "kendall", styles, control, (seed, resamples), f"kendall_{scope}"))
    if len(drawn):
        name_methods(panels[1], names, apart)
        most = int(drawn.groupby(["scope", "method"]).size().max())
        legend(figure, [point_handle("a seed"), mean_handle(most, most > 1), *band_handles(control, bands, "seeds")])
    return figure
