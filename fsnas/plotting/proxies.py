"""Zero-cost metrics on single architectures against the truth, beside the published correlations."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fsnas.plotting import from_tables
from fsnas.plotting._seeds import INTERVAL, edges
from fsnas.plotting._style import GREY, Options, directed, empty, legend, look, pt, sheet, styled, widest

PUBLISHED: dict[str, tuple[str, dict[str, Any]]] = {
    "abdelfattah2021": ("Abdelfattah et al. 2021", {"marker": "|", "markersize": 9, "markeredgewidth": 2.0}),
    "nasbench_suite_zero": (
        "Krishnakumar et al. 2022\n(NAS-Bench-Suite-Zero)",
        {"marker": "o", "markersize": 8, "markeredgewidth": 1.2, "markerfacecolor": "none"},
    ),
}
NOTE = "Published numbers are of NAS-Bench-201 on CIFAR-10."
ROW = 0.34  # inches of a metric


@from_tables("proxies", category="5 Zero-cost proxies", label="Figure: correlations with the truth", over_seeds=False)
@styled
def proxies_figure(proxy_correlations: pd.DataFrame, *, options: Options) -> Figure:
    """Draw Spearman's correlation of every metric with the truth, its interval, and the published numbers.

    The metrics stand from the top in the order of the table; the interval of `random` is shaded over all rows.
    """
    correlations, rows = proxy_correlations, list(proxy_correlations.itertuples())
    labels = [directed(str(row.metric), str(row.direction), "\n" if options.narrow else " ") for row in rows]
    counts = [_count(row) for row in rows]
    published = [column for column in PUBLISHED if np.isfinite(correlations[column].to_numpy(float)).any()]
    figure = sheet(options, options.width or 7.0 + widest(labels, pt(9)), 1.1 + ROW * max(len(rows), 4),
                   "Zero-cost metrics of single architectures and the truth", NOTE if published else "")  # fmt: skip
    axes = figure.add_subplot()
    axes.set_xlabel("Spearman's rank correlation")
    columns = ["spearman", *PUBLISHED]
    if not np.isfinite(correlations[columns].to_numpy(float)).any():
        empty(axes, "no metric has two finite values of different truth")
        return figure
    axes.grid(axis="x")
    axes.axvline(0, color="#333333", linewidth=0.8, zorder=0.8, gid="zero")
    random = correlations.loc[correlations["metric"] == "random", ["spearman_ci_low", "spearman_ci_high"]].dropna()
    for ends in random.to_numpy(float):
        axes.axvspan(*ends, gid="band", **INTERVAL)
    drawn = [_draw(axes, place, row) for place, row in enumerate(rows)]
    axes.set_yticks(range(len(rows)), labels)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    for place, text in enumerate(counts):
        axes.text(1.01, place, text, transform=axes.get_yaxis_transform(), va="center", size=pt(7.5), color="#333333",
                  gid=f"count:{place}")  # fmt: skip
    legend(figure, _handles(published, any(drawn), len(random) > 0))
    return figure


def _count(row: Any) -> str:
    """Return what the correlation of ``row`` stands on."""
    lost = f",\n{int(row.not_finite):,} not finite" if row.not_finite > 0 else ""
    held = f"n = {int(row.n):,}" if row.n > 0 else "n = 0"
    return held + lost if np.isfinite(row.spearman) else f"{held}, no value{lost}"


def _draw(axes: Axes, place: int, row: Any) -> bool:
    """Draw one metric, and return whether it has an interval."""
    style = look(str(row.metric))
    for column, (_, marker) in PUBLISHED.items():
        value = float(getattr(row, column))
        if np.isfinite(value):
            axes.plot(value, place, **marker, color="black", linestyle="", zorder=4, gid=f"{column}:{row.metric}")
    if not np.isfinite(row.spearman):
        return False
    ends = np.isfinite([row.spearman_ci_low, row.spearman_ci_high]).all()
    if ends:
        axes.plot([row.spearman_ci_low, row.spearman_ci_high], [place] * 2, color=style.colour, linewidth=2.2, zorder=2,
                  solid_capstyle="butt", gid=f"interval:{row.metric}")  # fmt: skip
    axes.plot(row.spearman, place, **style.points(6), **edges(style), linestyle="", zorder=3,
              gid=f"metric:{row.metric}")  # fmt: skip
    return bool(ends)


def _handles(published: Sequence[str], intervals: bool, shaded: bool) -> list[Artist]:
    """Return the legend's entries."""
    label = "this run, 95 % interval\nover architectures" if intervals else "this run"
    ours = Line2D([], [], color="#333333", marker="o", markersize=5, linewidth=2.2 * intervals, label=label)
    theirs = [Line2D([], [], **marker, color="black", linestyle="", label=name)
              for name, marker in map(PUBLISHED.__getitem__, published)]  # fmt: skip
    band = [Patch(facecolor=GREY, alpha=0.30, linewidth=0, label="random: 95 % interval")] if shaded else []
    return [ours, *theirs, *band]
