"""How a user may want figures: another width, other fonts, fewer methods; and captions of two lines."""

import matplotlib
import numpy as np
import pytest
import yaml
from matplotlib.colors import to_hex

from fsnas.artifacts.figure import write_figure
from fsnas.plotting._style import OURS
from fsnas.plotting.explained_variance import explained_variance_figure
from tests.support import plotting_data, plotting_search_data
from tests.support.config import ROOT
from tests.support.drawn_figures import (
    EVERY,
    FIGURES,
    ONE_EACH,
    SEARCH,
    TWO,
    assert_readable,
    crossings,
    depth_figure,
    distance_figure,
    matrix_figure,
    scores_figure,
    tagged,
    texts,
    written,
)
from workflow_scripts._captions import few, proxies_caption, search_caption, tree_caption, truth_caption
from workflow_scripts._config import check, leaf_methods
from workflow_scripts._defaults import completed

COLUMN = 3.3  # inches of one column of a paper
LONG = {name: pytest.mark.long for name in SEARCH if name.endswith("many")}
DRAWN = [name for name in EVERY if not (name in SEARCH and name.endswith("one"))]


@pytest.mark.parametrize("name", [pytest.param(name, marks=LONG.get(name, ())) for name in DRAWN])
def test_in_one_column_of_a_paper_no_text_covers_another_or_leaves_the_figure(name):
    figure = EVERY[name](width=COLUMN)
    assert figure.get_figwidth() == COLUMN
    assert_readable(figure)
    assert min(text.get_fontsize() for text in written(figure)) >= 4


@pytest.mark.parametrize("preset", [None, "tiny"])
def test_a_caption_has_at_most_two_lines(preset):
    config = completed(yaml.safe_load((ROOT / f"configs/{preset}.yaml").read_text()) if preset else {})
    methods = check(config)
    metrics, seeds = {name: method.metric for name, method in methods.items()}, config["seeds"]
    searched = {name: metrics[name] for name in leaf_methods(config, methods)}
    caption, search = tree_caption(config, seeds), search_caption(config, seeds)
    assert few(seeds)  # the longest
    long = f"{caption} {few(seeds)}"
    figures = [
        *(distance_figure(metrics, 2, setting, caption=long) for setting in plotting_data.SETTINGS),
        depth_figure(metrics, 2, caption=long),
        matrix_figure(metrics, caption=long),
        FIGURES["tree"](caption=tree_caption(config, seeds[:1])),
        FIGURES["training"](caption=caption),
        scores_figure(["gm", "snip"], caption=caption),
    ]
    truth = truth_caption(config, "x")
    for kind in plotting_search_data.KINDS:
        said = search if kind == "cost" else f"{search} {few(seeds)}"
        look = {"caption": proxies_caption(config) if kind == "proxies" else said, "truth": truth}
        figures.append(plotting_search_data.of_methods(kind, searched, len(seeds), **look))
    for figure in figures:
        assert tagged(figure, "caption")["caption"].get_text().count("\n") <= 1, figure.get_suptitle()


@pytest.mark.parametrize("draw", [distance_figure, depth_figure], ids=["1b", "2"])
def test_fewer_methods_look_as_among_all_and_the_band_stays(draw):
    rest = ("external",) if draw is distance_figure else ()
    figure = draw(plotting_data.MANY, 3, *rest, methods=["snip-equal", "gm"])
    axes = figure.axes[-1] if draw is distance_figure else figure.axes[-2]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["gm", "snip-equal"]
    assert list(tagged(axes, "trees:")) == ["trees:gm", "trees:snip-equal"]
    among_all = draw(plotting_data.MANY, 3, *rest)
    both = tagged(among_all.axes[0], "trees:snip-equal")["trees:snip-equal"]
    (alone,) = tagged(axes, "trees:snip-equal").values()
    assert (alone.get_color(), alone.get_fillstyle()) == (both.get_color(), both.get_fillstyle())
    assert tagged(axes, "band") and "random: mean" in texts(figure)
    assert not any("there is no band" in text for text in texts(figure))


