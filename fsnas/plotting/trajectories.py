"""Trajectories of differentiable searches: how decided the architecture parameters are, and for what."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from fsnas.analysis.trajectories import ENTROPY
from fsnas.plotting._seeds import edges
from fsnas.plotting._style import Options, empty, legend, sheet, styled

PANEL = 1.9, 1.7  # inches
MARKED = 4  # epochs of a line that have a marker: methods of one metric differ in it


@styled
def trajectories_figure(trajectories: pd.DataFrame, *, options: Options) -> Figure:
    """Draw entropy and the share of every operation over the epochs, a row of panels for each search.

    A line is the mean of a method over its seeds, in the band of their range; the table is that of `trajectory_table`.
    """
    table, looks = trajectories.dropna(subset="value"), options.looks(trajectories["method"])
    searches, quantities = (list(trajectories[column].unique()) or [""] for column in ("search", "quantity"))
    lines: dict[str, dict[str, Any]] = {
        method: {**look.points(4), **edges(look), "linestyle": look.linestyle, "linewidth": 1.3}
        for method, look in looks.items()
    }
    width = options.width or max(8.0, 1.0 + PANEL[0] * len(quantities))
    figure = sheet(options, width, 1.4 + PANEL[1] * len(searches), "What differentiable searches learn")
    panels = figure.subplots(len(searches), len(quantities), sharex=True, sharey=True, squeeze=False)
    for row, search in zip(panels, searches, strict=True):
        row[0].set_ylabel(search)
        for axes, quantity in zip(row, quantities, strict=True):
            axes.grid()
            shown = table[(table["search"] == search) & (table["quantity"] == quantity)]
            if shown.empty:
                empty(axes, "no edge\nhas a choice", ticks=True)
            for i, (method, how) in enumerate(lines.items()):
                of = shown[shown["method"] == method].groupby("epoch")["value"].agg(["mean", "min", "max"])
                every = max(1, len(of) // MARKED)
                marked = i % every, every  # methods at different epochs
                axes.plot(of.index, of["mean"], markevery=marked, gid=f"{search}:{quantity}:{method}", **how)
                axes.fill_between(of.index, of["min"], of["max"], color=how["color"], alpha=0.15, linewidth=0)
    for axes, quantity in zip(panels[0], quantities, strict=True):
        axes.set_title(quantity if quantity == ENTROPY else f"share of\n{quantity}", fontsize="medium")
    for axes in panels[-1]:
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4, min_n_ticks=1))
    panels[0, 0].set_ylim(-0.03, 1.03)
    legend(figure, [Line2D([], [], label=method, **how) for method, how in lines.items()])
    return figure
