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
from fsnas.plotting._style import LOOKS, colour, look, looks
from fsnas.plotting.figure_1 import split_distance_figure
from fsnas.plotting.figure_2 import by_depth_figure
from fsnas.plotting.method_matrix import method_matrix_figure
from fsnas.plotting.tree import tree_figure
from tests.support import plotting_data as data
from tests.support.drawn_figures import (
    EVERY,
    FIGURES,
    ONE_EACH,
    SEARCH,
    TWO,
    assert_readable,
    depth_figure,
    distance_figure,
    drawn,
    extent,
    said,
    tagged,
    texts,
)

# --- looks --------------------------------------------------------------------------------------------------------


def test_every_metric_has_a_colour_marker_and_line_of_its_own():
    assert set(LOOKS) == set(data.METRICS)
    assert len({(one.colour, one.marker, one.linestyle) for one in LOOKS.values()}) == 13
    assert len({one.colour for one in LOOKS.values()}) == 13


def test_random_is_grey():
    red, green, blue = (int(colour("random")[i : i + 2], 16) for i in (1, 3, 5))
    assert red == green == blue


def test_unknown_metric_has_a_stable_look_unlike_the_known_ones():
    program = "from fsnas.plotting._style import look; print(look('my-metric'))"
    again = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert again == str(look("my-metric"))
    assert look("my-metric").colour not in {one.colour for one in LOOKS.values()}


def test_variants_take_the_colour_of_their_metric_and_differ_in_hatch_and_fill():
    found = looks(data.MANY, data.MANY)
    assert found["snip-sum"].colour == found["snip-equal"].colour == found["snip"].colour == colour("snip")
    assert len({(found[m].hatch, found[m].fillstyle) for m in ("snip", "snip-sum", "snip-equal")}) == 3


def test_the_same_metric_has_the_same_colour_in_every_figure():
    points = tagged(drawn("1a"), "trees:")
    levels = tagged(drawn("2"), "trees:")
    matrix = drawn("matrix")
    marks = {line.get_color() for axes in matrix.axes for line in axes.lines}
    for method, metric in data.MANY.items():
        assert points[f"trees:{method}"].get_color() == levels[f"trees:{method}"].get_color() == colour(metric)
        assert colour(metric) in marks
    boxes = tagged(drawn("tree"), "box:")
    assert to_hex(boxes["box:root"].get_edgecolor()).upper() == colour("snip").upper()
    bars = {line.get_color() for axes in drawn("root scores").findobj(lambda a: hasattr(a, "lines"))
            for line in axes.lines}  # fmt: skip
    assert {colour("gm"), colour("snip"), colour("jacobcov")} <= bars


# --- what all figures share ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_cut_off_and_no_text_covers_another_or_the_caption(name):
    figure = drawn(name)
    figure.draw_without_rendering()
    assert "ties drawn at random." in said(figure)
    lower = extent(figure, tagged(figure, "caption")["caption"])
    assert lower.y0 >= 0 and lower.x0 >= 0 and lower.x1 <= figure.bbox.x1
    for axes in figure.findobj(lambda a: hasattr(a, "get_tightbbox") and hasattr(a, "get_xlim")):
        box = axes.get_tightbbox(figure.canvas.get_renderer())
        if box is not None:
            assert box.y0 >= lower.y1 - 1, "axes reach into the caption"
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1, "cut off"
    assert_readable(figure)


TWICE = ["1a, 10 seeds", "2, one seed", "matrix, two", "tree", "training", "root scores"]


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


# --- figures 1a and 1b --------------------------------------------------------------------------------------------


def test_figure_1_has_a_box_per_method_and_a_point_per_tree():
    figure = drawn("1a")
    axes = figure.axes[0]
    assert len([patch for patch in axes.patches if isinstance(patch, PathPatch)]) == len(data.MANY) == 21
    per_tree, summary = data.distances(data.MANY, 3)
    for method in data.MANY:
        chosen = (per_tree["method"] == method) & (per_tree["setting"] == "internal") & (per_tree["level"] == "all")
        np.testing.assert_array_equal(tagged(axes, f"trees:{method}")[f"trees:{method}"].get_ydata(),
                                      per_tree.loc[chosen, "mean"])  # fmt: skip
        total = summary[(summary["method"] == method) & (summary["setting"] == "internal")].iloc[0]
        assert tagged(axes, f"mean:{method}")[f"mean:{method}"].get_ydata() == [total["mean"]]
    assert [label.get_text() for label in axes.get_xticklabels()] == list(data.MANY)


