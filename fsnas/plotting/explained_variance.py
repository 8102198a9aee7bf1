"""What is in a split: how much of the truth's variance a tree explains, and the truth in each of its leaves."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fsnas.plotting import from_tables
from fsnas.plotting._seeds import (
    Methods,
    below,
    centre,
    counted,
    from_zero,
    name_methods,
    places_apart,
    point_handle,
    title_panel,
    width_of,
    write_upright,
)
from fsnas.plotting._style import MARGIN, Look, Options, empty, legend, pt, sheet, styled, wrapped

TOP, PANEL = 2.9, 1.75  # inches: height of the upper part, and of a panel of the lower one
LEAF, DENSE = 0.3, 0.16  # inches of a leaf, and of one whose name stands upright
MANY = 12  # leaves; the names of more stand upright
REACH = 2.5  # interquartile ranges below a box that the axis shows
CHANCE = "split by chance: (leaves - 1) / (n - 1)"
BOX = "box: quartiles of the truth in a leaf;\nwhiskers: its minimum and maximum"
MEAN: dict[str, Any] = {"marker": "D", "markersize": 3, "markerfacecolor": "white", "markeredgecolor": "#222222"}
OVERALL: dict[str, Any] = {"color": "#333333", "linewidth": 0.8, "linestyle": (0, (4, 2)), "zorder": 0.7}
EXPECTED: dict[str, Any] = {"color": "#333333", "linewidth": 1.6, "linestyle": (0, (1, 1)), "zorder": 2}
BEYOND: dict[str, Any] = {"color": "#222222", "marker": "v", "markersize": 4, "linestyle": ""}


@from_tables("explained-variance", category="4 Few-shot NAS", label="Figure: what is in a split")
@styled
def explained_variance_figure(
    explained_variance: pd.DataFrame, leaf_truth: pd.DataFrame, *, options: Options
) -> Figure:
    """Draw eta squared of every method above, and below the truth per leaf of each method's first tree.

    ``leaf`` is text, so that ``01`` stays apart from ``1``; one with n = 0 is marked. The axis of the truth reaches no
    further than 2.5 interquartile ranges below a box, or to the lowest mean; a mark shows whose minimum lies beyond.
    """
    methods = Methods([*explained_variance["method"], *leaf_truth["method"]], options)
    names, width = methods.names, options.width
    leaves = _first_trees(leaf_truth, names)
    most = max(map(len, leaves.values()), default=1)
    upright = options.narrow or most > MANY
    panel = max(1.5, 0.3 + (DENSE if upright else LEAF) * most) * pt(9) / 9
    columns = max(1, min(len(leaves), int((width or max(12.0, width_of(names))) / panel)))
    width = width or max(width_of(names), 0.5 + panel * columns)
    rows = max(1, math.ceil(len(leaves) / columns))
    row = PANEL + 0.4 * upright - 0.5 * options.narrow
    parts = [TOP + below(names, places_apart(width, len(names))), 0.6 + row * rows]
    title = "What is in a split: the truth between and inside the leaves"
    figure = sheet(options, width, sum(parts) + 0.3, title, methods.note)
    upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=parts)[:, 0]
    boxes = _draw_leaves(lower, leaves, lower.subplots(rows, columns, squeeze=False, sharey=True), methods.looks)
    _draw_variance(upper, explained_variance, methods, boxes)
    return figure


def _first_trees(leaf_truth: pd.DataFrame, methods: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the rows of the first seed of every method that has any, in the order of the leaves' paths."""
    found = {}
    for method in methods:
        trees = leaf_truth[leaf_truth["method"] == method]
        first = trees[trees["seed"] == trees["seed"].min()]
        found[method] = first.assign(leaf=first["leaf"].astype(str)).sort_values("leaf")
    return {method: tree for method, tree in found.items() if len(tree)}


def _draw_variance(part: Any, variance: pd.DataFrame, methods: Methods, boxes: list[Artist]) -> None:
    """Draw eta squared of every method, with what chance explains, and one legend for both parts."""
    axes, figure = part.subplots(), part.figure
    held = variance[np.isfinite(variance["eta_squared"].to_numpy(float))]
    title_panel(axes, "variance of the truth between leaves" + counted(held["n"], "architectures"))
    axes.set_ylabel("eta squared (share)")
    if held.empty:
        empty(axes, "needs two architectures of different truth")
        if boxes:
            legend(figure, boxes, part)
        return
    methods.draw(axes, variance, "eta_squared", "eta_squared")
    expected = held.groupby("method")["expected"].mean().dropna()
    for place, method in enumerate(methods.names):
        if method in expected:
            axes.plot([place - 0.32, place + 0.32], [expected[method]] * 2, gid=f"expected:{method}", **EXPECTED)
    from_zero([axes])
    name_methods(axes, methods.names, places_apart(figure.get_figwidth(), len(methods.names)))
    chance = Line2D([], [], label=CHANCE, **EXPECTED)
    legend(figure, [*methods.handles([point_handle("a tree (seed)")], chance), *boxes], part)


