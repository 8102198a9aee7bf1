"""The figures hold what they must, cut nothing off, and are the same bytes every time."""

import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch

from fsnas.artifacts.figure import write_figure
from fsnas.plotting._registry import FOLDER
from fsnas.plotting._style import LOOKS, Options, look
from fsnas.plotting.figure_1 import split_distance_figure
from fsnas.plotting.figure_2 import by_depth_figure
from fsnas.plotting.method_matrix import method_matrix_figure
from fsnas.plotting.tree import tree_figure
from tests.support import plotting_data as data
from tests.support.drawn_figures import (
    EVERY,
    FIGURES,
    SEARCH,
    assert_readable,
    depth_figure,
    distance_figure,
    drawn,
    extent,
    said,
    tagged,
    texts,
)
from tests.support.plotting_data import ONE_EACH, TWO

# --- looks --------------------------------------------------------------------------------------------------------


def test_every_metric_has_a_colour_marker_and_line_of_its_own_and_random_is_grey():
    assert set(LOOKS) == set(data.METRICS)
    assert len({(one.colour, one.marker, one.linestyle) for one in LOOKS.values()}) == len(LOOKS)
    assert len({one.colour for one in LOOKS.values()}) == len(LOOKS)
    assert len({look("random").colour[i : i + 2] for i in (1, 3, 5)}) == 1


def test_unknown_metric_has_a_stable_look_unlike_the_known_ones():
    program = "from fsnas.plotting._style import look; print(look('my-metric'))"
    again = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert again == str(look("my-metric"))
    assert look("my-metric").colour not in {one.colour for one in LOOKS.values()}


def test_variants_take_the_colour_of_their_metric_and_differ_in_hatch_and_fill():
    found = Options(metrics=data.MANY).looks(data.MANY)
    three = [found[method] for method in ("snip", "snip-sum", "snip-equal")]
    assert {one.colour for one in three} == {look("snip").colour}
    assert len({(one.hatch, one.fillstyle) for one in three}) == 3


def test_the_same_metric_has_the_same_colour_in_every_figure():
    points, levels = tagged(drawn("1a"), "seeds:"), tagged(drawn("2"), "seeds:")
    marks = {line.get_color() for axes in drawn("matrix").axes for line in axes.lines}
    for method, metric in data.MANY.items():
        shade = look(metric).colour
        assert points[f"seeds:{method}"].get_color() == levels[f"seeds:{method}"].get_color() == shade
        assert shade in marks
    box = tagged(drawn("tree"), "box:root")["box:root"]
    assert to_hex(box.get_edgecolor()).upper() == look("snip").colour.upper()
    panels = drawn("root scores").findobj(lambda artist: hasattr(artist, "lines"))
    bars = {line.get_color() for axes in panels for line in axes.lines}
    assert {look(metric).colour for metric in ("gm", "snip", "jacobcov")} <= bars


# --- what all figures share ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_cut_off_and_no_text_covers_another_or_the_caption(name):
    figure = drawn(name)
    figure.draw_without_rendering()
    assert f"ties drawn at random. {data.TRUTH}." in said(figure) if name in SEARCH else "at random." in said(figure)
    lower = extent(figure, tagged(figure, "caption")["caption"])
    assert lower.y0 >= 0 and lower.x0 >= 0 and lower.x1 <= figure.bbox.x1
    for axes in figure.findobj(lambda a: hasattr(a, "get_tightbbox") and hasattr(a, "get_xlim")):
        box = axes.get_tightbbox(figure.canvas.get_renderer())
        if box is not None:
            assert box.y0 >= lower.y1 - 1, "axes reach into the caption"
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1, "cut off"
    assert_readable(figure)


TWICE = ["1a, 10 seeds", "2, one seed", "matrix, two", "tree", "training", "trajectories", "root scores"]


