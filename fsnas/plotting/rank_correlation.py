"""Rank correlation of shared-weight accuracy with the truth, per method."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from fsnas.plotting import from_tables
from fsnas.plotting._seeds import (
    Methods,
    below,
    counted,
    name_methods,
    places_apart,
    point_handle,
    title_panel,
    width_of,
)
from fsnas.plotting._style import BESIDE, Options, empty, legend, sheet, styled

TITLES = {"all": "all: one ranking over all leaves", "within": "within: one ranking a leaf, averaged"}
ZERO: dict[str, Any] = {"color": "#333333", "linewidth": 0.8, "zorder": 0.8, "gid": "zero"}


@from_tables("rank-correlation", category="4 Few-shot NAS", label="Figure: rank correlation with the truth")
@styled
def rank_correlation_figure(rank_correlation: pd.DataFrame, *, options: Options) -> Figure:
    """Draw Kendall's tau of shared-weight accuracy and truth: a point per seed, mean, interval, band of `random`.

    Scope ``all`` is drawn above ``within``. A NaN is left out; a method that has nothing else keeps its place and says
    so.
    """
    methods = Methods(rank_correlation["method"], options)
    names = methods.names
    width = options.width or width_of(names)
    apart = places_apart(width, len(names))
    figure = sheet(options, width, (5.4 if width >= BESIDE else 4.0) + below(names, apart),
                   "Rank correlation of shared-weight accuracy with the truth", methods.note)  # fmt: skip
    panels = figure.subplots(2, 1, sharex=True, sharey=True)
    known = rank_correlation[rank_correlation["kendall"].notna()]
    drawn = set(known.loc[known["method"].isin([*names, methods.control]), "scope"])
    for axes, (scope, title) in zip(panels, TITLES.items(), strict=True):
        of_scope = known[known["scope"] == scope]
        title_panel(axes, title + counted(of_scope["n"], "architectures"))
        axes.set_ylabel("Kendall's tau")
        if scope in drawn:
            axes.axhline(0, **ZERO)
            methods.draw(axes, of_scope, "kendall", f"kendall_{scope}")
        else:
            why = "needs two architectures of different truth" + (" in a leaf" if scope == "within" else "")
            empty(axes, why, ticks=bool(drawn))
    if drawn:
        name_methods(panels[1], names, apart)
        legend(figure, methods.handles([point_handle("a seed")]))
    return figure
