"""Every kind of figure, drawn once, and what the tests look for in it."""

import functools

from matplotlib.text import Text

from fsnas.plotting import (
    by_depth_figure,
    method_matrix_figure,
    root_scores_figure,
    split_distance_figure,
    training_figure,
    tree_figure,
)
from tests.unit import plotting_data as data

ONE_EACH = {metric: metric for metric in data.METRICS}
TWO = {"snip": "snip", "random": "random"}
FIGURES = {
    "1a": lambda: distance_figure(data.MANY, 3, "internal"),
    "1a, 10 seeds": lambda: distance_figure(ONE_EACH, 10, "internal"),
    "1b": lambda: distance_figure(TWO, 3, "external"),
    "1b, one seed": lambda: distance_figure(TWO, 1, "external"),
    "2": lambda: depth_figure(data.MANY, 3),
    "2, one seed": lambda: depth_figure(TWO, 1),
    "matrix": lambda: method_matrix_figure(
        data.method_distance(list(data.MANY)), caption=data.caption(3), metrics=data.MANY
    ),
    "matrix, two": lambda: method_matrix_figure(data.method_distance(list(TWO)), caption=data.caption(3)),
    "tree": lambda: tree_figure(data.tree([2, 2, 2]), caption=data.caption(3)),
    "tree, exhaustive": lambda: tree_figure(data.tree([5]), caption=data.caption(3)),
    "tree, none": lambda: tree_figure(data.tree([]), caption=data.caption(3)),
    "training": lambda: training_figure(data.records(3, 12), caption=data.caption(3)),
    "root scores": lambda: root_scores_figure(
        data.root_scores(["gm", "snip", "jacobcov"]), caption=data.caption(3), metrics=ONE_EACH
    ),
    "root scores, all": lambda: root_scores_figure(data.root_scores(list(data.METRICS)), caption=data.caption(3)),
}


def distance_figure(metrics, seeds, setting):
    per_tree, summary = data.distances(metrics, seeds)
    return split_distance_figure(per_tree, summary, setting=setting, caption=data.caption(seeds), metrics=metrics)


def depth_figure(metrics, seeds, depth=3):
    per_tree, summary = data.distances(metrics, seeds, depth)
    return by_depth_figure(per_tree, summary, caption=data.caption(seeds), metrics=metrics)


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def tagged(figure, prefix):
    return {a.get_gid(): a for a in figure.findobj(lambda a: str(a.get_gid()).startswith(prefix))}


def extent(figure, artist):
    return artist.get_window_extent(figure.canvas.get_renderer())


@functools.cache
def drawn(name):
    """Return a figure that tests only look at."""
    return FIGURES[name]()
