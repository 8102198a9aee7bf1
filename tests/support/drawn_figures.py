"""Every kind of figure, drawn once, and what the tests look for in it."""

import functools

import numpy as np
from matplotlib.text import Text

from fsnas.plotting.figure_1 import split_distance_figure
from fsnas.plotting.figure_2 import by_depth_figure
from fsnas.plotting.method_matrix import method_matrix_figure
from fsnas.plotting.root_scores import root_scores_figure
from fsnas.plotting.training import training_figure
from fsnas.plotting.tree import tree_figure
from tests.support import plotting_data as data
from tests.support import plotting_search_data
from tests.support.space import EDGES, OPERATIONS

ONE_EACH = {metric: metric for metric in data.METRICS}
TWO = {"snip": "snip", "random": "random"}
FIGURES = {
    "1a": lambda **look: distance_figure(data.MANY, 3, "internal", **look),
    "1a, 10 seeds": lambda **look: distance_figure(ONE_EACH, 10, "internal", **look),
    "1b": lambda **look: distance_figure(TWO, 3, "external", **look),
    "1b, one seed": lambda **look: distance_figure(TWO, 1, "external", **look),
    "2": lambda **look: depth_figure(data.MANY, 3, **look),
    "2, one seed": lambda **look: depth_figure(TWO, 1, **look),
    "matrix": lambda **look: matrix_figure(data.MANY, **look),
    "matrix, 13": lambda **look: matrix_figure(ONE_EACH, **look),
    "matrix, two": lambda **look: matrix_figure(TWO, **look),
    "tree": lambda **look: tree_figure(data.tree([2, 2, 2]), **({"caption": data.caption(3)} | look)),
    "tree, exhaustive": lambda **look: tree_figure(data.tree([5]), **({"caption": data.caption(3)} | look)),
    "tree, none": lambda **look: tree_figure(data.tree([]), **({"caption": data.caption(3)} | look)),
    "training": lambda **look: training_figure(data.records(3, 12), **({"caption": data.caption(3)} | look)),
    "root scores": lambda **look: scores_figure(["gm", "snip", "jacobcov"], metrics=ONE_EACH, **look),
    "root scores, all": lambda **look: scores_figure(list(data.METRICS), **look),
}

SEARCH = {
    f"{kind}, {case}": functools.partial(plotting_search_data.draw, kind, case)
    for kind in plotting_search_data.KINDS
    for case in plotting_search_data.CASES
}
EVERY = FIGURES | SEARCH


def distance_figure(metrics, seeds, setting, **look):
    look = {"caption": data.caption(seeds), "metrics": metrics} | look
    return split_distance_figure(*data.distances(metrics, seeds), setting=setting, **look)


def depth_figure(metrics, seeds, depth=3, **look):
    return by_depth_figure(
        *data.distances(metrics, seeds, depth), **({"caption": data.caption(seeds), "metrics": metrics} | look)
    )


def matrix_figure(metrics, **look):
    look = {"caption": data.caption(3), "metrics": metrics} | look
    return method_matrix_figure(data.method_distance(list(metrics)), **look)


def scores_figure(methods, /, **look):
    names = {"edges": EDGES, "operations": OPERATIONS}
    return root_scores_figure(data.root_scores(methods), **names, **({"caption": data.caption(3)} | look))


def said(figure):
    """The caption in one line."""
    return " ".join(tagged(figure, "caption")["caption"].get_text().split())


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def tagged(figure, prefix):
    return {a.get_gid(): a for a in figure.findobj(lambda a: str(a.get_gid()).startswith(prefix))}


def extent(figure, artist):
    return artist.get_window_extent(figure.canvas.get_renderer())


def written(figure):
    """Return the texts that stand on the figure: ticks beyond the ends of an axis and axes that are off do not."""
    beyond = set()
    for axes in figure.findobj(lambda a: hasattr(a, "get_tightbbox") and hasattr(a, "get_xlim")):
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high or not axes.axison]
            beyond |= {label for tick in ticks for label in (tick.label1, tick.label2)}
    shown = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in shown if text not in beyond]


def assert_readable(figure):
    """No text covers another, or leaves the figure."""
    assert crossings(figure) == []
    for text in written(figure):
        box = extent(figure, text)
        assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1, text.get_text()
        assert box.y0 >= -1 and box.y1 <= figure.bbox.y1 + 1, text.get_text()


def crossings(figure):
    """Return the pairs of level or upright texts that cover each other, those of the legend and titles included."""
    figure.draw_without_rendering()
    shown = [text for text in written(figure) if text.get_rotation() % 90 == 0]
    boxes = np.array([extent(figure, text).extents for text in shown]).reshape(-1, 4)
    apart = (boxes[:, None, 2:] <= boxes[None, :, :2] + 0.5).any(axis=2)
    covered = ~(apart | apart.T | np.eye(len(boxes), dtype=bool))
    return [(shown[i].get_text(), shown[j].get_text()) for i, j in np.argwhere(covered) if i < j]


@functools.cache
def drawn(name):
    """Return a figure that tests only look at."""
    return EVERY[name]()