@pytest.mark.parametrize("name", [*TWICE, *(name for name in SEARCH if name.endswith("default"))])
def test_two_runs_give_the_same_bytes(name, tmp_path):
    for run in ("a", "b"):
        write_figure([tmp_path / run / "figure.png", tmp_path / run / "figure.pdf"], EVERY[name]())
    for kind in ("png", "pdf"):
        first, second = ((tmp_path / run / f"figure.{kind}").read_bytes() for run in ("a", "b"))
        assert first == second and len(first) > 1000
    assert b"/Type0" in first and b"/Type3" not in first, "fonts that journals take, in the PDF"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["figure.pdf", "figure.png"]


def test_pdf_bytes_do_not_depend_on_the_process(tmp_path):
    program = (
        "import sys; from tests.support.plotting_data import tree;"
        "from fsnas.artifacts.figure import write_figure; from fsnas.plotting.tree import tree_figure;"
        "write_figure([sys.argv[1]], tree_figure(tree([2, 2]), caption='n = 3'))"
    )
    found = []
    for number in ("1", "2"):
        path = tmp_path / f"{number}.pdf"
        environment = {"PYTHONHASHSEED": number, "PYTHONPATH": ":".join(filter(None, sys.path)), "HOME": str(tmp_path)}
        subprocess.run([sys.executable, "-c", program, str(path)], check=True, env=environment)
        found.append(path.read_bytes())
    assert found[0] == found[1]


def test_import_brings_in_neither_torch_nor_pyplot_and_no_figure_is_registered():
    modules = ", ".join(f"fsnas.plotting.{path.stem}" for path in FOLDER.glob("*.py"))
    program = f"import sys, {modules}; print({{'torch', 'matplotlib.pyplot'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "set()"
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    FIGURES["1a"]()
    assert pyplot.get_fignums() == before


def test_a_dollar_is_a_dollar():
    figure = tree_figure(data.tree([]), caption="it costs $1 and $2_3")
    figure.draw_without_rendering()
    assert any("$1 and $2_3" in text for text in texts(figure))


# --- values by seed: points, mean, interval and the band of random ------------------------------------------------


def of_cell(metrics, seeds, setting, level):
    per_tree, _ = data.distances(metrics, seeds)
    return per_tree[(per_tree["setting"] == setting) & (per_tree["level"] == level)]


RANK = data.rank(data.EIGHT, 3)
FOUND = data.found(data.EIGHT, 3)
CELLS = [("internal", "1"), ("internal", "2"), ("external", "0"), ("external", "1"), ("external", "2")]
# Of a figure the rows that its panels show, in their order, and the column; who has a value per seed is in `who`.
POINTS = {
    "1a": ([of_cell(data.MANY, 3, "internal", "all")], "mean"),
    "1a, 10 seeds": ([of_cell(ONE_EACH, 10, "internal", "all")], "mean"),
    "2": ([of_cell(data.MANY, 3, *cell) for cell in CELLS], "mean"),
    "rank, default": ([RANK[RANK["scope"] == scope] for scope in data.SCOPES], "kendall"),
    "variance, default": ([data.variance(data.EIGHT, 3)], "eta_squared"),
    "found, default": ([FOUND.assign(who=FOUND["method"] + ":" + FOUND["sampler"])], "regret"),
}


