"""How a user may want figures: another width, other fonts, fewer methods; and captions of two lines."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.colors import to_hex

from fsnas.artifacts.figure import write_figure
from fsnas.plotting._style import OURS
from fsnas.plotting.explained_variance import explained_variance_figure
from fsnas.plotting.found import found_figure
from fsnas.plotting.trajectories import trajectories_figure
from tests.support import plotting_data as data
from tests.support.config import ROOT
from tests.support.drawn_figures import (
    EVERY,
    FIGURES,
    KINDS,
    SEARCH,
    assert_readable,
    crossings,
    depth_figure,
    distance_figure,
    leaves_figure,
    matrix_figure,
    scores_figure,
    tagged,
    texts,
    written,
)
from tests.support.plotting_data import ONE_EACH, TWO
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
    caption, search = tree_caption(config, seeds, methods.values()), search_caption(config, seeds)
    assert few(seeds)  # the longest
    long = {"caption": f"{caption} {few(seeds)}"}
    figures = [
        *(distance_figure(metrics, 2, setting, **long) for setting in data.SETTINGS),
        depth_figure(metrics, 2, **long),
        matrix_figure(metrics, **long),
        FIGURES["tree"](caption=tree_caption(config, seeds[:1], methods.values())),
        FIGURES["training"](caption=caption),
        scores_figure(["gm", "snip"], caption=caption),
    ]
    of = dict.fromkeys(KINDS, f"{search} {few(seeds)}") | {"cost": search, "proxies": proxies_caption(config)}
    truth = truth_caption(config, "x")
    figures += [leaves_figure(kind, searched, len(seeds), caption=text, truth=truth) for kind, text in of.items()]
    for figure in figures:
        assert tagged(figure, "caption")["caption"].get_text().count("\n") <= 1, figure.get_suptitle()


FEWER = {  # the figure, the methods that are chosen, and texts that stand on it only for others
    "1b": (lambda **look: distance_figure(data.MANY, 3, "external", **look), ["snip-equal", "gm"], {"snip", "ntk"}),
    "2": (FIGURES["2"], ["snip-equal", "gm"], {"snip", "ntk"}),
    "matrix": (lambda **look: matrix_figure(ONE_EACH, **look), ["snip", "gm"], {"ntk", "random"}),
    **{kind: (SEARCH[f"{kind}, default"], ["snip", "one-shot"], {"gm", "few-shot"}) for kind in KINDS[:4]},
}


@pytest.mark.parametrize("name", FEWER)
def test_fewer_methods_look_as_among_all_and_the_band_stays(name):
    draw, methods, others = FEWER[name]
    figure, among_all = draw(methods=methods), draw()
    assert set(methods) <= set(texts(figure)) and others <= set(texts(among_all)) and not others & set(texts(figure))
    points = tagged(figure, "seeds:")
    for gid, some in points.items():
        every = tagged(among_all, gid)[gid]
        assert (some.get_color(), some.get_fillstyle()) == (every.get_color(), every.get_fillstyle())
    assert bool(points) == (name not in ("matrix", "cost")) == bool(tagged(figure, "band"))
    assert not any("there is no band" in text for text in texts(figure))


def test_fewer_methods_of_the_root_scores():
    shown = texts(scores_figure(["gm", "snip", "ntk"], methods=["ntk"]))
    assert "ntk (lower is better)" in shown and not any("gm" in text or "snip" in text for text in shown)


def test_a_search_that_only_methods_have_that_are_not_drawn_is_named_nowhere():
    found = pd.concat([data.found(TWO, 3), data.found({"gm": "gm"}, 3, samplers=["darts"])])
    learned = pd.concat(
        [data.trajectories(TWO, 3, searches=["gdas"]), data.trajectories(["gm"], 3, searches=["darts"])]
    )
    for draw, table in ((found_figure, found), (trajectories_figure, learned)):
        few, every = (texts(draw(table, methods=methods)) for methods in (["snip"], None))
        assert any("darts" in text for text in every) and not any("darts" in text for text in few)
        draw(table, methods=["none of these"]).draw_without_rendering()


def test_a_chosen_method_without_a_value_says_so():
    variance = data.variance(TWO, 3)
    variance.loc[variance["method"] == "snip", "eta_squared"] = np.nan
    leaves = data.leaf_truth(TWO, 3)
    for table in (variance, variance.replace({"method": {"random": "gm"}})):
        figure = explained_variance_figure(table, leaves, caption="", methods=["snip"])
        assert texts(figure).count("no value") == 1


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
