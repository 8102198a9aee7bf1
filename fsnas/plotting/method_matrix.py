"""The distance of every method's trees to every other's, ordered by clustering."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform

from fsnas.plotting import from_tables
from fsnas.plotting._seeds import mark_names, name_methods
from fsnas.plotting._style import COLOUR_MAP, Look, Options, empty, ink, pt, sheet, styled, widest

DIAGONAL = "Outlined: internal distance."
BRACKETS = "In brackets: other numbers of groups."
CELL = 0.46  # inches, where the width is free
FINE, COARSE = 5.5, 4.5  # points from which on a number has two decimals, or one


@from_tables("method-matrix", category="2 Split distance", label="Figure: method against method")
@styled
def method_matrix_figure(method_distance: pd.DataFrame, *, options: Options) -> Figure:
    """Draw the mean split distance between the trees of every two methods (same seed), clustered by average linkage.

    A pair may be there once or in both orders. One that is missing is marked and counts as the largest distance in the
    clustering; one that is not ``comparable`` (all are without this column) stands in brackets. Numbers that would be
    too small are left out.
    """
    looks, width = options.looks([*method_distance["method_a"], *method_distance["method_b"]]), options.width
    names, count = list(looks), len(looks)
    table = method_distance[method_distance["method_a"].isin(names) & method_distance["method_b"].isin(names)]
    others = {(row.method_a, row.method_b) for row in table.itertuples() if not getattr(row, "comparable", True)}
    others |= {(b, a) for a, b in others}
    said = BRACKETS if any(a != b for a, b in others) else ""
    beside = widest(names, pt(9)) + 0.4
    around = beside + (0.6 if options.narrow else 2.2)  # the names, the clustering, the colour bar
    side = max(2.4, CELL * count) if width is None else max(1.0, width - around)
    height = 0.72 * side if width is not None and count <= 4 else side
    figure = sheet(options, width or max(5.6, side + around), height + beside + 0.9 + 0.5 * options.narrow,
                   "Split distance between methods", DIAGONAL, said)  # fmt: skip
    if not count:
        empty(figure.add_subplot(), "no method has a split", ticks=True)
        return figure
    wide = table.pivot(index="method_a", columns="method_b", values="mean").reindex(index=names, columns=names)
    matrix = wide.fillna(wide.T).to_numpy(float)
    tree_axes, axes = figure.subplots(1, 2, width_ratios=(1, side / 0.4 if options.narrow else max(2.0, side / 1.1)))
    tree_axes.set_axis_off()
    order = np.arange(count)
    if count > 1:
        order = _draw_dendrogram(tree_axes, matrix, "" if options.narrow else "average linkage")
    ordered = {names[i]: looks[names[i]] for i in order}
    image = _draw_matrix(axes, matrix[np.ix_(order, order)], ordered, others, side / count)
    where: Any = {"location": "bottom", "aspect": 30} if options.narrow else {"shrink": 0.8}
    figure.colorbar(image, ax=[tree_axes, axes] if options.narrow else axes, label="mean split distance", **where)
    return figure


def _draw_dendrogram(axes: Axes, matrix: np.ndarray, title: str) -> np.ndarray:
    """Draw the clustering, root at the left, and return its order from top to bottom."""
    between = np.where(np.isnan(matrix), np.nanmax(matrix, initial=1.0), matrix)
    np.fill_diagonal(between, 0.0)
    tree = dendrogram(linkage(squareform(between, checks=False), "average"), no_plot=True)
    for places, heights in zip(tree["icoord"], tree["dcoord"], strict=True):
        axes.plot(heights, (np.array(places) - 5) / 10, color="#333333", linewidth=1.0)
    axes.set_xlim(max(max(tree["dcoord"][-1]), 1e-9) * 1.05, 0)
    axes.set_ylim(len(matrix) - 0.5, -0.5)
    axes.set_title(title, size=pt(8))
    return np.array(tree["leaves"])


def _numbers(
    matrix: np.ndarray, methods: Sequence[str], others: Collection[tuple[str, str]], decimals: int
) -> np.ndarray:
    """Return what stands in every cell, in brackets for the pairs of ``others``."""
    texts = np.full(matrix.shape, "n/a", dtype=object)
    for row, column in np.argwhere(np.isfinite(matrix)):
        text = f"{matrix[row, column]:.{decimals}f}"
        texts[row, column] = f"({text})" if row != column and (methods[row], methods[column]) in others else text
    return texts


def _draw_matrix(
    axes: Axes, matrix: np.ndarray, looks: Mapping[str, Look], others: Collection[tuple[str, str]], cell: float
) -> AxesImage:
    """Draw the heat map with its values, the diagonal outlined, and each metric's mark beside its name."""
    methods = list(looks)
    colours = matplotlib.colormaps[COLOUR_MAP].with_extremes(bad="#CCCCCC")
    image = axes.imshow(np.ma.masked_invalid(matrix), cmap=colours, aspect="auto", vmin=0)
    for decimals, smallest in ((2, FINE), (1, COARSE)):
        texts = _numbers(matrix, methods, others, decimals)
        size = min(pt(7.5), pt(7.5) * 0.9 * cell / widest({*texts.flat}, pt(7.5)))
        if size >= smallest:
            break
    for (row, column), value in np.ndenumerate(matrix):
        shade = "#CCCCCC" if np.isnan(value) else image.cmap(image.norm(value))
        if size >= COARSE:
            axes.text(column, row, str(texts[row, column]), ha="center", va="center", size=size, color=ink(shade))
        if row == column:
            axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, edgecolor=ink(shade),
                                     lw=min(1.6, 6 * cell)))  # fmt: skip
    axes.spines[:].set_visible(False)
    name_methods(axes, methods, cell)
    axes.set_yticks(range(len(methods)), methods, size=min(pt(9), 0.85 * 72 * cell))
    axes.tick_params(length=0)
    mark_names(axes, looks, min(6.0, 40 * cell))
    return image