@pytest.mark.parametrize("name", POINTS)
def test_every_method_has_its_points_and_mean_and_random_a_band(name):
    figure, (panels, column) = drawn(name), POINTS[name]
    every = figure.subfigs[0].axes if figure.subfigs else figure.axes
    for axes, rows in zip(every, panels, strict=len(every) == len(panels)):
        rows = rows if "who" in rows else rows.assign(who=rows["method"])
        points, means = tagged(axes, "seeds:"), tagged(axes, "mean:")
        values = {who: rows.loc[rows["who"] == who, column].dropna() for who in rows["who"].unique()}
        assert list(points) == [f"seeds:{who}" for who, some in values.items() if len(some)]
        for who, some in values.items():
            if len(some):
                np.testing.assert_array_equal(points[f"seeds:{who}"].get_ydata(), some)
                np.testing.assert_allclose(means[f"mean:{who}"].get_ydata(), [some.mean()])
        random = values["random" if "random" in values else "random:random"]
        box = tagged(axes, "band")["band"].get_bbox()
        assert (box.y0, box.y1) == (random.min(), random.max())
        across = [line.get_ydata() for line in axes.lines if list(line.get_xdata()) == [0, 1] and not line.get_gid()]
        np.testing.assert_allclose(across, [[random.mean()] * 2])  # and no line at 1.2444
    named = "random (random search)" if name.startswith("found") else "random"
    assert {f"{named}: {what}" for what in ("mean", "95 % interval")} <= set(texts(figure))
    assert f"{named}: range of the {'trees' if name[0] in '12' else 'seeds'}" in texts(figure)
    assert not any("no band" in text for text in texts(figure))


def test_figure_1_has_a_box_per_method_and_violins_from_eight_trees_on():
    for name, boxes, violins in (("1a", len(data.MANY), 0), ("1a, 10 seeds", 0, len(data.METRICS))):
        axes = drawn(name).axes[0]
        assert len([patch for patch in axes.patches if isinstance(patch, PathPatch)]) == boxes
        assert len([one for one in axes.collections if isinstance(one, PolyCollection)]) == violins


def test_a_method_of_the_metric_random_under_another_name_gives_the_band():
    figure = distance_figure({"snip": "snip", "chance": "random"}, 3, "internal")
    assert "chance: range of the trees" in texts(figure)


@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("setting", ["internal", "external"])
def test_figures_1_and_2_draw_and_name_a_spread_and_an_interval_only_where_the_tables_have_them(seeds, setting):
    figure, depth = distance_figure(TWO, seeds, setting), depth_figure(TWO, seeds)
    if setting == "external" and seeds == 1:
        assert all("needs at least two seeds" in texts(one) for one in (figure, depth))
        return
    held = seeds > 1 + (setting == "external")
    panel = next(axes for axes in depth.axes if axes.get_title(loc="left") == f"{setting}, level 1")
    for prefix in ("interval:", "spread:", "band", "ci"):
        assert bool(tagged(figure, prefix)) == bool(tagged(panel, prefix)) == held, prefix
    shown = texts(figure)
    for text in ("mean, 95 % interval over seeds", "random: 95 % interval", "random: range of the trees"):
        assert (text in shown) == held, text
    none = {1: "mean (one seed: no interval)", 2: "mean (two seeds: no interval)"}
    assert held or none[seeds] in shown
    alone = "External: one pair of trees, no interval."
    for one in (figure, depth):
        assert (alone in said(one)) == (seeds == 2 and (one is depth or setting == "external"))


def test_a_method_without_pairs_keeps_its_place_and_a_note_and_one_without_splits_is_left_out():
    metrics = {"few-shot": "random", **TWO}
    tables = [
        table[~table["setting"].eq("internal") | table["method"].isin(TWO)] for table in data.distances(metrics, 3)
    ]
    figure = split_distance_figure(*tables, setting="internal", caption="", metrics={"one-shot": "random", **metrics})
    assert "no pairs" in texts(figure) and "few-shot" in texts(figure) and "one-shot" not in texts(figure)


@pytest.mark.parametrize("seeds", [3, 10])
def test_equal_distances_can_be_drawn(seeds):
    per_tree, summary = data.distances({"few-shot": "random"}, seeds)
    zero = {column: 0.0 for column in ("mean", "std", "ci_low", "ci_high")}
    figure = split_distance_figure(per_tree.assign(mean=0.0), summary.assign(**zero), setting="internal", caption="")
    figure.draw_without_rendering()
    assert figure.axes[0].get_ylim()[0] <= 0 < figure.axes[0].get_ylim()[1]


