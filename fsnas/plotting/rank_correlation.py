"""Rank correlation of shared-weight accuracy with the truth, per method."""

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from fsnas.plotting.bands import band_handles
from fsnas.plotting.seeds import (
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
from fsnas.plotting.style import BESIDE, empty, legend, points, sheet, styled, wrapped

TITLES = {
    "all": "all: one ranking over all leaves",
    "within": "within: one ranking a leaf, averaged",
}
ZERO: dict[str, Any] = {"color": "#333333", "linewidth": 0.8, "zorder": 0.8, "gid": "zero"}


@styled
def rank_correlation_figure(
    rank: pd.DataFrame,
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
    rank
        Columns ``method, seed, scope, kendall, spearman, n, leaves``; scope ``all`` is drawn above ``within``. A NaN
        is left out; a method that has nothing else keeps its place and says so.
    caption
        Written below the axes.
    metrics
        The metric of each method, in the order of drawing; gives colours. A method that the table does not name is
        not drawn.
    methods
        Those that are drawn; all if None.
    width
        Of the figure in inches; by its content if None.
    truth
        A sentence that names the truth, for the end of the caption.
    seed, resamples
        Of the bootstrap over the seeds of a method.
    """
    styles = styles_of(rank["method"], metrics, methods)
    names, control = list(styles), chance(rank["method"].unique())
    width = width or width_of(names)
    apart = places_apart(width, len(names))
    title = "Rank correlation of shared-weight accuracy with the truth"
    figure = sheet(width, (5.4 if width >= BESIDE else 4.0) + below(names, apart), title, caption, sentence(truth),
                   no_chance(rank["method"].unique()))  # fmt: skip
    panels = figure.subplots(2, 1, sharex=True, sharey=True)
    bands, most = [], 0
    for axes, (scope, title) in zip(panels, TITLES.items(), strict=True):
        of_scope = rank[rank["scope"] == scope]
        title += counted(of_scope.loc[of_scope["kendall"].notna(), "n"], "architectures")
        axes.set_title(wrapped(title, axes_width(width), points("axes.titlesize")), loc="left")
        axes.set_ylabel("Kendall's tau")
        values = {method: by_seed(of_scope, method, "kendall") for method in {*names, *filter(None, [control])}}
        totals = {m: over_seeds(v, seed, resamples, m, f"kendall_{scope}") for m, v in values.items()}
        if not any(map(len, values.values())):
            empty(axes, "needs two architectures of different truth" + (" in a leaf" if scope == "within" else ""))
            continue
        axes.grid(axis="y")
        axes.axhline(0, **ZERO)
        bands.append(draw_methods(axes, styles, values, totals, control))
        most = max(most, *map(len, values.values()))
    if most:
        name_methods(panels[1], names, apart)
        handles = [*seed_handles(most), *band_handles(control, bands, "seeds")]
        legend(figure, handles)
    else:
        panels[1].set(xticks=[], yticks=[])
    return figure
