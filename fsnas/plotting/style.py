"""What all figures share: the look of a metric, the sheet with its caption, and files with the same bytes each time."""

import functools
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Bbox, BboxBase

from fsnas.artifacts.figure import metadata
from fsnas.artifacts.files import replacing
from fsnas.errors import FsnasError
from fsnas.seeding import derive

CAPTION_SIZE = 8.0  # points
TITLE_SIZE = 11.0
CAPTION_MARGIN = 0.2  # inches, left, right and below
DPI = 160
LARGEST = 60_000_000  # pixels of a PNG
GREY = "#7F7F7F"
COLOUR_MAP = "cividis"
STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "figure.titlesize": TITLE_SIZE,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "text.parse_math": False,
    "pdf.fonttype": 42,  # TrueType: publishers refuse Type 3, and no editor can change a text in it
    "svg.hashsalt": "fsnas",
}
METADATA: dict[str, dict[str, None]] = {
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Look:
    """How a method is drawn: its metric's colour, marker and line; a variant differs in hatch and marker fill."""

    colour: str
    marker: str
    linestyle: str | tuple[int, tuple[int, ...]]
    hatch: str = ""
    fillstyle: str = "full"

    def points(self, size: float) -> dict[str, Any]:
        """Return the arguments of a line's markers of about ``size`` points (a star needs more to look as large)."""
        return {
            "marker": self.marker,
            "markersize": size * (1.5 if self.marker == "*" else 1.0),
            "color": self.colour,
            "fillstyle": self.fillstyle,
            "markerfacecoloralt": "white",
        }


_DASHES = (0, (5, 2))
_DOTS = (0, (1, 1))
_MIXED = (0, (5, 1, 1, 1))
# Okabe and Ito's palette without black and yellow, and from Paul Tol's "muted" what is far enough from it.
LOOKS = {
    "gm": Look("#332288", "*", "-"),
    "gradnorm": Look("#E69F00", "o", "-"),
    "snip": Look("#D55E00", "s", "-"),
    "grasp": Look("#CC79A7", "P", _DASHES),
    "synflow": Look("#009E73", "^", "-"),
    "jacobcov": Look("#0072B2", "D", _DASHES),
    "ntk": Look("#56B4E9", "v", _DASHES),
    "lr": Look("#882255", "X", _DASHES),
    "naswot": Look("#44AA99", "<", _MIXED),
    "fisher": Look("#999933", ">", _MIXED),
    "params": Look("#9C6B30", "p", _DOTS),
    "flops": Look("#117733", "h", _DOTS),
    "random": Look(GREY, "d", _DASHES),
}
_OTHER_COLOURS = ("#AA4499", "#CC6677", "#6699CC", "#661100", "#228833", "#88CCEE", "#994455", "#004488")
_OTHER_MARKERS = ("8", "H", "o", "s", "^", "D")
_OTHER_LINES = ("-", _DASHES, _DOTS, _MIXED)
_HATCHES = ("////", "....", "xxxx", "----", "++++", "oooo")
_FILLS = ("none", "left", "top", "right", "bottom")


def look(metric: str) -> Look:
    """Return the look of ``metric``: the same everywhere; an unknown metric gets one from a hash of its name."""
    if metric in LOOKS:
        return LOOKS[metric]
    number = derive(0, "look", metric)
    number, colour_index = divmod(number, len(_OTHER_COLOURS))
    number, marker_index = divmod(number, len(_OTHER_MARKERS))
    return Look(_OTHER_COLOURS[colour_index], _OTHER_MARKERS[marker_index], _OTHER_LINES[number % len(_OTHER_LINES)])


def colour(metric: str) -> str:
    """Return the colour of ``metric`` as ``#RRGGBB``; ``random`` is grey."""
    return look(metric).colour


def looks(methods: Iterable[str], metrics: Mapping[str, str] | None = None) -> dict[str, Look]:
    """Return the look of every method, by its metric.

    Parameters
    ----------
    methods
        In the order in which they are drawn; the variants of a metric are told apart by their order.
    metrics
        The metric of each method; a method that is not in it is its own metric.
    """
    seen: dict[str, int] = {}
    result = {}
    for method in methods:
        metric = (metrics or {}).get(method, method)
        result[method] = look(metric)
        if method != metric:
            variant = seen.setdefault(metric, 0)
            seen[metric] += 1
            hatch, fill = _HATCHES[variant % len(_HATCHES)], _FILLS[variant % len(_FILLS)]
            result[method] = replace(look(metric), hatch=hatch, fillstyle=fill)
    return result


def ordered(found: Iterable[str], metrics: Mapping[str, str] | None) -> list[str]:
    """Return the methods in the order of ``metrics``, then those that only the data name."""
    return list(dict.fromkeys([*(metrics or {}), *found]))


def notes(methods: Sequence[str], metrics: Mapping[str, str] | None = None) -> str:
    """Return what a reader must know about the metrics of ``methods``, as sentences for the end of a caption."""
    shown = {(metrics or {}).get(method, method) for method in methods}
    return "lr sees the space only, not the trained weights." if "lr" in shown else ""


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` under our style alone, whatever the user's matplotlibrc says."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with matplotlib.style.context(["default", STYLE]):
            return function(*args, **kwargs)

    return run


def text_size(text: str, size: float, weight: str = "normal") -> tuple[float, float]:
    """Return width and height in inches of ``text`` (it may have several lines) at ``size`` points."""
    figure = Figure(dpi=100)
    canvas = FigureCanvasAgg(figure)
    drawn = figure.text(0, 0, text, fontproperties=FontProperties(size=size, weight=weight), parse_math=False)
    box = drawn.get_window_extent(canvas.get_renderer())
    return box.width / 100, box.height / 100


def wrapped(text: str, width: float, size: float) -> str:
    """Return ``text`` with line breaks so that no line is wider than ``width`` inches at ``size`` points."""
    renderer = FigureCanvasAgg(Figure(dpi=100)).get_renderer()
    font = FontProperties(size=size)

    def inches(line: str) -> float:
        return renderer.get_text_width_height_descent(line, font, ismath=False)[0] / 100

    lines: list[str] = []
    for paragraph in text.splitlines():
        columns = max(len(paragraph), 1)
        columns = min(columns, int(1.3 * width / max(inches(paragraph) / columns, 1e-3)) + 1)
        while any(inches(line) > width for line in textwrap.wrap(paragraph, columns)) and columns > 1:
            columns -= 1
        lines += textwrap.wrap(paragraph, columns) or [""]
    return "\n".join(lines)


def sheet(width: float, height: float, caption: str, *notes: str) -> Figure:
    """Return a figure of ``width`` by ``height`` inches with the caption below it, added to its height.

    Axes are laid out above the caption (constrained layout), so neither is cut off nor covers the other.
    """
    text = wrapped(" ".join(filter(None, [caption.strip(), *notes])), width - 2 * CAPTION_MARGIN, CAPTION_SIZE)
    below = text_size(text, CAPTION_SIZE)[1] + 2 * CAPTION_MARGIN if text else 0.0
    total = height + below
    figure = Figure(figsize=(width, total), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", rect=(0, below / total, 1, height / total), w_pad=0.08, h_pad=0.08)
    if text:
        x, y = CAPTION_MARGIN / width, (below - CAPTION_MARGIN) / total
        caption_text = figure.text(x, y, text, size=CAPTION_SIZE, color="#333333", va="top", gid="caption")
        caption_text.set_in_layout(False)
    return figure


def heading(figure: Figure, text: str) -> None:
    """Write ``text`` over the figure, at its left, in as many lines as the width asks for."""
    width = figure.get_figwidth()
    lines = wrapped(text, 0.92 * (width - 2 * CAPTION_MARGIN), TITLE_SIZE)  # bold is wider than what is measured
    figure.suptitle(lines, x=CAPTION_MARGIN / width, ha="left", weight="bold")


def empty(axes: Axes, text: str) -> None:
    """Say in the middle of ``axes`` why nothing is drawn there."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="#555555", size=11)


def ink(background: Any) -> str:
    """Return black or white, whichever is easier to read on ``background``."""
    red, green, blue = to_rgb(background)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


@styled
def save(figure: Figure, paths: Iterable[str | Path], **origin: Any) -> None:
    """Write ``figure`` to every path, PDF or PNG by its suffix; the same figure gives the same bytes.

    Each file appears whole or not at all. A very large figure gets fewer dots per inch in its PNG. ``origin``, what the
    figure was made from (``settings``, ``code``, ``inputs``, ``commit``), is the text ``fsnas`` of the PNG, as JSON; a
    PDF says the commit.

    Raises
    ------
    FsnasError
        If a path ends in something else.
    """
    _lay_out(figure)
    said = {"Subject": f"fsnas, commit {origin['commit']}"} if origin.get("commit") else {}
    about = {".png": metadata(**origin), ".pdf": said}
    for path in map(Path, paths):
        if path.suffix not in METADATA:
            raise FsnasError(f"{path}: figures are written as {' or '.join(METADATA)}; name the file so")
        width, height = figure.get_size_inches()
        dpi = min(DPI, (LARGEST / (width * height)) ** 0.5, 60_000 / max(width, height))
        with replacing(path) as temporary:
            figure.savefig(
                temporary, format=path.suffix[1:], dpi=dpi, metadata=METADATA[path.suffix] | about[path.suffix]
            )


def _lay_out(figure: Figure) -> None:
    """Lay the figure out once for all formats, and round the places of its parts and axes.

    The solver of the layout returns the same places up to the last bit, which would decide how a number is written.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        place = _rounded(part.bbox_relative)
        part.bbox_relative.p0, part.bbox_relative.p1 = place.p0, place.p1
    for axes in figure.axes:
        for which in ("original", "active"):
            axes.set_position(_rounded(axes.get_position(original=which == "original")), which=which)


def _rounded(box: BboxBase) -> Bbox:
    """Return ``box`` on a grid of a millionth of the figure, with an offset that keeps round numbers off its ties."""
    return Bbox.from_bounds(*(round(value + 1e-9, 6) for value in box.bounds))
