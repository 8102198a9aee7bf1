"""Figure 2: split distance by level, internal above external; each panel as in Figure 1."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fsnas.plotting.split_distance import SIDE, TITLES, panels, split_methods
from fsnas.plotting.style import NARROW, styled

TITLE = "Split distance by level: pairs of splits of one tree (internal), of two seeds' trees (external)"
ALONE = "On level 0 a tree has one split,\nso no internal distance."


@styled
def by_depth_figure(
    per_tree: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    caption: str,
    metrics: Mapping[str, str] | None = None,
    methods: Collection[str] | None = None,
    width: float | None = None,
) -> Figure:
    """Draw Figure 2: a column of panels per level, internal above external, with every tree, mean and interval.

    Level 0 has one split, so its internal distance does not exist and its panel is left out.

    Parameters
    ----------
    per_tree, summary, caption, metrics, methods, width
        As in `split_distance_figure`; the rows of the levels ``0``, ``1``, ... are drawn. In a narrow figure the levels
        stand one below the other.
    """
    found = (int(level) for level in summary["level"].astype(str) if level.isdigit())
    levels = range(max(found, default=0) + 1)
    count = len(split_methods(per_tree, metrics, methods))
    panel = max(2.3, count * float(np.clip(9 / (len(levels) * max(count, 1)), 0.16, 0.3)))
    return panels(
        per_tree,
        summary,
        {(setting, str(level)): f"{setting}, level {level}" for setting in TITLES for level in levels},
        title=TITLE,
        caption=caption,
        metrics=metrics,
        methods=methods,
        width=width or max(5.6, SIDE + len(levels) * panel),
        height=2.1 if width is None or width >= NARROW else 1.6,
        aside=ALONE,
    )