# --- figure 2 -----------------------------------------------------------------------------------------------------


def test_figure_2_has_a_panel_per_level_with_the_names_of_figure_1_on_one_y_axis():
    figure = drawn("2")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [*(f"{setting}, level {level}" for setting, level in CELLS), ""]
    assert any(text.startswith("On level 0 a tree has one split") for text in texts(figure))
    assert len({axes.get_ylim() for axes in figure.axes[:5]}) == 1 and figure.axes[0].get_ylim()[0] <= 0
    for axes in (drawn("1a").axes[0], *figure.axes[2:5]):
        assert [label.get_text() for label in axes.get_xticklabels()] == list(data.MANY)


def test_the_levels_of_a_narrow_figure_2_stand_one_below_the_other():
    figure = depth_figure(ONE_EACH, 3, width=3.3)
    figure.draw_without_rendering()
    boxes = [axes.get_position() for axes in figure.axes]
    assert len(boxes) == 5 and all(upper.y0 > lower.y1 for upper, lower in itertools.pairwise(boxes))


def test_figure_2_takes_levels_as_numbers_too():
    tables = [t[t["level"] != "all"].astype({"level": int}) for t in data.distances(TWO, 3)]
    figure = by_depth_figure(*tables, caption="", metrics=TWO)
    assert len(figure.findobj(lambda artist: artist.get_gid() == "seeds:snip")) == 5


def test_figure_2_has_no_column_for_a_level_that_only_methods_have_that_are_not_drawn():
    deep, flat = data.distances({"snip-adaptive": "snip"}, 3, depth=5), data.distances(TWO, 3, depth=2)
    tables = [pd.concat(pair) for pair in zip(deep, flat, strict=True)]
    widths = [by_depth_figure(*tables, methods=methods).get_figwidth() for methods in (list(TWO), None)]
    assert widths[0] == by_depth_figure(*flat).get_figwidth() < widths[1]


# --- matrix -------------------------------------------------------------------------------------------------------


def matrix_of(*rows):
    columns = ["method_a", "method_b", "mean", "comparable"]
    return method_matrix_figure(pd.DataFrame(rows, columns=columns[: len(rows[0])]), caption="n = 3")


def test_matrix_prints_every_value_and_puts_near_methods_side_by_side():
    rows = [("a", "b", 1.0), ("a", "c", 0.1), ("b", "c", 1.2), ("a", "a", 0.33), ("b", "b", 0.44), ("c", "c", 0.55)]
    figure = matrix_of(*rows)
    axes = figure.axes[1]
    order = [label.get_text() for label in axes.get_yticklabels()]
    assert abs(order.index("a") - order.index("c")) == 1
    values = {(a, b): value for x, y, value in rows for a, b in ((x, y), (y, x))}
    shown = np.array([text.get_text() for text in axes.texts]).reshape(3, 3)
    for (i, a), (j, b) in itertools.product(enumerate(order), repeat=2):
        assert shown[i, j] == f"{values[a, b]:.2f}"
    assert "Outlined: internal distance." in said(figure)
    heights = [max(line.get_xdata()) for line in figure.axes[0].lines]
    assert heights == pytest.approx([0.1, 1.1])


def test_matrix_shows_in_brackets_what_the_number_of_groups_decides_and_marks_a_missing_pair():
    rows = [("a", "b", 1.0, True), ("a", "a", 0.33, True), ("b", "b", 0.44, True)]
    alone = matrix_of(*rows)
    assert "brackets" not in said(alone)
    figure = matrix_of(*rows, ("a", "c", 1.5, False), ("b", "c", 1.5, False), ("c", "c", 0.0, False))
    assert texts(figure).count("(1.50)") == 4 and {"1.00", "0.00"} <= set(texts(figure))
    assert "In brackets: other numbers of groups" in said(figure)
    assert texts(matrix_of(*rows[1:])).count("n/a") == 2
