"""Panels of split distance, a box or violin per method, by setting and level: Figures 1a, 1b and 2."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D

from fsnas.plotting._bands import (
    Band,
    band,
    band_handles,
    draw_band,
    has_spread,
    mean_handle,
    no_band,
    one_pair,
    reference,
    rows,
)
from fsnas.plotting._seeds import below, edges, name_methods
from fsnas.plotting._style import Look, empty, legend_below, legend_width, ordered, pt, sheet, shown

VIOLIN_FROM = 8  # trees; fewer do not show a density
SIDE, APART = 0.75, 0.13  # inches beside the first panel, and the fewest of a method of which panels stand side by side
NOTHING = {"internal": "no tree has two splits to compare", "external": "needs at least two seeds"}


def split_methods(
    per_tree: pd.DataFrame, metrics: Mapping[str, str] | None, methods: Collection[str] | None
) -> dict[str, Look]:
    """Return the look of the methods that are drawn: those that split, since one-shot has no distance to show."""
    styles, split = shown(per_tree["method"], metrics, methods), set(per_tree["method"])
    return {method: style for method, style in styles.items() if method in split} or styles


def panels(
    per_tree: pd.DataFrame,
    summary: pd.DataFrame,
    cells: Mapping[tuple[str, str], str],
    *,
    title: str,
    caption: str,
    metrics: Mapping[str, str] | None,
    methods: Collection[str] | None,
    width: float,
    height: float,
    aside: str = "",
) -> Figure:
    """Draw a panel of ``height`` inches for each of ``cells``: their titles, by setting (a row) and level (a column).

    A cell without rows is left out, a setting without any says so; where the width does not hold the levels side by
    side, they stand one below the other. The legend stands in the first cell if that is left out, under ``aside``.
    """
    styles = split_methods(per_tree, metrics, methods)
    control = reference(ordered(per_tree["method"], metrics), metrics)
    total = summary[summary["method"].isin([*styles])]
    drawn = pd.concat([rows(total, *cell) for cell in cells])
    held = {cell for cell in cells if not rows(total, *cell).empty}
    grid = _grid(cells, held, width, len(styles))
    columns = max(map(len, grid))
    room = (width - SIDE) / columns
    apart = room / max(len(styles), 4)
    figure = sheet(width, 0.6 + (height + 0.25 * bool(next(iter(cells.values())))) * len(grid)
                   + below([*styles], apart), title, caption, no_band([*styles, *filter(None, [control])], metrics),
                   one_pair(drawn[drawn["setting"] == "external"]))  # fmt: skip
    slots = figure.add_gridspec(len(grid), columns)
    places = _place(figure, slots, grid, held, cells)
    bands = [_draw_panel(axes, per_tree, summary, cell, styles, control, apart) for cell, axes in places.items()]
    lowest = {column: cell for line in grid for column, cell in enumerate(line) if cell in held}
    for cell in lowest.values():
        name_methods(places[cell], [*styles], apart)
    if places:
        first = next(iter(places.values()))
        first.set_ylim(bottom=min(0.0, first.get_ylim()[0]))
        handles = [
            Line2D([], [], color="#333333", marker="o", linestyle="", markersize=4, label="a tree (seed)"),
            mean_handle(int(drawn["n"].max()), bool(drawn["ci_low"].notna().any())),
            *band_handles(control, bands),
        ]
        free = grid[0][0] not in held and len(grid[0]) > 1
        if free and legend_width(str(handle.get_label()) for handle in handles) < room:
            corner = figure.add_subplot(slots[0, 0])
            corner.set_axis_off()
            corner.legend(handles=handles, loc="upper left", title=aside, alignment="left", borderaxespad=0)
        else:
            legend_below(figure, handles)
    return figure


def _place(
    figure: Figure,
    slots: GridSpec,
    grid: Sequence[Sequence[tuple[str, str]]],
    held: Collection[tuple[str, str]],
    cells: Mapping[tuple[str, str], str],
) -> dict[tuple[str, str], Axes]:
    """Return the axes of every cell that is ``held``, with their titles; a line without any says so."""
    found: dict[tuple[str, str], Axes] = {}
    for i, line in enumerate(grid):
        columns = [j for j, cell in enumerate(line) if cell in held]
        for j in columns:
            axes = found[line[j]] = figure.add_subplot(slots[i, j], sharey=next(iter(found.values()), None))
            axes.set_title(cells[line[j]], loc="left")
            axes.set_ylabel("split distance" if j == columns[0] else "")
            axes.tick_params(labelleft=j == columns[0])
        if not columns:
            axes = figure.add_subplot(slots[i, :])
            axes.set_title(line[0][0] if len(grid) > 1 else "", loc="left")
            axes.set(xticks=[], yticks=[])
            empty(axes, NOTHING[line[0][0]])
    return found


def _grid(
    cells: Mapping[tuple[str, str], str], held: Collection[tuple[str, str]], width: float, methods: int
) -> list[list[tuple[str, str]]]:
    """Return the cells line by line: a setting each, or where they would be too narrow a cell each."""
    settings = dict.fromkeys(setting for setting, _ in cells)
    lines = [[cell for cell in cells if cell[0] == setting] for setting in settings]
    if (width - SIDE) / len(lines[0]) >= max(1.2, APART * methods):
        return lines
    return [[cell] for line in lines for cell in ([c for c in line if c in held] or line[:1])]


def _draw_panel(
    axes: Axes,
    per_tree: pd.DataFrame,
    summary: pd.DataFrame,
    cell: tuple[str, str],
    styles: Mapping[str, Look],
    control: str | None,
    apart: float,
) -> Band | None:
    """Draw every method in one setting and level, and the band of ``control``, which is returned."""
    trees, total = rows(per_tree, *cell), rows(summary, *cell)
    axes.grid(axis="y")
    shaded = band(per_tree, summary, *cell, control)
    if shaded is not None:
        draw_band(axes, shaded)
    for place, (method, style) in enumerate(styles.items()):
        of_method = trees[trees["method"] == method].sort_values("seed")
        of_total = total[total["method"] == method]
        _draw_trees(axes, place, method, style, of_method["mean"].to_numpy(float), has_spread(of_total), apart)
        _draw_mean(axes, place, method, of_total, apart)
    middle, half = (len(styles) - 1) / 2, max(len(styles), 4) / 2 + 0.1  # few methods stand in the middle
    axes.set_xlim(middle - half, middle + half)
    axes.set_xticks([])
    return shaded


def _draw_trees(
    axes: Axes, place: int, method: str, style: Look, values: np.ndarray, spreads: bool, apart: float
) -> None:
    """Draw a point per tree of one method, and their box or violin if they have a spread."""
    if not len(values):
        axes.text(place, 0.02, "no pairs", transform=axes.get_xaxis_transform(), rotation=90, ha="center", va="bottom",
                  color="#555555", size=min(pt(8), 60 * apart))  # fmt: skip
        return
    drawn: Any = []
    if not spreads:
        pass
    elif len(values) >= VIOLIN_FROM:
        drawn = axes.violinplot(values, positions=[place], widths=0.64, showextrema=False)["bodies"]
    else:
        drawn = axes.boxplot(
            values, positions=[place], widths=0.5, whis=(0, 100), patch_artist=True, medianprops={"color": "#333333"}
        )["boxes"]
    for shape in drawn:
        shape.set(facecolor=(style.colour, 0.35), edgecolor=style.colour, hatch=style.hatch, alpha=None)
        shape.set_gid(f"spread:{method}")
    spread = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else np.zeros(1)
    axes.plot(
        place + spread,
        values,
        **style.points(min(5.0, 18 * apart)),
        **edges(style),
        linestyle="",
        zorder=3,
        gid=f"trees:{method}",
    )


def _draw_mean(axes: Axes, place: int, method: str, total: pd.DataFrame, apart: float) -> None:
    """Draw mean and interval beside the points."""
    for row in total.itertuples():
        if np.isfinite(row.ci_low):
            axes.plot([place + 0.38] * 2, [row.ci_low, row.ci_high], color="black", linewidth=1.4, zorder=4,
                      gid=f"interval:{method}")  # fmt: skip
        axes.plot(
            place + 0.38, row.mean, marker="_", markersize=min(7.0, 25 * apart), markeredgewidth=1.8, color="black",
            zorder=4, gid=f"mean:{method}",
        )  # fmt: skip
