"""What each metric sees at the root: scores per edge and operation, or affinities where it has no scores."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from fsnas.plotting._style import COLOUR_MAP, Options, directed, empty, ink, look, pt, sheet, styled, wrapped

COLUMNS = 3
WIDTH, HEIGHT = 3.7, 2.25  # inches of a panel
MISSING = "#D9D9D9"
Names = tuple[Sequence[str], Sequence[str]]  # of edges and operations


@styled
def root_scores_figure(
    scores: Mapping[str, Mapping[str, Any]], *, edges: Sequence[str], operations: Sequence[str], options: Options
) -> Figure:
    """Draw a heat map per method, each on its own colour scale; a value that is not finite is hatched.

    Parameters
    ----------
    scores
        By method, ``scores`` float ``[edges, operations]`` (mean over the seeds) or None, ``affinity`` float
        ``[edges, operations, operations]``, ``direction`` (``higher``, ``lower`` or ``none``). A method without
        scores gets one panel of affinities per edge.
    edges, operations
        Their names.
    """
    methods, width = options.methods, options.width
    scores = merged({method: scores[method] for method in scores if methods is None or method in methods})
    scalar = [method for method, entry in scores.items() if entry["scores"] is not None]
    matrices = [method for method, entry in scores.items() if entry["scores"] is None]
    columns = COLUMNS if matrices else max(2, min(COLUMNS, len(scalar)))
    columns = columns if width is None else max(1, int((width - 0.3) / (0.75 * WIDTH)))
    panel = HEIGHT * (0.7 if options.narrow else 1)
    blocks = [math.ceil(len(scalar) / columns)] * bool(scalar) + [math.ceil(len(edges) / columns)] * len(matrices)
    ratios = [0.85 + panel * count for count in blocks]
    width = width or 0.9 + WIDTH * columns
    title = "Score of the root supernet without this operation on this edge"
    figure = sheet(options, width, max(0.5 + sum(ratios), 2.5), title)
    if not scores:
        empty(figure.add_subplot(), "no method has scores", ticks=True)
        return figure
    parts = iter(figure.subfigures(len(blocks), 1, squeeze=False, height_ratios=ratios)[:, 0])
    if scalar:
        chosen = {method: scores[method] for method in scalar}
        _draw_scores(next(parts), chosen, (edges, operations), columns, options.metrics)
    for method in matrices:
        affinity = np.asarray(scores[method]["affinity"], float)
        _draw_affinities(next(parts), method, affinity, (edges, operations), columns, options.metrics)
    return figure


def merged(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return ``scores`` with one entry, "a, b", for the methods that hold the same values (they differ in the cut)."""
    groups: dict[tuple[bytes, bytes], list[str]] = {}
    for method, entry in scores.items():
        values = b"" if entry["scores"] is None else np.asarray(entry["scores"], float).tobytes()
        groups.setdefault((values, np.asarray(entry["affinity"], float).tobytes()), []).append(method)
    return {", ".join(methods): scores[methods[0]] for methods in groups.values()}


def _draw_scores(part: Any, scores: Mapping, names: Names, columns: int, metrics: Mapping[str, str]) -> None:
    """Draw the panels of the methods with a score."""
    panels = _panels(part, [directed(method, scores[method]["direction"]) for method in scores], names, columns)
    for axes, (method, entry) in zip(panels, scores.items(), strict=True):
        image = heat_map(axes, np.asarray(entry["scores"], float))
        _mark(axes, method, metrics)
        _bar(part, image, axes)


def _draw_affinities(
    part: Any, method: str, affinity: np.ndarray, names: Names, columns: int, metrics: Mapping[str, str]
) -> None:
    """Draw one panel per edge, all on one colour scale; the diagonal is left out."""
    edges, operations = names
    affinity = affinity.copy()
    affinity[:, np.arange(len(operations)), np.arange(len(operations))] = np.nan
    finite = affinity[np.isfinite(affinity)]
    limits = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    titles = [f"{method}: affinity, edge {edge}" for edge in edges]
    for axes, values in zip(_panels(part, titles, (operations, operations), columns), affinity, strict=True):
        image = heat_map(axes, values, limits, skip_diagonal=True)
        _mark(axes, method, metrics)
    _bar(part, image, part.axes, "affinity (diagonal left out)")


