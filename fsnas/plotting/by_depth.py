"""Figure 2: split distance by level, internal above external."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fsnas.plotting.bands import band, band_handles, draw_band, no_band, one_pair, reference, rows
from fsnas.plotting.style import empty, heading, looks, notes, ordered, sheet, styled

TITLES = {
    "internal": "internal: pairs of splits of one tree on the same level",
    "external": "external: splits of different seeds' trees on the same level",
}


@styled
def by_depth_figure(
    per_tree: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    caption: str,
    metrics: Mapping[str, str] | None = None,
) -> Figure:
    """Draw Figure 2: per level mean and bootstrap interval of every method, and the band of `random`.

    Level 0 has one split, so its internal distance does not exist and is left empty.

    Parameters
    ----------
    per_tree, summary, caption, metrics
        As in `split_distance_figure`; the rows of the levels ``0``, ``1``, ... are drawn.
    """
    methods = ordered(per_tree["method"], metrics)
    control = reference(methods, metrics)
    found = {level for level in summary["level"].astype(str) if level.isdigit()}
    levels = list(range(max(map(int, found), default=0) + 1))
    width = max(7.0, 2.4 + len(levels) * max(1.6, 0.16 * len(methods)))
    figure = sheet(width, 7.6, caption, no_band(methods, metrics), one_pair(rows(summary, "external")),
                   notes(methods, metrics))  # fmt: skip
    heading(figure, "Split distance by level of the split tree")
    panels = figure.subplots(2, 1, sharex=True)
    bands = []
    for axes, setting in zip(panels, TITLES, strict=True):
        axes.set_title(TITLES[setting], loc="left")
        axes.set_ylabel("split distance")
        axes.grid(axis="y")
        axes.set_xlim(-0.5, levels[-1] + 0.5)
        shown = rows(summary, setting)
        shown = shown[shown["level"].str.isdigit()]
        if shown.empty:
            empty(axes, "needs at least two seeds" if setting == "external" else "no level has two splits to compare")
            axes.set_yticks([])
            continue
        for level in levels:
            of_level = band(per_tree, summary, setting, str(level), control)
            if of_level is not None:
                draw_band(axes, of_level, level - 0.46, level + 0.46)
                bands.append(of_level)
        _draw_lines(axes, shown, methods, metrics)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        if setting == "internal" and "0" not in set(shown["level"]):
            axes.text(0, 0.5, "one split:\nnothing to compare", transform=axes.get_xaxis_transform(),
                      ha="center", va="center", color="#555555")  # fmt: skip
    panels[1].set_xticks(levels, [str(level) for level in levels])
    panels[1].set_xlabel("level")
    _legend(figure, panels, band_handles(control, bands))
    return figure


def _draw_lines(axes: Axes, shown: pd.DataFrame, methods: Sequence[str], metrics: Mapping[str, str] | None) -> None:
    """Draw a line with intervals for every method, each a little to the side of the other."""
    shifts = np.linspace(-0.38, 0.38, len(methods)) if len(methods) > 1 else np.zeros(1)
    for shift, (method, style) in zip(shifts, looks(methods, metrics).items(), strict=True):
        of_method = shown[shown["method"] == method]
        of_method = of_method.assign(place=of_method["level"].astype(int)).sort_values("place")
        if of_method.empty:
            continue
        mean = of_method["mean"].to_numpy(float)
        reach = np.stack([mean - of_method["ci_low"], of_method["ci_high"] - mean]).clip(min=0)
        drawn = axes.errorbar(
            of_method["place"] + shift,
            mean,
            yerr=reach,
            label=method,
            **style.points(6),
            linestyle=style.linestyle,
            linewidth=1.1,
            elinewidth=1.2,
            capsize=1.5,
        )
        drawn.lines[0].set_gid(f"line:{method}")


def _legend(figure: Figure, panels: np.ndarray, extra: list[Artist]) -> None:
    """Write one legend for both panels at the right."""
    entries: dict[str, Artist] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    handles = [*entries.values(), *extra]
    labels = [*entries, *(str(handle.get_label()) for handle in extra)]
    if handles:
        figure.legend(handles, labels, loc="outside right upper", handlelength=3.2)
