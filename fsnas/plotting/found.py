"""Found architectures: how far each search stayed behind the best known one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fsnas.plotting.bands import Band, band_handles, draw_band
from fsnas.plotting.seeds import (
    LEGEND,
    below,
    chance,
    counted,
    draw_seeds,
    from_zero,
    name_methods,
    no_chance,
    over_seeds,
    seed_handles,
    sentence,
    span,
    styles_of,
)
from fsnas.plotting.style import Look, empty, heading, notes, sheet, styled, text_size

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GAP = 0.7  # between two methods, in widths of a sampler
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


@styled
def found_figure(
    found: pd.DataFrame,
    *,
    caption: str,
    metrics: Mapping[str, str] | None = None,
    truth: str = "",
    seed: int = 0,
    resamples: int = 2000,
) -> Figure:
    """Draw the regret of what every method and sampler found: a point per seed, mean, interval, and the oracle.

    Parameters
    ----------
    found
        Columns ``method, seed, sampler, evaluations, leaf, architecture, valid_accuracy, test_accuracy, optimum,
        regret, rank, of, oracle, oracle_n``; accuracies with a truth and ``regret`` in percent. The samplers are
        drawn side by side in the order in which the table names them; the band is `random` under the first one. The
        oracle (``optimum - oracle``) is a mean over the seeds whose regret is known.
    caption
        Written below the axes.
    metrics
        The metric of each method, in the order of drawing; gives colours. A method that the table does not name is
        not drawn.
    truth
        A sentence that names the truth, for the end of the caption.
    seed, resamples
        Of the bootstrap over the seeds of a method.
    """
    styles, samplers = styles_of(found["method"], metrics), list(dict.fromkeys(found["sampler"]))
    methods = list(styles)
    held = found[np.isfinite(found["regret"].to_numpy(float))]
    control = chance(methods)
    name = f"{control} ({samplers[0]} search)" if control is not None and samplers else None
    figure = sheet(*_size(methods, samplers, name), caption, sentence(truth), _meaning(held), no_chance(methods),
                   notes(methods, metrics))  # fmt: skip
    heading(figure, "Regret of the found architectures" + counted(found["evaluations"], "evaluations"))
    axes = figure.add_subplot()
    axes.set_ylabel("regret (percentage points)")
    if held.empty:
        empty(axes, "no found architecture has a truth")
        axes.set(xticks=[], yticks=[])
        return figure
    axes.grid(axis="y")
    places = {
        (method, sampler): i * (len(samplers) + GAP) + j
        for i, method in enumerate(methods)
        for j, sampler in enumerate(samplers)
    }
    totals = _draw_searches(axes, found, places, styles, (seed, resamples), _unit(methods, samplers))
    _separate(axes, methods, samplers)
    band = totals.get((control, samplers[0])) if control is not None else None
    if band is not None:
        draw_band(axes, band)
    from_zero(axes)
    most = int(held.groupby(["method", "sampler"]).size().max())
    oracles = [Line2D([], [], label=ORACLE_NAME, **ORACLE)] if np.isfinite(held["oracle"].astype(float)).any() else []
    handles = [*_sampler_handles(samplers), *seed_handles(most)[1:], *oracles, *band_handles(name, [band], "seeds")]
    figure.legend(handles=handles, loc="outside right upper")
    return figure


def _unit(methods: Sequence[str], samplers: Sequence[str]) -> float:
    """Return the inches of one sampler: less where there are many."""
    return float(np.clip(9.5 / max(len(methods) * (len(samplers) + GAP), 1), 0.21, 0.32))


def _size(methods: Sequence[str], samplers: Sequence[str], band: str | None) -> tuple[float, float]:
    """Return width and height of the figure in inches, with a legend that names the band."""
    drawn = _unit(methods, samplers) * len(methods) * (len(samplers) + GAP)
    legend = max(LEGEND, 0.6 + text_size(f"{band}: range of the seeds", 8)[0])
    return max(8.0, legend + 1.1 + drawn), 4.0 + below(methods)


def _meaning(held: pd.DataFrame) -> str:
    """Return what the regret is measured from, as a sentence."""
    of = span(held["of"])
    return f"Regret: the best truth of {of} architectures minus the truth of the found one." if of else ""


def _draw_searches(
    axes: Axes,
    found: pd.DataFrame,
    places: Mapping[tuple[str, str], float],
    styles: Mapping[str, Look],
    bootstrap: tuple[int, int],
    unit: float,
) -> dict[tuple[str, str], Band | None]:
    """Draw the seeds, mean, interval and oracle of every method and sampler; return means and intervals."""
    samplers = list(dict.fromkeys(sampler for _, sampler in places))
    totals = {}
    for (method, sampler), place in places.items():
        rows = found[(found["method"] == method) & (found["sampler"] == sampler)].sort_values("seed")
        rows = rows[np.isfinite(rows["regret"].to_numpy(float))]
        values = rows["regret"].to_numpy(float)
        total = totals[method, sampler] = over_seeds(values, *bootstrap, method, "regret")
        style = replace(styles[method], marker=MARKERS[samplers.index(sampler) % len(MARKERS)])
        name = f"{method}:{sampler}"
        draw_seeds(axes, place, name, style, values, total, size=5 if unit > 0.25 else 4)
        oracle = (rows["optimum"] - rows["oracle"]).to_numpy(float)
        oracle = oracle[np.isfinite(oracle)]
        if len(oracle):
            axes.plot(place + 0.38, oracle.mean(), gid=f"oracle:{name}", **ORACLE)
    return totals


def _separate(axes: Axes, methods: Sequence[str], samplers: Sequence[str]) -> None:
    """Name the methods in the middle of their samplers, with a line between two methods."""
    step, middle = len(samplers) + GAP, (len(samplers) - 1) / 2
    name_methods(axes, methods, [i * step + middle for i in range(len(methods))])
    axes.tick_params(axis="x", length=0)
    for i in range(1, len(methods)):
        axes.axvline(i * step - (1 + GAP) / 2, color="#E4E4E4", linewidth=0.8, zorder=0.1)
    width = len(methods) * step
    spare = max(0.0, 5 - width) / 2  # a single search stays a narrow one
    axes.set_xlim(-(1 + GAP) / 2 - spare, width - (1 + GAP) / 2 + spare)


def _sampler_handles(samplers: Sequence[str]) -> list[Artist]:
    return [
        Line2D([], [], color="#333333", marker=MARKERS[i % len(MARKERS)], linestyle="", markersize=4.5,
               label=f"{sampler} search, a seed")
        for i, sampler in enumerate(samplers)
    ]  # fmt: skip
