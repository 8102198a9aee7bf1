"""Figure 2: split distance by level, internal above external; each panel as in Figure 1."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fsnas.plotting import from_tables
from fsnas.plotting._panels import SIDE, panels
from fsnas.plotting._seeds import Methods
from fsnas.plotting._style import Options, styled

SETTINGS = ("internal", "external")
TITLE = "Split distance by level: pairs of splits of one tree (internal), of two seeds' trees (external)"
ALONE = "On level 0 a tree has one split,\nso no internal distance."


@from_tables("figure-2", category="2 Split distance", label="Figure 2: by depth")
@styled
def by_depth_figure(
    split_distance_per_tree: pd.DataFrame, split_distance_summary: pd.DataFrame, *, options: Options
) -> Figure:
    """Draw Figure 2: a column of panels per level, internal above external, with every tree, mean and interval.

    Level 0 has one split, so its internal distance does not exist and its panel is left out. In a narrow figure the
    levels stand one below the other.
    """
    methods = Methods(split_distance_per_tree["method"], options, by_metric=True)
    drawn = split_distance_summary[split_distance_summary["method"].isin(methods.names)]
    found = (int(level) for level in drawn["level"].astype(str) if level.isdigit())
    levels = range(max(found, default=0) + 1)
    cells = {(setting, str(level)): f"{setting}, level {level}" for setting in SETTINGS for level in levels}
    count = len(methods.names)
    panel = max(2.3, count * float(np.clip(9 / (len(levels) * max(count, 1)), 0.16, 0.3)))
    width, height = options.width or max(5.6, SIDE + len(levels) * panel), 1.6 if options.narrow else 2.1
    return panels(split_distance_per_tree, split_distance_summary, methods, cells, TITLE, width, height, ALONE)
