"""Figures 1a and 1b: split distance inside a tree and between seeds, a box or violin per method."""

import pandas as pd
from matplotlib.figure import Figure

from fsnas.plotting import from_tables
from fsnas.plotting._panels import panels
from fsnas.plotting._seeds import Methods
from fsnas.plotting._style import Options, styled

TITLES = {
    "internal": "Internal split distance: pairs of splits of one tree",
    "external": "External split distance: splits of one seed's tree against the other seeds' trees",
}


@from_tables("figure-1a", category="2 Split distance", label="Figure 1a: internal", setting="internal")
@from_tables("figure-1b", category="2 Split distance", label="Figure 1b: external", setting="external")
@styled
def split_distance_figure(
    split_distance_per_tree: pd.DataFrame, split_distance_summary: pd.DataFrame, *, setting: str, options: Options
) -> Figure:
    """Draw Figure 1a (``internal``) or 1b (``external``): every tree, its method's spread, mean and interval.

    The rows of level ``all`` are drawn; means and intervals are those of the summary.
    """
    methods = Methods(split_distance_per_tree["method"], options, by_metric=True)
    width = options.width or max(5.6, 1.4 + 0.5 * len(methods.names))
    cells = {(setting, "all"): ""}
    return panels(split_distance_per_tree, split_distance_summary, methods, cells, TITLES[setting], width, 3.2)