def _panels(part: Any, titles: Sequence[str], names: Names, columns: int) -> list[Axes]:
    """Return a panel per title, line by line, with the names of rows and columns at the left and at the bottom."""
    panels = part.subplots(math.ceil(len(titles) / columns), columns, squeeze=False).flat
    width = (part.figure.get_figwidth() - 1.0) / columns - 0.2  # about that of a heat map without the names beside it
    for axes in panels[len(titles) :]:
        axes.set_axis_off()
    for place, (title, axes) in enumerate(zip(titles, panels, strict=False)):
        left, bottom = place % columns == 0, place + columns >= len(titles)
        axes.set_title(wrapped(title, width, pt(9)), loc="left", size=pt(9))
        axes.set_yticks(range(len(names[0])), names[0] if left else [""] * len(names[0]))
        axes.set_xticks(range(len(names[1])), names[1] if bottom else [""] * len(names[1]))
        for label in axes.get_xticklabels():
            label.set(rotation=35, ha="right", rotation_mode="anchor")
        axes.tick_params(length=0, labelsize=pt(8))
        axes.spines[:].set_visible(False)
    return list(panels[: len(titles)])


def heat_map(
    axes: Axes, values: np.ndarray, limits: tuple[float, float] | None = None, skip_diagonal: bool = False
) -> AxesImage:
    """Draw ``values`` with their numbers in short form; hatch what is not finite and label it ``n/a``."""
    finite = values[np.isfinite(values)]
    low, high = limits or ((finite.min(), finite.max()) if len(finite) else (0.0, 1.0))
    if low == high:
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    image = axes.imshow(np.ma.masked_invalid(values), cmap=matplotlib.colormaps[COLOUR_MAP], aspect="auto",
                        vmin=low, vmax=high)  # fmt: skip
    for (row, column), value in np.ndenumerate(values):
        if skip_diagonal and row == column:
            continue
        if np.isfinite(value):
            axes.text(column, row, short(value, high - low), ha="center", va="center", size=pt(7.5),
                      color=ink(image.cmap(image.norm(value))))  # fmt: skip
        else:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=MISSING, edgecolor="#AAAAAA",
                                     hatch="////", linewidth=0))  # fmt: skip
            axes.text(column, row, "n/a", ha="center", va="center", size=pt(7.5),
                      bbox={"facecolor": MISSING, "edgecolor": "none", "pad": 1})  # fmt: skip
    return image


def short(value: float, spread: float) -> str:
    """Return ``value`` with the digits that tell values apart which lie within ``spread`` of each other."""
    decimals = max(0, 1 - math.floor(math.log10(spread))) if spread > 0 else 2
    if decimals <= 4 and abs(value) < 1e5:
        return f"{value:z.{decimals}f}"  # z: no -0
    digits = math.ceil(math.log10(abs(value) / spread)) + 1 if value and spread > 0 else 2
    mantissa, _, exponent = f"{value:.{min(max(digits, 2), 5) - 1}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def _mark(axes: Axes, method: str, metrics: Mapping[str, str]) -> None:
    """Draw a line in the metric's colour over the panel."""
    first = method.split(", ")[0]
    shade = look(metrics.get(first, first)).colour
    axes.plot([0, 1], [1.015, 1.015], transform=axes.transAxes, clip_on=False, color=shade, linewidth=3,
              scalex=False, scaley=False)  # fmt: skip


def _bar(part: Any, image: AxesImage, axes: Axes | list[Axes], label: str = "") -> None:
    bar = part.colorbar(image, ax=axes, shrink=0.9, pad=0.02, label=label)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=pt(7))
    bar.ax.yaxis.set_major_locator(MaxNLocator(4))
