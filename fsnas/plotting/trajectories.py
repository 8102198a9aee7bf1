"""Trajectories of differentiable searches: how decided the architecture parameters are, and for what."""

import math
from itertools import product
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from fsnas.analysis.trajectories import ENTROPY
from fsnas.plotting._seeds import edges
from fsnas.plotting._style import Options, empty, legend, sheet, styled

PANEL = 1.3, 1.7  # inches, at least
MARKED = 4  # epochs of a line that have a marker: methods of one metric differ in it


@styled
def trajectories_figure(trajectories: pd.DataFrame, *, options: Options) -> Figure:
    """Draw entropy and the share of every operation over the epochs, a row of panels for each search.

    A line is the mean of a method over its seeds, in the band of their range; the table is that of `trajectory_table`.
    """
    looks = options.looks(trajectories["method"])
    drawn = trajectories[trajectories["method"].isin(looks)]
    table = drawn.dropna(subset="value")
    searches, quantities = (list(drawn[column].unique()) or [""] for column in ("search", "quantity"))
    lines: dict[str, dict[str, Any]] = {
        method: {**look.points(4), **edges(look), "linestyle": look.linestyle, "linewidth": 1.3}
        for method, look in looks.items()
    }
    width = options.width or max(8.0, PANEL[0] * len(quantities))
    across = min(len(quantities), int(width // PANEL[0]))
    rows = math.ceil(len(quantities) / across)  # of one search
    figure = sheet(options, width, 1.4 + PANEL[1] * rows * len(searches), "What differentiable searches learn")
    panels = figure.subplots(rows * len(searches), across, sharex=True, sharey=True, squeeze=False)
    for row, search in zip(panels[::rows], searches, strict=True):
        row[0].set_ylabel(search)
    places = panels.reshape(len(searches), rows * across)
    for (row, search), (i, quantity) in product(zip(places, searches, strict=True), enumerate(quantities)):
        axes = row[i]
        axes.grid()
        axes.set_title(quantity if quantity == ENTROPY else f"share of\n{quantity}", fontsize="medium")
        shown = table[(table["search"] == search) & (table["quantity"] == quantity)]
        if shown.empty:
            empty(axes, "no edge\nhas a choice", ticks=True)
        for k, (method, how) in enumerate(lines.items()):
            of = shown[shown["method"] == method].groupby("epoch")["value"].agg(["mean", "min", "max"])
            every = max(1, len(of) // MARKED)
            marked = k % every, every  # methods at different epochs
            axes.plot(of.index, of["mean"], markevery=marked, gid=f"{search}:{quantity}:{method}", **how)
            axes.fill_between(of.index, of["min"], of["max"], color=how["color"], alpha=0.15, linewidth=0)
    for axes in places[:, len(quantities) :].flat:
        axes.remove()
    for axes in places[-1, len(quantities) - across : len(quantities)]:  # the lowest of every column
        axes.set_xlabel("epoch")
        axes.tick_params(labelbottom=True)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4, min_n_ticks=1))
    panels[0, 0].set_ylim(-0.03, 1.03)
    legend(figure, [Line2D([], [], label=method, **how) for method, how in lines.items()])
    return figure