def _draw_leaves(
    part: Any, leaves: Mapping[str, pd.DataFrame], panels: np.ndarray, styles: Mapping[str, Look]
) -> list[Artist]:
    """Draw a panel per method with a box per leaf, all on one axis of the truth; return the legend's entries."""
    for axes in panels.flat[len(leaves) :]:
        axes.set_axis_off()
    held = [table[table["n"] > 0] for table in leaves.values()]
    if not sum(map(len, held)):
        for axes in panels.flat:
            axes.set_axis_off()
        empty(part.add_subplot(), "no leaf holds an architecture with a truth")
        return []
    seeds = {int(table["seed"].iloc[0]) for table in leaves.values()}
    of_seed = f" of the tree of seed {min(seeds)}" if len(seeds) == 1 else " of the first tree of each method"
    title = f"truth in every leaf{of_seed}; below a box: the leaf, and its architectures with a truth"
    width = part.figure.get_figwidth()
    part.suptitle(wrapped(title, width - 2 * MARGIN, pt(10)), size=pt(10), x=MARGIN / width, ha="left")
    bottom, top = _limits(pd.concat(held))
    inches = (width - 0.5) / panels.shape[1]
    beyond = False
    for (method, table), axes in zip(leaves.items(), panels.flat, strict=False):
        title = method if len(seeds) == 1 else f"{method} (seed {int(table['seed'].iloc[0])})"
        axes.set_title(wrapped(title, inches - 0.1, pt(9)), loc="left", size=pt(9))
        beyond |= _draw_boxes(axes, method, styles[method], table, bottom)
        _name_leaves(axes, table, upright=len(table) * LEAF * pt(9) / 9 > inches)
    for axes in panels[:, 0]:
        axes.set_ylabel("truth (%)")
    panels[0, 0].set_ylim(bottom, top)
    handles = [
        Patch(facecolor="#DDDDDD", edgecolor="#333333", label=BOX),
        Line2D([], [], linestyle="", label="mean of the leaf", **MEAN),
        Line2D([], [], label="mean of the truth in all leaves", **OVERALL),
    ]
    return [*handles, Line2D([], [], label="its minimum lies below the axis", **BEYOND)] if beyond else handles


def _limits(held: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the axis: all boxes and means, and whiskers as far as they leave the boxes readable."""
    reach = np.fmax(held["min"], held["q25"] - REACH * (held["q75"] - held["q25"]))
    low = min(reach.min(), held["mean"].min())
    high = held["max"].max()
    room = 0.05 * (high - low) or 1.0
    return float(low - room), float(high + room)


def _draw_boxes(axes: Axes, method: str, style: Look, table: pd.DataFrame, bottom: float) -> bool:
    """Draw the leaves of one tree, and return whether a minimum lies below the axis."""
    held = table["n"].to_numpy() > 0
    places = np.arange(len(table))
    stats = [
        {"med": row.median, "q1": row.q25, "q3": row.q75, "whislo": row.min, "whishi": row.max, "mean": row.mean}
        for row in table[held].itertuples(index=False)
    ]
    line = {"color": style.colour, "linewidth": 0.9}
    drawn = axes.bxp(
        stats, positions=places[held], widths=0.6, showfliers=False, showmeans=True, patch_artist=True,
        manage_ticks=False, medianprops={"color": "#222222", "linewidth": 1.3}, whiskerprops=line, capprops=line,
        meanprops=MEAN,
    )  # fmt: skip
    for leaf, box in zip(table["leaf"][held], drawn["boxes"], strict=True):
        box.set(facecolor=(style.colour, 0.35), edgecolor=style.colour, hatch=style.hatch, gid=f"leaf:{method}:{leaf}")
    axes.grid(axis="y")
    if held.any():
        overall = np.average(table["mean"][held], weights=table["n"][held])
        axes.axhline(overall, gid=f"overall:{method}", **OVERALL)
    for place in places[~held]:
        write_upright(axes, place, 0.04, "no truth", pt(7))
    beyond = places[held][table["min"].to_numpy(float)[held] < bottom]
    axes.plot(beyond, np.full(len(beyond), 0.04), transform=axes.get_xaxis_transform(), gid=f"beyond:{method}",
              **BEYOND)  # fmt: skip
    return bool(len(beyond))


def _name_leaves(axes: Axes, table: pd.DataFrame, *, upright: bool) -> None:
    """Write each leaf and its number of architectures below its box."""
    pattern = "{} ({:,})" if upright else "{}\n{:,}"
    labels = [pattern.format(leaf, int(n)) for leaf, n in zip(table["leaf"], table["n"], strict=True)]
    axes.set_xticks(range(len(table)), labels, size=pt(7), rotation=90 if upright else 0)
    axes.tick_params(axis="x", length=0)
    centre(axes, len(table), least=3)
