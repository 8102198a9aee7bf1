"""The distance of every method's trees to every other's, ordered by clustering."""

from collections.abc import Collection, Mapping

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import ScaledTranslation
from scipy.cluster.hierarchy import dendrogram, linkage
from scipy.spatial.distance import squareform

from fsnas.plotting.style import COLOUR_MAP, empty, heading, ink, looks, notes, ordered, sheet, styled

DIAGONAL = (
    "Means over the seeds; their intervals are in method_distance.csv. Outlined diagonal: internal distance of the "
    "method's own trees, not 0; the clustering leaves it out."
)
BRACKETS = (
    "In brackets: other numbers of groups, or one per operation, decide the distance in part, and not the metrics."
)


@styled
def method_matrix_figure(
    method_distance: pd.DataFrame, *, caption: str, metrics: Mapping[str, str] | None = None
) -> Figure:
    """Draw the mean split distance between the trees of every two methods (same seed), clustered by average linkage.

    Parameters
    ----------
    method_distance
        Columns ``method_a, method_b, mean, comparable``; a pair once or in both orders; ``method_a == method_b`` is the
        internal distance. A missing pair is marked and counts as the largest distance in the clustering; one that is
        not ``comparable`` (all are without this column) stands in brackets.
    caption
        Written below the axes.
    metrics
        The metric of each method; gives the colours of the marks beside the names.
    """
    present = [*method_distance["method_a"], *method_distance["method_b"]]
    methods = [method for method in ordered(present, metrics) if method in set(present)]
    count = len(methods)
    side = max(2.4, 0.46 * count)
    names = 0.09 * max(map(len, methods), default=0) + 0.6
    width = max(5.6, side + names + 2.6)
    others = {
        (row.method_a, row.method_b) for row in method_distance.itertuples() if not getattr(row, "comparable", True)
    }
    others |= {(b, a) for a, b in others}
    said = BRACKETS if any(a != b for a, b in others) else ""
    figure = sheet(width, side + names + 0.9, caption, DIAGONAL, said, notes(methods, metrics))
    heading(figure, "Split distance between methods")
    if not count:
        empty(figure.add_subplot(), "no method has a split")
        return figure
    matrix = _symmetric(method_distance, methods)
    tree_axes, axes = figure.subplots(1, 2, width_ratios=(1, max(2.0, side / 1.1)))
    tree_axes.set_axis_off()
    order = np.arange(count)
    if count > 1:
        order = _draw_dendrogram(tree_axes, matrix)
    _draw_matrix(figure, axes, matrix[np.ix_(order, order)], [methods[i] for i in order], metrics, others)
    return figure


def _symmetric(table: pd.DataFrame, methods: list[str]) -> np.ndarray:
    """Return the means as float64 ``[methods, methods]``, NaN where no row names the pair."""
    place = {method: i for i, method in enumerate(methods)}
    matrix = np.full((len(methods), len(methods)), np.nan)
    for row in table.itertuples():
        a, b = place[row.method_a], place[row.method_b]
        matrix[a, b] = matrix[b, a] = row.mean
    return matrix


def _draw_dendrogram(axes: Axes, matrix: np.ndarray) -> np.ndarray:
    """Draw the clustering, root at the left, and return its order from top to bottom."""
    between = np.where(np.isnan(matrix), np.nanmax(matrix, initial=1.0), matrix)
    np.fill_diagonal(between, 0.0)
    tree = dendrogram(linkage(squareform(between, checks=False), "average"), no_plot=True)
    for places, heights in zip(tree["icoord"], tree["dcoord"], strict=True):
        axes.plot(heights, (np.array(places) - 5) / 10, color="#333333", linewidth=1.0)
    axes.set_xlim(max(max(tree["dcoord"][-1]), 1e-9) * 1.05, 0)
    axes.set_ylim(len(matrix) - 0.5, -0.5)
    axes.set_title("average linkage", size=8)
    return np.array(tree["leaves"])


def _draw_matrix(
    figure: Figure,
    axes: Axes,
    matrix: np.ndarray,
    methods: list[str],
    metrics: Mapping[str, str] | None,
    others: Collection[tuple[str, str]],
) -> None:
    """Draw the heat map with its values, the diagonal outlined, and each metric's mark beside its name."""
    colours = matplotlib.colormaps[COLOUR_MAP].with_extremes(bad="#CCCCCC")
    image = axes.imshow(np.ma.masked_invalid(matrix), cmap=colours, aspect="auto", vmin=0)
    for (row, column), value in np.ndenumerate(matrix):
        text = "n/a" if np.isnan(value) else f"{value:.2f}"
        if row != column and np.isfinite(value) and (methods[row], methods[column]) in others:
            text = f"({text})"
        shade = "#CCCCCC" if np.isnan(value) else image.cmap(image.norm(value))
        axes.text(column, row, text, ha="center", va="center", size=7.5, color=ink(shade))
        if row == column:
            axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, edgecolor=ink(shade), lw=1.6))
    axes.spines[:].set_visible(False)
    axes.set_xticks(range(len(methods)), methods, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(methods)), methods)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", pad=13)
    beside = axes.get_yaxis_transform() + ScaledTranslation(-0.09, 0, figure.dpi_scale_trans)
    for row, style in enumerate(looks(methods, metrics).values()):
        axes.plot(0, row, transform=beside, clip_on=False, **style.points(6))
    figure.colorbar(image, ax=axes, shrink=0.8, label="mean split distance")
