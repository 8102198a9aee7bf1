"""Found architectures: how far each search stayed behind the best known one."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, product
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fsnas.analysis.stats import by_seed
from fsnas.plotting import from_tables
from fsnas.plotting._seeds import Methods, below, counted, from_zero, name_methods, point_handle, span
from fsnas.plotting._style import BESIDE, Options, empty, legend, legend_width, sheet, styled

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GAP = 0.7  # between two methods, in widths of a sampler
UNIT = 0.21  # inches of a sampler, at least
ORACLE: dict[str, Any] = {
    "marker": "D",
    "markersize": 6,
    "markerfacecolor": "none",
    "markeredgecolor": "black",
    "markeredgewidth": 1.1,
    "linestyle": "",
    "zorder": 5,
}
ORACLE_NAME = "oracle: best known in the\nchosen leaf, not a result"


@from_tables("found", category="4 Few-shot NAS", label="Figure: what the searches found")
@styled
def found_figure(found_architectures: pd.DataFrame, *, options: Options) -> Figure:
    """Draw the regret of what every method and sampler found: a point per seed, mean, interval, and the oracle.

    The samplers are drawn side by side in the order in which the table names them; the band is `random` under the first
    one. The oracle (``optimum - oracle``) is a mean over the seeds whose regret is known. In a narrow figure the
    methods stand in several panels.
    """
    methods = Methods(found_architectures["method"], options)
    found = found_architectures[found_architectures["method"].isin([*methods.names, methods.control])]
    samplers = list(found["sampler"].unique())
    held = found[np.isfinite(found["regret"].to_numpy(float)) & found["method"].isin(methods.names)]
    name = f"{methods.control} ({samplers[0]} search)" if methods.control is not None and samplers else None
    beside = legend_width([f"{name}: range of the seeds"]) + 1.1
    lines, unit, width = _lines(methods.names, len(samplers), beside, options.width)
    names = max(below(line, unit * (len(samplers) + GAP)) for line in lines)
    figure = sheet(options, width, 0.9 + len(lines) * ((3.1 if len(lines) == 1 else 1.5) + names),
                   "Regret of the found architectures" + counted(found["evaluations"], "evaluations"),
                   _meaning(held), methods.note)  # fmt: skip
    panels = figure.subplots(len(lines), 1, sharey=True, squeeze=False)[:, 0]
    for axes in panels:
        axes.set_ylabel("regret (percentage points)" if len(lines) == 1 else "regret (points)")
    if held.empty:
        empty(panels[0], "no found architecture has a truth")
        return figure
    chance = by_seed(found[found["sampler"] == samplers[0]], str(methods.control), "regret")
    for axes, line in zip(panels, lines, strict=True):
        _draw_searches(axes, line, held, samplers, methods, unit)
        _separate(axes, line, samplers, unit, len(lines[0]))
        methods.draw_band(axes, methods.total(chance, str(methods.control), "regret"))
    from_zero([*panels])
    points = [point_handle(f"{name} search, a seed", marker, 4.5) for name, marker in zip(samplers, cycle(MARKERS))]
    oracle = [Line2D([], [], label=ORACLE_NAME, **ORACLE)] if held["oracle"].notna().any() else []
    legend(figure, methods.handles(points, *oracle, name=name))
    return figure


def _lines(
    methods: list[str], samplers: int, beside: float, width: float | None
) -> tuple[list[list[str]], float, float]:
    """Return the methods panel by panel, the inches of one sampler (less where there are many), and of the figure."""
    places = max(len(methods), 1) * (samplers + GAP)
    if width is None:
        unit = float(np.clip(9.5 / places, UNIT, 0.32))
        return [methods], unit, max(8.0, beside + unit * places)
    room = width - (beside if width >= BESIDE else 0.8)
    count = max(1, math.ceil(UNIT * places / room))
    each = math.ceil(len(methods) / count) or 1
    lines = [methods[i : i + each] for i in range(0, max(len(methods), 1), each)]
    return lines, float(min(room / (each * (samplers + GAP)), 0.32)), width


def _meaning(held: pd.DataFrame) -> str:
    """Return what the regret is measured from, as a sentence."""
    of = span(held["of"])
    return f"Regret: best truth of {of} architectures minus that of the found one." if of else ""


def _draw_searches(
    axes: Axes,
    names: Sequence[str],
    held: pd.DataFrame,
    samplers: Sequence[str],
    methods: Methods,
    unit: float,
) -> None:
    """Draw the seeds, mean, interval and oracle of every method and sampler, a sampler ``unit`` inches wide."""
    axes.grid(axis="y")
    for (i, method), (j, sampler) in product(enumerate(names), enumerate(samplers)):
        place = i * (len(samplers) + GAP) + j
        look = replace(methods.looks[method], marker=MARKERS[j % len(MARKERS)])
        name = f"{method}:{sampler}"
        rows = held[(held["method"] == method) & (held["sampler"] == sampler)].sort_values("seed")
        values = rows["regret"].to_numpy(float)
        total = methods.total(values, method, "regret")
        methods.draw_seeds(axes, place, name, look, values, total, 5 if unit > 0.25 else 4)
        oracle = (rows["optimum"] - rows["oracle"]).dropna().to_numpy(float)
        if len(oracle):
            axes.plot(place + 0.38, oracle.mean(), gid=f"oracle:{name}", **ORACLE)


def _separate(axes: Axes, methods: Sequence[str], samplers: Sequence[str], unit: float, most: int) -> None:
    """Name the methods in the middle of their samplers, each ``unit`` inches wide, with a line between two.

    The axis has room for ``most`` methods, so that all panels have one scale.
    """
    step, middle = len(samplers) + GAP, (len(samplers) - 1) / 2
    name_methods(axes, methods, unit * step, [i * step + middle for i in range(len(methods))])
    axes.tick_params(axis="x", length=0)
    for i in range(1, len(methods)):
        axes.axvline(i * step - (1 + GAP) / 2, color="#E4E4E4", linewidth=0.8, zorder=0.1)
    width = most * step
    spare = max(0.0, 5 - width) / 2  # a single search stays a narrow one
    axes.set_xlim(-(1 + GAP) / 2 - spare, width - (1 + GAP) / 2 + spare)