def test_figure_1_draws_violins_from_eight_trees_on():
    axes = drawn("1a, 10 seeds").axes[0]
    violins = [c for c in axes.collections if isinstance(c, PolyCollection)]
    assert len(violins) == 13 and not [patch for patch in axes.patches if isinstance(patch, PathPatch)]


def test_figure_1_shades_the_band_of_random_and_says_so():
    figure = drawn("1a")
    per_tree, _ = data.distances(data.MANY, 3)
    chosen = (per_tree["method"] == "random") & (per_tree["setting"] == "internal") & (per_tree["level"] == "all")
    means = per_tree.loc[chosen, "mean"]
    box = tagged(figure, "band")["band"].get_bbox()
    assert (box.y0, box.y1) == (means.min(), means.max())
    assert {"random: mean", "random: 95 % interval", "random: range of the trees"} <= set(texts(figure))
    assert not any("no band" in text for text in texts(figure))
    across = [line.get_ydata() for line in figure.axes[0].lines if list(line.get_xdata()) == [0, 1]]
    np.testing.assert_allclose(across, [[means.mean()] * 2])  # and no line at 1.2444


def test_without_random_there_is_no_band_and_the_caption_says_so():
    for figure in (distance_figure({"snip": "snip"}, 3, "internal"), depth_figure({"snip": "snip"}, 3)):
        assert not tagged(figure, "band")
        assert any("there is no band" in " ".join(text.split()) for text in texts(figure))


def test_a_method_of_the_metric_random_under_another_name_gives_the_band():
    figure = distance_figure({"snip": "snip", "chance": "random"}, 3, "internal")
    assert "chance: range of the trees" in texts(figure)


def test_external_needs_two_seeds_and_says_so():
    assert "needs at least two seeds" in texts(drawn("1b, one seed"))
    assert "needs at least two seeds" in texts(drawn("2, one seed"))


@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("setting", ["internal", "external"])
def test_figures_1_and_2_draw_and_name_a_spread_and_an_interval_only_where_the_tables_have_them(seeds, setting):
    if setting == "external" and seeds == 1:
        return
    held = seeds > 1 + (setting == "external")
    figure, depth = distance_figure(TWO, seeds, setting), depth_figure(TWO, seeds)
    for prefix in ("interval:", "spread:", "band", "ci"):
        assert bool(tagged(figure, prefix)) == held, prefix
    shown = texts(figure)
    for text in ("mean, 95 % interval over seeds", "random: 95 % interval", "random: range of the trees"):
        assert (text in shown) == held, text
    none = {1: "mean (one seed: no interval)", 2: "mean (two seeds: no interval)"}
    assert held or none[seeds] in shown
    panel = next(axes for axes in depth.axes if axes.get_title(loc="left") == f"{setting}, level 1")
    assert bool(tagged(panel, "band")) == bool(tagged(panel, "ci")) == held
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


def test_empty_tables_give_figures_that_say_so():
    per_tree, summary = (table.iloc[:0] for table in data.distances(TWO, 3))
    one = split_distance_figure(per_tree, summary, setting="internal", caption="n = 0")
    assert "no tree has two splits to compare" in texts(one)
    two = texts(by_depth_figure(per_tree, summary, caption="n = 0"))
    assert {"no tree has two splits to compare", "needs at least two seeds"} <= set(two)
    nothing = pd.DataFrame(columns=["method_a", "method_b", "mean"])
    assert "no method has a split" in texts(method_matrix_figure(nothing, caption="n = 0"))


# --- figure 2 -----------------------------------------------------------------------------------------------------


