"""Figures 1a and 1b: split distance inside a tree and between seeds, a box or violin per method."""

from collections.abc import Collection, Mapping

import pandas as pd
from matplotlib.figure import Figure

from fsnas.plotting import from_tables
from fsnas.plotting._panels import panels
from fsnas.plotting._style import shown, styled

TITLES = {
    "internal": "Internal split distance: pairs of splits of one tree",
    "external": "External split distance: splits of one seed's tree against the other seeds' trees",
}


@from_tables("figure-1a", category="2 Split distance", label="Figure 1a: internal", setting="internal")
@from_tables("figure-1b", category="2 Split distance", label="Figure 1b: external", setting="external")
@styled
def split_distance_figure(
    split_distance_per_tree: pd.DataFrame,
    split_distance_summary: pd.DataFrame,
    *,
    setting: str,
    caption: str,
    metrics: Mapping[str, str] | None = None,
    methods: Collection[str] | None = None,
    width: float | None = None,
) -> Figure:
    """Draw Figure 1a (``internal``) or 1b (``external``): every tree, its method's spread, mean and interval.

    Parameters
    ----------
    split_distance_per_tree
        Columns ``method, setting, level, seed, mean, pairs``; the rows of level ``all`` are drawn, a point each.
    split_distance_summary
        Columns ``method, setting, level, mean, std, ci_low, ci_high, n``; gives means and bootstrap intervals.
    setting
        ``internal`` or ``external``.
    """
    count = len(shown(split_distance_per_tree["method"], metrics, methods))
    return panels(
        split_distance_per_tree,
        split_distance_summary,
        {(setting, "all"): ""},
        title=TITLES[setting],
        caption=caption,
        metrics=metrics,
        methods=methods,
        width=width or max(5.6, 1.4 + 0.5 * count),
        height=3.2,
    )
