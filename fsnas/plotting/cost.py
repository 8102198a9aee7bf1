"""What every method costs: epochs and seconds of the device for root, scoring and leaves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from fsnas.analysis.training_cost import SAMPLED
from fsnas.plotting import from_tables
from fsnas.plotting._seeds import counted, mark_names, span
from fsnas.plotting._style import BESIDE, Options, empty, legend, pt, sheet, styled, widest, wrapped

ROOT = "root: once a seed, shared\nby all methods that need it"
ALONE = "Each bar as if its method stood alone"
SECONDS = "seconds of the device"
PARTS = {
    "epochs": {"root_epochs": ROOT, "leaf_epochs": "leaves"},
    SECONDS: {"root_device_seconds": ROOT, "scoring_device_seconds": "scoring", "leaf_device_seconds": "leaves"},
}
LOOK: dict[str, dict[str, Any]] = {
    "root": {"facecolor": "#D0D0D0", "edgecolor": "#666666", "hatch": "////"},
    "scoring": {"facecolor": "#E1B84A", "edgecolor": "#666666", "hatch": "...."},
    "leaf": {"facecolor": "#3B6FA0", "edgecolor": "#666666"},
}
ROW, PANEL = 0.27, 3.1  # inches of a method, and of the width of a panel


@from_tables("cost", category="4 Few-shot NAS", label="Figure: cost", over_seeds=False)
@styled
def cost_figure(training_cost: pd.DataFrame, *, options: Options) -> Figure:
    """Draw two panels of stacked bars, epochs and device seconds of every method: means over its seeds.

    A NaN is left out of a mean; a method without any value of a panel says so, and a part that is missing is named at
    its bar.
    """
    looks, width = options.looks(training_cost["method"]), options.width
    cost, looks = _by_search(training_cost[training_cost["method"].isin([*looks])], looks)
    methods = list(looks)
    labels = [method if width is None else wrapped(method, 0.35 * width, pt(9)) for method in methods]
    names = widest(labels, pt(9))
    width = width or 9.2 + names
    across = 2 if width >= BESIDE else 1
    height = (1.5 if across == 2 else 0.8) + max(ROW, ROW * pt(9) / 9) * max(len(methods), 3)
    seeds = cost.groupby("method")["seed"].nunique()
    title = "Cost of every method, mean over its seeds" + counted(seeds, "seeds")
    figure = sheet(options, width, 0.2 + height * 2 / across, title, _search(cost))
    panels = figure.subplots(2 // across, across, sharey=True, squeeze=False).flat
    room = PANEL + width - 9.2 - names if across == 2 else width - names - 0.6
    for axes, (unit, parts) in zip(panels, PARTS.items(), strict=True):
        axes.set_xlabel(unit)
        if cost.empty or not np.isfinite(cost[list(parts)].to_numpy(float)).any():
            empty(axes, f"no {unit} recorded")
            continue
        leaves = _leaves(cost, methods) if unit == "epochs" else [""] * len(methods)
        _draw_bars(axes, cost, methods, parts, leaves, room / (2 if across == 2 and width < 9 else 1))
    if len(methods):
        panels[0].set_ylim(max(len(methods), 3) - 0.4, -0.6)
        panels[0].set_yticks(range(len(methods)), labels)
        for axes in panels[::across]:
            mark_names(axes, looks, 6)
    handles = [Patch(label=label, **LOOK[column.split("_")[0]]) for column, label in PARTS[SECONDS].items()]
    legend(figure, handles)
    return figure


def _by_search(cost: pd.DataFrame, looks: Mapping[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the table and the looks with a name of its own for a method under each differentiable search."""
    names = cost["method"].where(cost["search"] == SAMPLED, cost["method"] + ": " + cost["search"].astype(str))
    shown: dict[str, Any] = {}
    for method, look in looks.items():
        shown |= dict.fromkeys([method, *names[cost["method"] == method]], look)
    return cost.assign(method=names), shown


def _search(cost: pd.DataFrame) -> str:
    """Return a sentence on what the bars hold: not the search."""
    counts = cost["search_evaluations"]
    return f"{ALONE}, without the search ({span(counts)} evaluations)." if counts.max() > 0 else f"{ALONE}."


def _leaves(cost: pd.DataFrame, methods: Sequence[str]) -> list[str]:
    """Return how many leaves each method has, and how many of them another tree had trained, for the end of a bar."""
    means = cost.groupby("method")[["trainings", "shared"]].mean().reindex(methods)
    texts = []
    for own, shared in means.to_numpy(float):
        count = own + shared
        text = f"{count:.3g} {'leaf' if count == 1 else 'leaves'}" + (f", {shared:.2g} shared" if shared else "")
        texts.append("" if np.isnan(count) else f" ({text})")
    return texts


def _draw_bars(
    axes: Axes,
    cost: pd.DataFrame,
    methods: Sequence[str],
    parts: Mapping[str, str],
    beside: Sequence[str],
    inches: float,
) -> None:
    """Draw the stacked bars of one panel of ``inches``, with their totals and the texts of ``beside`` at the end."""
    means = cost.groupby("method")[list(parts)].mean().reindex(methods)
    left = np.zeros(len(methods))
    for column in parts:
        width = np.nan_to_num(means[column].to_numpy(float))
        bars = axes.barh(range(len(methods)), width, 0.66, left, linewidth=0.5, **LOOK[column.split("_")[0]])
        for method, bar in zip(methods, bars, strict=True):
            bar.set_gid(f"{column}:{method}")
        left += width
    axes.grid(axis="x")
    room = left.max() or 1.0
    for place, (total, row) in enumerate(zip(left, means.to_numpy(float), strict=True)):
        missing = [column.split("_")[0] for column, value in zip(parts, row, strict=True) if np.isnan(value)]
        text = (f"{total:,.0f}" if total >= 10 else f"{total:.3g}") + beside[place]
        if len(missing) == len(parts):
            text = "no value"
        elif missing:
            text += f" (no {', '.join(missing)})"
        text = wrapped(text, max(0.5 * inches, 0.6), pt(7.5))
        axes.text(total + 0.015 * room, place, text, va="center", size=pt(7.5), gid=f"total:{place}")
    longest = widest((text.get_text() for text in axes.texts), pt(7.5))
    axes.set_xlim(0, room * inches / max(inches - longest - 0.1, 0.5))
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