def test_figure_2_has_a_panel_per_level_and_none_for_what_does_not_exist():
    figure = drawn("2")
    cells = [("internal", "1"), ("internal", "2"), ("external", "0"), ("external", "1"), ("external", "2")]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [*(f"{setting}, level {level}" for setting, level in cells), ""]
    per_tree, _ = data.distances(data.MANY, 3)
    for axes, (setting, level) in zip(figure.axes, cells, strict=False):
        rows = per_tree[(per_tree["setting"] == setting) & (per_tree["level"] == level)]
        points = tagged(axes, "trees:")
        assert list(points) == [f"trees:{method}" for method in data.MANY]  # in the order of Figure 1
        for method in data.MANY:
            means = rows.loc[rows["method"] == method, "mean"]
            np.testing.assert_array_equal(points[f"trees:{method}"].get_ydata(), means)
        means = rows.loc[rows["method"] == "random", "mean"]
        box = tagged(axes, "band")["band"].get_bbox()
        assert (box.y0, box.y1) == (means.min(), means.max())
    assert any(text.startswith("On level 0 a tree has one split") for text in texts(figure))


def test_figure_2_names_the_methods_as_figure_1_and_has_one_y_axis():
    one, two = drawn("1a").axes[0], drawn("2").axes
    assert len({axes.get_ylim() for axes in two[:5]}) == 1 and two[0].get_ylim()[0] <= 0
    names = [[label.get_text() for label in axes.get_xticklabels()] for axes in (one, *two[2:5])]
    assert all(found == list(data.MANY) for found in names)


def test_the_levels_of_a_narrow_figure_2_stand_one_below_the_other():
    figure = depth_figure(ONE_EACH, 3, width=3.3)
    figure.draw_without_rendering()
    boxes = [axes.get_position() for axes in figure.axes]
    assert len(boxes) == 5 and all(upper.y0 > lower.y1 for upper, lower in itertools.pairwise(boxes))


def test_figure_2_takes_levels_as_numbers_too():
    per_tree, summary = data.distances(TWO, 3)
    tables = [t[t["level"] != "all"].astype({"level": int}) for t in (per_tree, summary)]
    figure = by_depth_figure(*tables, caption="", metrics=TWO)
    assert len(figure.findobj(lambda artist: artist.get_gid() == "trees:snip")) == 5


# --- matrix -------------------------------------------------------------------------------------------------------


def test_matrix_prints_every_value_and_puts_near_methods_side_by_side():
    rows = [("a", "b", 1.0), ("a", "c", 0.1), ("b", "c", 1.2), ("a", "a", 0.33), ("b", "b", 0.44), ("c", "c", 0.55)]
    figure = method_matrix_figure(pd.DataFrame(rows, columns=["method_a", "method_b", "mean"]), caption="n = 3")
    axes = figure.axes[1]
    order = [label.get_text() for label in axes.get_yticklabels()]
    assert abs(order.index("a") - order.index("c")) == 1
    values = {(a, b): value for x, y, value in rows for a, b in ((x, y), (y, x))}
    shown = np.array([text.get_text() for text in axes.texts]).reshape(3, 3)
    for (i, a), (j, b) in itertools.product(enumerate(order), repeat=2):
        assert shown[i, j] == f"{values[a, b]:.2f}"
    assert any("Outlined: internal distance." in " ".join(text.split()) for text in texts(figure))
    heights = [max(line.get_xdata()) for line in figure.axes[0].lines]
    assert heights == pytest.approx([0.1, 1.1])


def test_matrix_shows_in_brackets_what_the_number_of_groups_decides():
    rows = [("a", "b", 1.0, True), ("a", "c", 1.5, False), ("b", "c", 1.5, False)]
    rows += [("a", "a", 0.33, True), ("b", "b", 0.44, True), ("c", "c", 0.0, False)]
    table = pd.DataFrame(rows, columns=["method_a", "method_b", "mean", "comparable"])
    shown = texts(method_matrix_figure(table, caption="n = 3"))
    assert shown.count("(1.50)") == 4 and {"1.00", "0.00"} <= set(shown)
    assert any("In brackets: other numbers of groups" in " ".join(text.split()) for text in shown)
    alone = texts(method_matrix_figure(table[table["method_b"] != "c"], caption=""))
    assert not any("brackets" in text for text in alone)


def test_matrix_marks_a_missing_pair():
    rows = pd.DataFrame([("a", "a", 0.3), ("b", "b", 0.4)], columns=["method_a", "method_b", "mean"])
    assert texts(method_matrix_figure(rows, caption="")).count("n/a") == 2
