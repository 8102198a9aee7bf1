"""What all figures share: what they are told, the look of a metric, and the sheet with its caption."""

import functools
import textwrap
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import matplotlib.style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Bbox, BboxBase

from fsnas.seeding import derive

MARGIN = 0.2  # inches, left and right of heading, legend and caption, and below the caption
BESIDE = 7.0  # inches of a figure that can hold its legend beside the axes
NARROW = 5.0  # inches of a figure whose texts are small, as in one column of a paper
DPI = 160
LARGEST = 60_000_000  # pixels of a PNG
GREY = "#7F7F7F"
COLOUR_MAP = "cividis"
DIRECTIONS = {"higher": "higher is better", "lower": "lower is better", "none": "no direction"}
SIZE, SMALL_SIZE = 9.0, 7.0  # points of most texts, and in a narrow figure; all others follow (`pt`)
STYLE = {
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
}
SIZES = {"axes.titlesize": 10, "figure.titlesize": 11, "legend.fontsize": 8}  # points where most texts have `SIZE`
# What no style and no matplotlibrc changes: a figure would not be drawn, be cut off, lie, or not be the same bytes.
OURS = {
    "text.usetex": False,  # names hold what TeX reads otherwise
    "text.parse_math": False,
    "pdf.fonttype": 42,  # TrueType: publishers refuse Type 3, and no editor can change a text in it
    "pdf.use14corefonts": False,
    "pdf.inheritcolor": False,
    "svg.hashsalt": "fsnas",
    "savefig.bbox": None,
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "figure.constrained_layout.hspace": 0.02,
    "figure.constrained_layout.wspace": 0.02,
    "image.origin": "upper",
    "image.interpolation": "auto",
}


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
    "lid": Look("#6E2C00", "H", "-"),
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


@dataclass(frozen=True)
class Options:
    """What a figure may be told by keywords; what means nothing to it changes nothing.

    Attributes
    ----------
    caption
        Written below the axes.
    metrics
        The metric of each method, in the order of drawing, which gives colours; a method that is not in it is its own
        metric and comes last, one that no table names is not drawn.
    methods
        Those that are drawn, all if None (the band of `random` is drawn all the same).
    width
        In inches; by the content if None.
    truth
        A sentence that names the truth, for the end of the caption.
    seed, resamples
        Of the bootstrap over the seeds of a method.
    """

    caption: str = ""
    metrics: Mapping[str, str] = field(default_factory=dict)
    methods: Collection[str] | None = None
    width: float | None = None
    truth: str = ""
    seed: int = 0
    resamples: int = 2000

    @property
    def narrow(self) -> bool:
        """Whether the figure is one column of a paper."""
        return self.width is not None and self.width < NARROW

    def looks(self, found: Iterable[str]) -> dict[str, Look]:
        """Return the look of every method of ``found`` that is drawn; the same whichever are.

        The variants of a metric are told apart by their order.
        """
        present = dict.fromkeys(found)
        variants: Counter[str] = Counter()
        looks = {}
        for method in dict.fromkeys([*self.metrics, *present]):
            metric = self.metrics.get(method, method)
            looks[method] = look(metric)
            if method != metric:
                number = variants[metric]
                variants[metric] += 1
                hatch, fill = _HATCHES[number % len(_HATCHES)], _FILLS[number % len(_FILLS)]
                looks[method] = replace(look(metric), hatch=hatch, fillstyle=fill)
        drawn = present if self.methods is None else present.keys() & self.methods
        return {method: style for method, style in looks.items() if method in drawn}


def directed(name: str, direction: str, between: str = " ") -> str:
    """Return the name of a metric or method with which of its values are good."""
    return f"{name}{between}({DIRECTIONS[direction]})"


class Sheet(Figure):
    """A figure that is written under the style that it was drawn in, with the same bytes each time."""

    layers: Sequence[Any] = ()  # of style

    def savefig(self, fname: Any, **options: Any) -> None:
        """Write the figure as matplotlib does; a very large one gets fewer dots per inch in its PNG."""
        width, height = self.get_size_inches()
        dpi = min(DPI, (LARGEST / (width * height)) ** 0.5, 60_000 / max(width, height))
        with matplotlib.style.context(self.layers):
            _lay_out(self)
            super().savefig(fname, **{"dpi": dpi, **options})


def styled(function: Callable[..., Figure]) -> Callable[..., Figure]:
    """Run ``function`` with its keywords as ``options`` (`Options`), under our style and the one of the user.

    Ours lies over the user's matplotlibrc and under the argument ``style``: a mapping of matplotlib's rcParams (or its
    pairs), the name of a style, or the path of one.
    """

    @functools.wraps(function)
    def run(*data: Any, style: Any = None, **given: Any) -> Figure:
        options = Options(**{each.name: given.pop(each.name) for each in fields(Options) if each.name in given})
        layers = _layers(style, options)
        with matplotlib.style.context(layers):
            figure: Any = function(*data, **given, options=options)
        figure.layers = layers
        return figure

    return run


def _layers(style: Any, options: Options) -> list[Any]:
    """Return the styles that lie over the matplotlibrc, the last one on top."""
    given = dict(style) if isinstance(style, (Mapping, list, tuple)) else style
    own = {} if given is None else given
    sized = {"font.size": SMALL_SIZE if options.narrow else SIZE}
    with matplotlib.style.context([sized, own]):
        sizes = {name: pt(size) for name, size in SIZES.items()}
    return [{**STYLE, **sized, **sizes}, own, OURS]


def pt(size: float) -> float:
    """Return the points of a text that has ``size`` where most texts have 9: the texts of a figure grow together."""
    return size * float(matplotlib.rcParams["font.size"]) / SIZE


