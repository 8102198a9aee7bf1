"""Every kind of figure, drawn once, and what the tests look for in it."""

import functools
from functools import partial

import numpy as np
from matplotlib.text import Text

from fsnas.plotting.cost import cost_figure
from fsnas.plotting.explained_variance import explained_variance_figure
from fsnas.plotting.figure_1 import split_distance_figure
from fsnas.plotting.figure_2 import by_depth_figure
from fsnas.plotting.found import found_figure
from fsnas.plotting.method_matrix import method_matrix_figure
from fsnas.plotting.proxies import proxies_figure
from fsnas.plotting.rank_correlation import rank_correlation_figure
from fsnas.plotting.root_scores import root_scores_figure
from fsnas.plotting.training import training_figure
from fsnas.plotting.trajectories import trajectories_figure
from fsnas.plotting.tree import tree_figure
from tests.support import plotting_data as data
from tests.support.plotting_data import EIGHT, LONG, METRICS, ONE_EACH, SAMPLERS, TWO
from tests.support.space import EDGES, OPERATIONS


def made(draw, *tables, seeds=3, **look):
    return draw(*tables, **({"caption": data.caption(seeds)} | look))


def distance_figure(metrics, seeds, setting, **look):
    look = {"metrics": metrics, "setting": setting} | look
    return made(split_distance_figure, *data.distances(metrics, seeds), seeds=seeds, **look)


def depth_figure(metrics, seeds, **look):
    return made(by_depth_figure, *data.distances(metrics, seeds), seeds=seeds, **({"metrics": metrics} | look))


def matrix_figure(metrics, **look):
    return made(method_matrix_figure, data.method_distance(list(metrics)), **({"metrics": metrics} | look))


def scores_figure(methods, /, **look):
    return made(root_scores_figure, data.root_scores(methods), edges=EDGES, operations=OPERATIONS, **look)


def leaves_figure(kind, methods, seeds, samplers=SAMPLERS, /, n=16, low=84.0, names=METRICS, **look):
    """Return one of the figures of leaves, search, truth and cost."""
    draw, tables = {
        "rank": (rank_correlation_figure, lambda: [data.rank(methods, seeds)]),
        "variance": (
            explained_variance_figure,
            lambda: [data.variance(methods, seeds, n), data.leaf_truth(methods, seeds, n, low)],
        ),
        "found": (found_figure, lambda: [data.found(methods, seeds, samplers)]),
        "cost": (cost_figure, lambda: [data.cost(methods, seeds)]),
        "proxies": (proxies_figure, lambda: [data.correlations(names)]),
    }[kind]
    return made(draw, *tables(), seeds=seeds, **({"metrics": methods, "truth": data.TRUTH} | look))


KINDS = ("rank", "variance", "found", "cost", "proxies")
CASES = {
    "default": ((EIGHT, 3), {"names": METRICS[:8]}),
    "one": (({"snip": "snip"}, 1, ("random",)), {"names": METRICS[2:3]}),
    "many": ((LONG, 10), {"n": 15625, "low": 10.0}),
}
FIGURES = {
    "1a": partial(distance_figure, data.MANY, 3, "internal"),
    "1a, 10 seeds": partial(distance_figure, ONE_EACH, 10, "internal"),
    "1b": partial(distance_figure, TWO, 3, "external"),
    "1b, one seed": partial(distance_figure, TWO, 1, "external"),
    "2": partial(depth_figure, data.MANY, 3),
    "2, one seed": partial(depth_figure, TWO, 1),
    "matrix": partial(matrix_figure, data.MANY),
    "matrix, 13": partial(matrix_figure, ONE_EACH),
    "matrix, two": partial(matrix_figure, TWO),
    "tree": partial(made, tree_figure, data.tree([2, 2, 2])),
    "tree, exhaustive": partial(made, tree_figure, data.tree([5])),
    "tree, none": partial(made, tree_figure, data.tree([])),
    "training": partial(made, training_figure, data.records(3, 12)),
    "trajectories": partial(made, trajectories_figure, data.trajectories(EIGHT, 3), metrics=EIGHT),
    "trajectories, one epoch": partial(
        made, trajectories_figure, data.trajectories(TWO, 2, ("gdas",), epochs=1), metrics=TWO
    ),
    "root scores": partial(scores_figure, ["gm", "snip", "jacobcov"], metrics=ONE_EACH),
    "root scores, all": partial(scores_figure, list(METRICS)),
}
SEARCH = {
    f"{kind}, {case}": partial(leaves_figure, kind, *given, **rest)
    for kind in KINDS
    for case, (given, rest) in CASES.items()
}
EVERY = FIGURES | SEARCH


def said(figure):
    """The caption in one line."""
    return " ".join(tagged(figure, "caption")["caption"].get_text().split())


def texts(figure):
    """All texts, each in one line."""
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    return [" ".join(text.get_text().split()) for text in found]


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