@pytest.mark.parametrize("kind", ["rank", "variance", "found", "cost"])
def test_fewer_methods_of_a_search_are_drawn(kind):
    figure = plotting_search_data.draw(kind, "default", methods=["snip", "one-shot"])
    shown = set(texts(figure))
    assert {"snip", "one-shot"} <= shown and not {"gm", "random", "few-shot"} & shown
    assert kind == "cost" or tagged(figure, "band")


def test_a_chosen_method_without_a_value_says_so():
    variance = plotting_search_data.variance(TWO, 3)
    variance.loc[variance["method"] == "snip", "eta_squared"] = np.nan
    leaves = plotting_search_data.leaf_truth(TWO, 3)
    for table in (variance, variance.replace({"method": {"random": "gm"}})):
        figure = explained_variance_figure(table, leaves, caption="", methods=["snip"])
        assert texts(figure).count("no value") == 1


def test_fewer_methods_in_matrix_and_root_scores():
    figure = matrix_figure(ONE_EACH, methods=["snip", "gm"])
    assert {label.get_text() for label in figure.axes[1].get_yticklabels()} == {"gm", "snip"}
    shown = texts(scores_figure(["gm", "snip", "ntk"], methods=["ntk"]))
    assert "ntk (lower is better)" in shown and not any("gm" in text or "snip" in text for text in shown)


# --- matplotlibrc, our style, the user's style --------------------------------------------------------------------


def bytes_of(figure, path):
    write_figure([path], figure)
    return path.read_bytes()


def test_ours_lies_over_the_matplotlibrc_and_the_style_over_ours():
    with matplotlib.rc_context({"axes.facecolor": "#EEEEFF", "font.size": 20, "axes.spines.top": True}):
        plain = distance_figure(ONE_EACH, 3, "internal")
        styled = distance_figure(ONE_EACH, 3, "internal", style={"font.size": 6, "axes.spines.top": True})
    assert to_hex(plain.axes[0].get_facecolor()) == to_hex(styled.axes[0].get_facecolor()) == "#eeeeff"
    assert not plain.axes[0].spines["top"].get_visible() and styled.axes[0].spines["top"].get_visible()
    sizes = [tagged(figure, "caption")["caption"].get_fontsize() for figure in (plain, styled)]
    np.testing.assert_allclose(sizes, [8, 8 * 6 / 9])


def test_no_matplotlibrc_and_no_style_breaks_a_figure(tmp_path):
    wild = {"text.usetex": True, "savefig.bbox": "tight", "figure.constrained_layout.use": True, "pdf.fonttype": 3}
    wild |= {"figure.autolayout": True, "image.origin": "lower", "svg.hashsalt": None, "text.parse_math": True}
    assert wild.keys() <= OURS.keys()
    expected = bytes_of(matrix_figure(ONE_EACH), tmp_path / "a.pdf")
    assert bytes_of(matrix_figure(ONE_EACH, style=wild), tmp_path / "b.pdf") == expected
    with matplotlib.rc_context(wild):
        assert bytes_of(matrix_figure(ONE_EACH), tmp_path / "c.pdf") == expected


@pytest.mark.parametrize("style", [{"font.size": 12}, {"font.family": "serif"}, "ggplot", [["font.size", 12]]])
def test_a_figure_copes_with_a_style_and_is_the_same_bytes_twice(style, tmp_path):
    figures = [distance_figure(ONE_EACH, 3, "external", style=style, width=COLUMN) for _ in range(2)]
    assert crossings(figures[0]) == []
    assert bytes_of(figures[0], tmp_path / "a.png") == bytes_of(figures[1], tmp_path / "b.png")
    plain = distance_figure(ONE_EACH, 3, "external", width=COLUMN)
    assert bytes_of(plain, tmp_path / "c.png") != (tmp_path / "a.png").read_bytes()