def points(name: str) -> float:
    """Return the points of the texts that the rcParam ``name`` gives a size, which may be a word."""
    params: Any = matplotlib.rcParams
    return float(FontProperties(size=params[name]).get_size_in_points())


def text_size(text: str, size: float, weight: str = "normal") -> tuple[float, float]:
    """Return width and height in inches of ``text`` (it may have several lines) at ``size`` points."""
    figure = Figure(dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    drawn = figure.text(0, 0, text, fontproperties=FontProperties(size=size, weight=weight), parse_math=False)
    box = drawn.get_window_extent(canvas.get_renderer())
    return box.width / DPI, box.height / DPI


def widest(texts: Iterable[str], size: float) -> float:
    """Return the width in inches of the widest of ``texts`` at ``size`` points, 0 without any."""
    return max((text_size(text, size)[0] for text in texts), default=0.0)


def wrapped(text: str, width: float, size: float, weight: str = "normal") -> str:
    """Return ``text`` with line breaks so that no line is wider than ``width`` inches at ``size`` points."""
    renderer = FigureCanvasAgg(Figure(dpi=DPI)).get_renderer()
    font = FontProperties(size=size, weight=weight)

    def inches(line: str) -> float:
        return renderer.get_text_width_height_descent(line, font, ismath=False)[0] / DPI

    lines: list[str] = []
    for paragraph in text.splitlines():
        columns = max(len(paragraph), 1)
        columns = min(columns, int(1.3 * width / max(inches(paragraph) / columns, 1e-3)) + 1)
        while any(inches(line) > width for line in textwrap.wrap(paragraph, columns)) and columns > 1:
            columns -= 1
        lines += textwrap.wrap(paragraph, columns) or [""]
    return "\n".join(lines)


def sheet(options: Options, width: float, height: float, title: str, *notes: str) -> Sheet:
    """Return a figure of ``width`` by ``height`` inches with a heading, and the caption, which is added to its height.

    So are further lines of the heading. The ``notes`` are sentences for the end of the caption, "" is none. Axes are
    laid out between heading and caption (constrained layout), so nothing is cut off or covers another.
    """
    room = width - 2 * MARGIN
    size = points("figure.titlesize")
    heading = wrapped(title, room, size, "bold")
    height += text_size(heading, size, "bold")[1] - text_size(title, pt(11), "bold")[1]
    figure = Sheet(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1), w_pad=0.08, h_pad=0.08)
    figure.suptitle(heading, x=MARGIN / width, ha="left", weight="bold")
    ends = [note if note.endswith((".", "!", "?")) else f"{note}." for note in (options.truth, *notes) if note]
    if text := wrapped(" ".join(filter(None, [options.caption.strip(), *ends])), room, pt(8)):
        tall = text_size(text, pt(8))[1]
        _add_below(figure, tall + 2 * MARGIN)
        drawn = figure.text(MARGIN, MARGIN + tall, text, size=pt(8), color="#333333", va="top", gid="caption",
                            transform=figure.dpi_scale_trans)  # fmt: skip
        drawn.set_in_layout(False)
    return figure


def _add_below(figure: Figure, inches: float) -> None:
    """Make the figure taller by ``inches``, below the axes."""
    below = lower(figure) + inches
    width, height = figure.get_size_inches() + (0, inches)
    figure.set_size_inches(width, height)
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, below / height, 1, 1 - below / height))


def lower(figure: Figure) -> float:
    """Return the inches that caption and legend take below the axes."""
    engine: Any = figure.get_layout_engine()
    return float(engine.get()["rect"][1] * figure.get_figheight())


def legend(figure: Figure, handles: Sequence[Artist], part: Any = None) -> None:
    """Write the legend beside the axes (of ``part``) where there is room, else below them."""
    if figure.get_figwidth() >= BESIDE:
        (part or figure).legend(handles=handles, loc="outside right upper")
    else:
        legend_below(figure, handles)


def legend_below(figure: Figure, handles: Sequence[Artist]) -> None:
    """Write the legend between axes and caption, in as many columns as the width holds."""
    size = points("legend.fontsize")
    room, line = figure.get_figwidth() - 2 * MARGIN, legend_width([""])  # of a handle
    labels = [wrapped(str(handle.get_label()), room - line, size) for handle in handles]
    columns = int((room + 2 * size / 72) / (legend_width(labels) + 2 * size / 72))
    drawn = figure.legend(handles, labels, loc="lower left", ncols=max(1, columns), borderaxespad=0, borderpad=0,
                          bbox_to_anchor=(MARGIN, lower(figure) or MARGIN),
                          bbox_transform=figure.dpi_scale_trans)  # fmt: skip
    drawn.set_in_layout(False)
    canvas: Any = figure.canvas
    tall = drawn.get_window_extent(canvas.get_renderer()).height / figure.dpi
    _add_below(figure, tall if lower(figure) else tall + MARGIN)


def legend_width(labels: Iterable[str]) -> float:
    """Return the inches of a column of a legend: its widest label, and a handle in front of it."""
    size = points("legend.fontsize")
    return widest(labels, size) + 3.0 * size / 72


def root_width(axes: Axes) -> float:
    """Return the inches of the whole figure that ``axes`` stand in."""
    figure: Any = axes.get_figure(root=True)
    return float(figure.get_figwidth())


def empty(axes: Axes, text: str, *, ticks: bool = False) -> None:
    """Say in the middle of ``axes`` why nothing is drawn there, without ticks but where they are asked for."""
    if not ticks:
        axes.set(xticks=[], yticks=[])
    text = wrapped(text, 0.75 * root_width(axes), pt(10))
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="#555555", size=pt(10))


def ink(background: Any) -> str:
    """Return black or white, whichever is easier to read on ``background``."""
    red, green, blue = to_rgb(background)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


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
