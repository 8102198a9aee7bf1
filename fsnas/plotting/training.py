"""Training curves of the supernets."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from fsnas.plotting._style import COLOUR_MAP, Options, empty, legend, sheet, styled

PANELS = {"loss": "cross-entropy loss", "accuracy": "accuracy"}


@styled
def training_figure(records: Mapping[int, Mapping[str, Sequence[float | None]]], *, options: Options) -> Figure:
    """Draw loss and accuracy per epoch and seed, solid on the training part and dashed on the validation part.

    In a narrow figure the panels stand one below the other.

    Parameters
    ----------
    records
        By seed, lists ``epoch, loss, accuracy, valid_loss, valid_accuracy`` of one length; accuracies in [0, 1];
        None or NaN where an epoch was not evaluated.
    """
    across = 1 if options.narrow else 2
    figure = sheet(options, options.width or 9.0, 4.6 if options.narrow else 4.0, "Training of the supernets")
    colours = matplotlib.colormaps[COLOUR_MAP](np.linspace(0.0, 0.9, max(len(records), 1)))
    panels = figure.subplots(2 // across, across)
    for axes, (column, label) in zip(panels, PANELS.items(), strict=True):
        axes.set(xlabel="epoch", ylabel=label)
        axes.grid()
        drawn = 0
        for shade, (_, record) in zip(colours, sorted(records.items()), strict=False):
            drawn += _draw(axes, record, column, shade, "-", "o")
            drawn += _draw(axes, record, f"valid_{column}", shade, (0, (4, 2)), "s")
        if not drawn:
            empty(axes, "no epoch was trained", ticks=True)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_xlim(0.5, max([1, *(len(record["epoch"]) for record in records.values())]) + 0.5)
    panels[1].yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g} %")
    seeds = [Line2D([], [], color=c, label=f"seed {s}") for c, s in zip(colours, sorted(records), strict=False)]
    parts = [
        Line2D([], [], color="#333333", marker="o", markersize=4, label="training"),
        Line2D([], [], color="#333333", marker="s", markersize=4, fillstyle="none", linestyle="--", label="validation"),
    ]
    legend(figure, [*parts, *seeds])
    return figure


def _draw(axes: Axes, record: Mapping, column: str, shade: np.ndarray, line: str | tuple, marker: str) -> bool:
    """Draw one column of one record where it has values, and return whether it has any."""
    epochs = np.asarray(record["epoch"], dtype=float)
    values = np.array([np.nan if value is None else value for value in record[column]], dtype=float)
    held = np.isfinite(values)
    axes.plot(
        epochs[held],
        values[held],
        color=shade,
        linestyle=line,
        linewidth=1.3 if held.sum() <= 30 else 0.7,
        marker=marker if held.sum() <= 30 else None,
        markersize=3.5,
        fillstyle="none" if column.startswith("valid") else "full",
    )
    return bool(held.any())
