"""The figures of leaves, search, truth and cost: what they draw, and what every figure says where there is nothing."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from fsnas.analysis.stats import bootstrap_mean
from fsnas.plotting._style import look
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
from fsnas.seeding import generator
from tests.support import plotting_data as data
from tests.support.drawn_figures import (
    crossings,
    depth_figure,
    distance_figure,
    drawn,
    leaves_figure,
    said,
    tagged,
    texts,
)
from tests.support.plotting_data import EIGHT

NO_BAND = "Without random there is no band."
over_seeds = pytest.mark.parametrize("kind", ["rank", "variance", "found"])

# --- where there is nothing ---------------------------------------------------------------------------------------

DISTANCES = [table[:0] for table in data.distances(data.TWO, 3)]
RANK, FOUND, COST, PROXIES = data.rank(EIGHT, 3), data.found(EIGHT, 3), data.cost(EIGHT, 3), data.correlations()
VARIANCE, LEAVES = data.variance(EIGHT, 3), data.leaf_truth(EIGHT, 3)
PUBLISHED = ["abdelfattah2021", "nasbench_suite_zero"]
NO_PAIR, ONE_SEED = "no tree has two splits to compare", "needs at least two seeds"
ONE_TRUTH = "needs two architectures of different truth"
IN_A_LEAF = f"{ONE_TRUTH} in a leaf"
NO_LEAF, NOT_FOUND = "no leaf holds an architecture with a truth", "no found architecture has a truth"
NO_METRIC = "no metric has two finite values of different truth"
WITHOUT = {  # the figure, its tables, and what stands on it of all that is said here
    "1a": (partial(split_distance_figure, setting="internal"), DISTANCES, {NO_PAIR}),
    "2": (by_depth_figure, DISTANCES, {NO_PAIR, ONE_SEED}),
    "matrix": (method_matrix_figure, [data.method_distance([])], {"no method has a split"}),
    "rank": (rank_correlation_figure, [RANK[:0]], {ONE_TRUTH, IN_A_LEAF}),
    "rank, NaN": (rank_correlation_figure, [RANK.assign(kendall=np.nan)], {ONE_TRUTH, IN_A_LEAF}),
    "rank within": (rank_correlation_figure, [RANK[RANK["scope"] == "all"]], {"snip", "random: mean", IN_A_LEAF}),
    "variance": (explained_variance_figure, [VARIANCE[:0], LEAVES[:0]], {ONE_TRUTH, NO_LEAF}),
    "variance, NaN": (
        explained_variance_figure,
        [VARIANCE.assign(eta_squared=np.nan), LEAVES.assign(n=0, **dict.fromkeys(LEAVES.columns[4:], np.nan))],
        {ONE_TRUTH, NO_LEAF},
    ),
    "found": (found_figure, [FOUND[:0]], {NOT_FOUND}),
    "found, NaN": (found_figure, [FOUND.assign(regret=np.nan)], {NOT_FOUND}),
    "cost": (cost_figure, [COST[:0]], {"no epochs recorded", "no seconds of the device recorded"}),
    "proxies": (proxies_figure, [PROXIES[:0]], {NO_METRIC}),
    "proxies, NaN": (proxies_figure, [PROXIES.assign(**dict.fromkeys(["spearman", *PUBLISHED], np.nan))], {NO_METRIC}),
    "proxies, no types": (proxies_figure, [pd.DataFrame(columns=PROXIES.columns)], {NO_METRIC}),
    "proxies, unpublished": (proxies_figure, [PROXIES.assign(**dict.fromkeys(PUBLISHED, np.nan))], set()),
    "training": (training_figure, [{0: dict.fromkeys(data.records(1, 1)[0], [])}], {"no epoch was trained"}),
    "root scores": (partial(root_scores_figure, edges="a", operations="b"), [{}], {"no method has scores"}),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_a_figure_says_what_there_is_not(name):
    draw, tables, expected = WITHOUT[name]
    every = set().union({"Abdelfattah et al. 2021"}, *(some for *_, some in WITHOUT.values()))
    assert every & set(texts(draw(*tables, caption="n = 0", metrics=EIGHT))) == expected


# --- what those over seeds share ----------------------------------------------------------------------------------


@over_seeds
def test_a_method_that_the_table_does_not_name_is_not_drawn_and_leaves_the_looks_alone(kind):
    metrics = {"gm-sum": "gm", **EIGHT}
    figure = leaves_figure(kind, EIGHT, 3, ("random",), metrics=metrics)
    assert "gm-sum" not in texts(figure)
    (points,) = tagged(figure, "seeds:gm-equal").values()
    assert points.get_fillstyle() == "left"  # the second variant of gm in the config, though the first is not drawn


def test_without_random_there_is_no_band_and_the_caption_says_so():
    figures = [distance_figure({"snip": "snip"}, 3, "internal"), depth_figure({"snip": "snip"}, 3)]
    for kind in ("rank", "variance", "found"):
        others = {name: metric for name, metric in EIGHT.items() if name != "random"}
        figures += [drawn(f"{kind}, one"), leaves_figure(kind, others, 3)]  # one-shot is of the metric random, no band
        assert NO_BAND not in said(drawn(f"{kind}, default"))
    for figure in figures:
        assert not tagged(figure, "band") and NO_BAND in said(figure)


@over_seeds
def test_one_seed_has_no_interval_and_the_legend_says_so(kind):
    figure = drawn(f"{kind}, one")
    assert not tagged(figure, "interval:") and "mean (one seed: no interval)" in texts(figure)
    figure = leaves_figure(kind, {"snip": "snip", "random": "random"}, 1, ("tpe",))
    assert not tagged(figure, "band") and not tagged(figure, "ci")
    assert not any("95 %" in text or "range" in text for text in texts(figure))
    assert tagged(drawn(f"{kind}, default"), "interval:")
    assert "mean, 95 % interval over seeds" in texts(drawn(f"{kind}, default"))


# --- rank correlation ---------------------------------------------------------------------------------------------


def test_rank_correlation_has_intervals_of_both_scopes_a_zero_line_and_counts():
    figure = drawn("rank, default")
    for axes, scope in zip(figure.axes, data.SCOPES, strict=True):
        rows = RANK[(RANK["scope"] == scope) & RANK["kendall"].notna()]
        for method, some in rows.groupby("method"):
            ends = bootstrap_mean(
                some["kendall"].to_numpy(), generator(0, "bootstrap", method, f"kendall_{scope}"), 2000
            )
            np.testing.assert_array_equal(tagged(axes, f"interval:{method}")[f"interval:{method}"].get_ydata(), ends)
        assert set(tagged(axes, "zero")["zero"].get_ydata()) == {0}
        assert axes.get_ylim()[0] < 0 < axes.get_ylim()[1]
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == list(EIGHT)
    assert "no value" in texts(figure)  # few-shot-first, within its leaves
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[0].endswith("(16 architectures)") and titles[1].endswith("(13 to 15 architectures)")


# --- explained variance -------------------------------------------------------------------------------------------


def panels_of(figure):
    return {axes.get_title(loc="left"): axes for axes in figure.findobj(lambda a: hasattr(a, "get_xlim"))}


def test_explained_variance_shows_what_chance_explains():
    figure = drawn("variance, default")
    for place, method in enumerate(EIGHT):
        dash = tagged(figure, f"expected:{method}")[f"expected:{method}"]
        np.testing.assert_allclose(dash.get_ydata(), VARIANCE.loc[VARIANCE["method"] == method, "expected"].mean())
        assert min(dash.get_xdata()) < place < max(dash.get_xdata())
    assert "split by chance: (leaves - 1) / (n - 1)" in texts(figure)


def test_every_leaf_has_a_box_of_its_quantiles_or_says_that_it_is_empty():
    figure, table = drawn("variance, default"), data.leaf_truth(EIGHT, 3, 16, 84.0)
    first = table[table["seed"] == 0]
    held = first[first["n"] > 0]
    boxes = tagged(figure, "leaf:")
    assert set(boxes) == {f"leaf:{row.method}:{row.leaf}" for row in held.itertuples()}
    for row in held.itertuples():
        ends = boxes[f"leaf:{row.method}:{row.leaf}"].get_path().vertices[:, 1]
        assert (ends.min(), ends.max()) == (row.q25, row.q75)
    assert texts(figure).count("no truth") == (first["n"] == 0).sum() > 0
    panels = panels_of(figure)
    for method in EIGHT:
        labels = [label.get_text() for label in panels[method].get_xticklabels()]
        assert labels == [f"{row.leaf}\n{row.n}" for row in first[first["method"] == method].itertuples()]
        of_tree = held[held["method"] == method]
        overall = tagged(panels[method], "overall:")[f"overall:{method}"].get_ydata()
        np.testing.assert_allclose(overall, (of_tree["n"] * of_tree["mean"]).sum() / of_tree["n"].sum())
    assert len({panels[method].get_ylim() for method in EIGHT}) == 1
    snip = next(box for name, box in boxes.items() if name.startswith("leaf:snip:"))
    assert to_hex(snip.get_edgecolor()).upper() == look("snip").colour.upper()


def test_a_long_tail_does_not_flatten_the_boxes_and_is_marked():
    figure, table = drawn("variance, many"), data.leaf_truth(data.LONG, 10, 15625)
    bottom, top = panels_of(figure)["gm"].get_ylim()
    assert bottom > table["min"].min() and bottom <= table["mean"].min() and top >= table["max"].max()
    gm = table[(table["method"] == "gm") & (table["seed"] == 0)]
    assert len(tagged(figure, "beyond:gm")["beyond:gm"].get_xdata()) == (gm["min"] < bottom).sum() > 0
    assert "its minimum lies below the axis" in texts(figure)
    assert "its minimum lies below the axis" not in texts(drawn("variance, default"))


def test_many_leaves_stand_upright_and_two_of_one_leaf_can_be_drawn(monkeypatch):
    monkeypatch.setitem(data.LEAVES, "few-shot", [f"{i}{j}" for i in range(5) for j in range(5)])
    figure = leaves_figure("variance", data.TWO | {"few-shot": "random"}, 2, n=900)
    assert crossings(figure) == [] and len(tagged(figure, "leaf:few-shot:")) == 25
    monkeypatch.setitem(data.LEAVES, "a", ["root"])
    monkeypatch.setitem(data.LEAVES, "b", ["root"])
    figure = leaves_figure("variance", {"a": "a", "b": "b"}, 2)
    assert crossings(figure) == [] and set(tagged(figure, "leaf:")) == {"leaf:a:root", "leaf:b:root"}
    low, high = figure.subfigs[0].axes[0].get_ylim()
    assert low < 0 < high < 0.2  # all are 0


def test_the_first_trees_are_named_where_they_differ():
    truth = LEAVES[(LEAVES["method"] != "snip") | (LEAVES["seed"] > 0)]
    figure = explained_variance_figure(VARIANCE, truth, methods=["snip", "random"])
    assert {"snip (seed 1)", "random (seed 0)"} <= set(texts(figure))


# --- found architectures ------------------------------------------------------------------------------------------


def test_found_has_a_marker_per_sampler_and_an_oracle_of_every_search():
    figure = drawn("found, default")
    axes, markers = figure.axes[0], set()
    for (method, sampler), rows in FOUND.groupby(["method", "sampler"]):
        name, held = f"{method}:{sampler}", rows[rows["regret"].notna()]
        points = tagged(axes, f"seeds:{name}")[f"seeds:{name}"]
        assert points.get_color() == look(EIGHT[method]).colour
        markers.add((sampler, points.get_marker()))
        oracle = tagged(axes, f"oracle:{name}")[f"oracle:{name}"]
        np.testing.assert_allclose(oracle.get_ydata(), (held["optimum"] - held["oracle"]).mean())
        assert oracle.get_markerfacecolor() == "none" and oracle.get_marker() == "D"
        assert oracle.get_ydata()[0] <= held["regret"].mean()
    assert len(markers) == len({marker for _, marker in markers}) == len(data.SAMPLERS)
    assert "oracle: best known in the chosen leaf, not a result" in texts(figure)
    assert "Regret: best truth of 15,625 architectures minus that of the found one." in said(figure)
    assert "(200 evaluations)" in figure.get_suptitle()
    reverse = found_figure(data.found(EIGHT, 3, data.SAMPLERS[::-1]), metrics=EIGHT)
    assert "random (local search): mean" in texts(reverse), "the band is that of the first sampler"


def test_found_without_a_value_or_oracle_says_so():
    table = FOUND.assign(oracle=np.nan, regret=FOUND["regret"].where(FOUND["method"] != "snip"))
    figure = found_figure(table, metrics=EIGHT)
    assert texts(figure).count("no value") == len(data.SAMPLERS)
    assert not tagged(figure, "oracle:") and not any("oracle" in text for text in texts(figure))


# --- cost ---------------------------------------------------------------------------------------------------------


def test_cost_stacks_the_means_of_every_part():
    figure = drawn("cost, default")
    means = COST.groupby("method").mean(numeric_only=True)
    for unit, parts in (("epochs", ("root", "leaf")), ("device_seconds", ("root", "scoring", "leaf"))):
        for method in EIGHT:
            left = 0.0
            for column in (f"{part}_{unit}" for part in parts):
                bar = tagged(figure, f"{column}:{method}")[f"{column}:{method}"]
                assert (bar.get_x(), bar.get_width()) == pytest.approx((left, means.loc[method, column]))
                left += bar.get_width()
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(EIGHT)
    shown = {"60 (8 leaves, 1 shared)", "40 (1 leaf)", "seconds of the device"}
    assert shown | {"root: once a seed, shared by all methods that need it"} <= set(texts(figure))
    assert "Each bar as if its method stood alone, without the search (200 evaluations)." in said(figure)
    assert "seconds" not in texts(figure)


def test_cost_has_a_bar_for_each_differentiable_search_below_that_of_its_method():
    more = COST[COST["method"] == "snip"].assign(search="darts-2", leaf_epochs=80)
    figure = cost_figure(pd.concat([COST, more]), metrics=EIGHT)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == [name for method in EIGHT for name in ([method, "snip: darts-2"] if method == "snip" else [method])]
    bars = tagged(figure, "leaf_epochs:snip")
    assert [bars[f"leaf_epochs:{name}"].get_width() for name in ("snip", "snip: darts-2")] == [40, 80]


def test_cost_names_what_is_missing():
    table = COST.assign(scoring_device_seconds=np.nan, root_epochs=np.nan, leaf_epochs=np.nan)
    table.loc[table["method"] == "gm", ["root_device_seconds", "leaf_device_seconds"]] = np.nan
    assert {"no epochs recorded", "no value", "31 (no scoring)"} <= set(texts(cost_figure(table, metrics=EIGHT)))


# --- trajectories -------------------------------------------------------------------------------------------------


def test_trajectories_are_means_over_seeds_in_their_range():
    figure, table = drawn("trajectories"), data.trajectories(EIGHT, 3)
    for search in ("darts", "gdas"):
        found = tagged(figure, f"{search}:skip_connect:snip")[f"{search}:skip_connect:snip"]
        of = table.query(f"search == '{search}' and quantity == 'skip_connect' and method == 'snip'").groupby("epoch")
        np.testing.assert_array_equal(found.get_xdata(), range(1, 13))
        np.testing.assert_allclose(found.get_ydata(), of["value"].mean())
        (band,) = (one for one in found.axes.collections if to_hex(one.get_facecolor()[0]) == found.get_color().lower())
        low, high = band.get_paths()[0].get_extents().get_points()[:, 1]
        assert (low, high) == pytest.approx((of["value"].min().min(), of["value"].max().max()))
    assert texts(figure).count("no edge has a choice") == 2, "of avg_pool_3x3, in both searches"
    assert {"entropy", "share of skip_connect", "darts", "gdas", *EIGHT} <= set(texts(figure))


def test_one_epoch_is_a_marker():
    figure = drawn("trajectories, one epoch")
    (line,) = tagged(figure, "gdas:entropy:snip").values()
    assert line.get_marker() == look("snip").marker and list(line.get_xdata()) == [1]


def test_epochs_are_whole_numbers_where_there_is_one():
    figure = training_figure({0: {column: [1] for column in data.records(1, 1)[0]}}, caption="")
    seen = [[tick for tick in axes.get_xticks() if 0.5 <= tick <= 1.5] for axes in figure.axes]
    assert seen == [[1], [1]]


# --- proxies ------------------------------------------------------------------------------------------------------


def test_proxies_has_value_interval_and_published_numbers_in_the_order_of_the_table():
    figure = drawn("proxies, many")
    axes = figure.axes[0]
    assert [label.get_text().split(" ")[0] for label in axes.get_yticklabels()] == list(PROXIES["metric"])
    assert axes.yaxis_inverted()
    for place, row in enumerate(PROXIES.itertuples()):
        points = tagged(axes, f"metric:{row.metric}")
        if np.isnan(row.spearman):
            assert not points and tagged(axes, f"count:{place}")[f"count:{place}"].get_text() == "n = 0, no value"
            continue
        point = points[f"metric:{row.metric}"]
        assert (*point.get_xdata(), *point.get_ydata()) == (row.spearman, place)
        assert point.get_color() == look(row.metric).colour
        line = tagged(axes, f"interval:{row.metric}")[f"interval:{row.metric}"]
        assert list(line.get_xdata()) == [row.spearman_ci_low, row.spearman_ci_high]
        for source in PUBLISHED:
            mark = tagged(axes, f"{source}:{row.metric}")
            published = getattr(row, source)
            assert [list(m.get_xdata()) for m in mark.values()] == ([] if np.isnan(published) else [[published]])
    shown = {"Abdelfattah et al. 2021", "Krishnakumar et al. 2022 (NAS-Bench-Suite-Zero)", "n = 200, 17 not finite"}
    assert shown | {"ntk (lower is better)", "random: 95 % interval"} <= set(texts(figure))
    assert set(tagged(axes, "zero")["zero"].get_xdata()) == {0}
    assert "Published numbers are of NAS-Bench-201 on CIFAR-10." in said(figure)
    box = tagged(figure, "band")["band"].get_bbox()
    assert (box.x0, box.x1) == tuple(PROXIES.set_index("metric").loc["random", ["spearman_ci_low", "spearman_ci_high"]])
    assert not tagged(drawn("proxies, one"), "band")


def test_proxies_without_an_interval():
    figure = proxies_figure(PROXIES.assign(spearman_ci_low=np.nan, spearman_ci_high=np.nan))
    assert "this run" in texts(figure) and not tagged(figure, "interval:") and not tagged(figure, "band")
