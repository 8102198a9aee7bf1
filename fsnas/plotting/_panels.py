"""Panels of split distance, a box or violin per method, by setting and level: Figures 1a, 1b and 2."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from fsnas.analysis.stats import by_seed
from fsnas.plotting._seeds import Methods, Total, below, centre, name_methods, point_handle, write_upright
from fsnas.plotting._style import Look, empty, legend_below, legend_width, pt, sheet

VIOLIN_FROM = 8  # trees; fewer do not show a density
SIDE, APART = 0.75, 0.13  # inches beside the first panel, and the fewest of a method of which panels stand side by side
NOTHING = {"internal": "no tree has two splits to compare", "external": "needs at least two seeds"}
ONE_PAIR = "External: one pair of trees, no interval."
Cell = tuple[str, str]  # setting and level


def panels(
    per_tree: pd.DataFrame,
    summary: pd.DataFrame,
    methods: Methods,
    cells: Mapping[Cell, str],
    title: str,
    width: float,
    height: float,
    aside: str = "",
) -> Figure:
    """Draw a panel of ``height`` inches for each of ``cells``: their titles, by setting (a row) and level (a column).

    A cell without rows is left out, a setting without any says so; where the width does not hold the levels side by
    side, they stand one below the other. The legend stands in the first cell if that is left out, under ``aside``.
    """
    names = methods.names
    found = {cell: _rows(summary[summary["method"].isin(names)], cell) for cell in cells}
    held = {cell for cell, some in found.items() if len(some)}
    external = pd.concat(found.values()).query("setting == 'external'")["std"]
    grid = _grid(cells, held, width, len(names))
    columns = max(map(len, grid))
    room = (width - SIDE) / columns
    apart = room / max(len(names), 4)
    each = height + 0.25 * any(cells.values())
    figure = sheet(methods.options, width, 0.6 + each * len(grid) + below(names, apart), title, methods.note,
                   ONE_PAIR if len(external) and external.isna().all() else "")  # fmt: skip
    slots = figure.add_gridspec(len(grid), columns)
    places = _place(figure, slots, grid, held, cells)
    for cell, axes in places.items():
        _draw_panel(axes, _rows(per_tree, cell), _rows(summary, cell), methods, apart)
    lowest = {column: cell for line in grid for column, cell in enumerate(line) if cell in held}
    for cell in lowest.values():
        name_methods(places[cell], names, apart)
    if places:
        first = next(iter(places.values()))
        first.set_ylim(bottom=min(0.0, first.get_ylim()[0]))
        handles = methods.handles([point_handle("a tree (seed)")], of="trees")
        free = grid[0][0] not in held and len(grid[0]) > 1
        if free and legend_width(str(handle.get_label()) for handle in handles) < room:
            corner = figure.add_subplot(slots[0, 0])
            corner.set_axis_off()
            corner.legend(handles=handles, loc="upper left", title=aside, alignment="left", borderaxespad=0)
        else:
            legend_below(figure, handles)
    return figure


def _place(
    figure: Figure, slots: GridSpec, grid: Sequence[Sequence[Cell]], held: Collection[Cell], cells: Mapping[Cell, str]
) -> dict[Cell, Axes]:
    """Return the axes of every cell that is ``held``, with their titles; a line without any says so."""
    found: dict[Cell, Axes] = {}
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
            empty(axes, NOTHING[line[0][0]])
    return found


def _grid(cells: Mapping[Cell, str], held: Collection[Cell], width: float, methods: int) -> list[list[Cell]]:
    """Return the cells line by line: a setting each, or where they would be too narrow a cell each."""
    settings = dict.fromkeys(setting for setting, _ in cells)
    lines = [[cell for cell in cells if cell[0] == setting] for setting in settings]
    if (width - SIDE) / len(lines[0]) >= max(1.2, APART * methods):
        return lines
    return [[cell] for line in lines for cell in ([c for c in line if c in held] or line[:1])]


def _rows(table: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """Return the rows of one setting and level that have a mean."""
    setting, level = cell
    return table[(table["setting"] == setting) & (table["level"].astype(str) == level) & table["mean"].notna()]


def _total(values: np.ndarray, summary: pd.DataFrame, method: str | None) -> Total | None:
    """Return what the summary says of ``method``, or None if there is nothing to draw.

    One tree has no range, nor have two between which there is one distance.
    """
    of_method = summary[summary["method"] == method]
    if of_method.empty or not len(values):
        return None
    one = of_method.iloc[0]
    ends = (values.min(), values.max()) if pd.notna(one["std"]) else (np.nan, np.nan)
    return Total(int(one["n"]), *map(float, (one["mean"], one["ci_low"], one["ci_high"], *ends)))


def _draw_panel(axes: Axes, trees: pd.DataFrame, summary: pd.DataFrame, methods: Methods, apart: float) -> None:
    """Draw the band and every method in one setting and level."""
    axes.grid(axis="y")
    control = str(methods.control)
    methods.draw_band(axes, _total(by_seed(trees, control, "mean"), summary, control))
    for place, (method, look) in enumerate(methods.looks.items()):
        values = by_seed(trees, method, "mean")
        total = _total(values, summary, method)
        if total is None:
            write_upright(axes, place, 0.02, "no pairs", min(pt(8), 60 * apart))
            continue
        if np.isfinite(total.low):
            _draw_spread(axes, place, method, look, values)
        sizes = min(5.0, 18 * apart), min(7.0, 25 * apart)
        methods.draw_seeds(axes, place, method, look, values, total, *sizes)
    centre(axes, len(methods.names))
    axes.set_xticks([])


def _draw_spread(axes: Axes, place: int, method: str, look: Look, values: np.ndarray) -> None:
    """Draw the box or violin of the trees of one method."""
    drawn: Any
    if len(values) >= VIOLIN_FROM:
        drawn = axes.violinplot(values, positions=[place], widths=0.64, showextrema=False)["bodies"]
    else:
        drawn = axes.boxplot(
            values, positions=[place], widths=0.5, whis=(0, 100), patch_artist=True, medianprops={"color": "#333333"}
        )["boxes"]
    for shape in drawn:
        shape.set(facecolor=(look.colour, 0.35), edgecolor=look.colour, hatch=look.hatch, alpha=None)
        shape.set_gid(f"spread:{method}")
