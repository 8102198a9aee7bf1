"""The figures of leaves, search, truth and cost: what they draw."""

import functools
import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from fsnas.analysis.stats import bootstrap_mean
from fsnas.plotting._style import colour
from fsnas.plotting.cost import cost_figure
from fsnas.plotting.explained_variance import explained_variance_figure
from fsnas.plotting.found import found_figure
from fsnas.plotting.proxies import proxies_figure
from fsnas.plotting.rank_correlation import rank_correlation_figure
from fsnas.seeding import generator
from tests.support import plotting_search_data as data
from tests.support.drawn_figures import crossings, said, tagged, texts

drawn = functools.cache(data.draw)
ALL = list(itertools.product(data.KINDS, data.CASES))
NO_BAND = "Without random there is no band."
over_seeds = pytest.mark.parametrize("kind", ["rank", "variance", "found"])


def joined(figure):
    return [" ".join(text.split()) for text in texts(figure)]


# --- what all of them share ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "case"), ALL)
def test_the_caption_ends_with_the_truth_as_a_sentence(kind, case):
    assert f"ties drawn at random. {data.TRUTH}." in said(drawn(kind, case))


@over_seeds
def test_a_method_that_the_table_does_not_name_is_not_drawn_and_leaves_the_looks_alone(kind):
    metrics = {"gm-sum": "gm", **data.EIGHT}
    figure = data.of_methods(kind, data.EIGHT, 3, ("random",), metrics=metrics)
    assert "gm-sum" not in texts(figure)
    (points,) = tagged(figure, "seeds:gm-equal").values()
    assert points.get_fillstyle() == "left"  # the second variant of gm in the config, though the first is not drawn


@over_seeds
def test_without_random_there_is_no_band_and_the_caption_says_so(kind):
    figure = drawn(kind, "one")
    assert not tagged(figure, "band") and NO_BAND in said(figure)
    assert tagged(drawn(kind, "default"), "band") and NO_BAND not in said(drawn(kind, "default"))


@over_seeds
def test_one_shot_of_the_metric_random_is_no_band(kind):
    methods = {name: metric for name, metric in data.EIGHT.items() if name != "random"}
    figure = data.of_methods(kind, methods, 3)
    assert not tagged(figure, "band") and NO_BAND in said(figure)


@over_seeds
def test_one_seed_has_no_interval_and_the_legend_says_so(kind):
    figure = drawn(kind, "one")
    assert not tagged(figure, "interval:") and "mean (one seed: no interval)" in texts(figure)
    figure = data.of_methods(kind, {"snip": "snip", "random": "random"}, 1, ("tpe",))
    assert not tagged(figure, "band") and not tagged(figure, "ci")
    assert not any("95 %" in text or "range" in text for text in texts(figure))
    assert tagged(drawn(kind, "default"), "interval:")
    assert "mean, 95 % interval over seeds" in texts(drawn(kind, "default"))


# --- rank correlation ---------------------------------------------------------------------------------------------


def test_rank_correlation_has_points_means_and_intervals_of_both_scopes():
    figure, table = drawn("rank", "default"), data.rank(data.EIGHT, 3)
    for axes, scope in zip(figure.axes, ("all", "within"), strict=True):
        for method in data.EIGHT:
            values = table.loc[(table["method"] == method) & (table["scope"] == scope), "kendall"].dropna()
            points = tagged(axes, f"seeds:{method}").get(f"seeds:{method}")
            if values.empty:
                assert points is None
                continue
            np.testing.assert_array_equal(points.get_ydata(), values)
            assert tagged(axes, f"mean:{method}")[f"mean:{method}"].get_ydata() == [values.mean()]
            rng = generator(0, "bootstrap", method, f"kendall_{scope}")
            ends = bootstrap_mean(values.to_numpy(), rng, 2000)
            np.testing.assert_array_equal(tagged(axes, f"interval:{method}")[f"interval:{method}"].get_ydata(), ends)
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == list(data.EIGHT)
    assert "no value" in texts(figure)  # few-shot-first, within its leaves


def test_rank_correlation_shades_random_per_scope_and_has_a_zero_line_and_counts():
    figure, table = drawn("rank", "default"), data.rank(data.EIGHT, 3)
    for axes, scope in zip(figure.axes, ("all", "within"), strict=True):
        values = table.loc[(table["method"] == "random") & (table["scope"] == scope), "kendall"]
        box = tagged(axes, "band")["band"].get_bbox()
        assert (box.y0, box.y1) == (values.min(), values.max())
        assert set(tagged(axes, "zero")["zero"].get_ydata()) == {0}
        assert axes.get_ylim()[0] < 0 < axes.get_ylim()[1]
    assert "random: range of the seeds" in texts(figure)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[0].endswith("(16 architectures)") and titles[1].endswith("(13 to 15 architectures)")


def test_rank_correlation_of_nothing_says_so():
    table = data.rank(data.EIGHT, 3)
    for empty in (table[:0], table.assign(kendall=np.nan)):
        shown = texts(rank_correlation_figure(empty, caption="n = 0", metrics=data.EIGHT))
        assert "needs two architectures of different truth" in shown
        assert "needs two architectures of different truth in a leaf" in shown
        assert "random: mean" not in shown
    shown = texts(rank_correlation_figure(table[table["scope"] == "all"], caption="", metrics=data.EIGHT))
    assert "needs two architectures of different truth" not in shown and "snip" in shown
    assert "needs two architectures of different truth in a leaf" in shown


# --- explained variance -------------------------------------------------------------------------------------------


def test_explained_variance_has_points_and_what_chance_explains():
    figure, table = drawn("variance", "default"), data.variance(data.EIGHT, 3)
    for place, method in enumerate(data.EIGHT):
        rows = table[table["method"] == method]
        np.testing.assert_array_equal(tagged(figure, f"seeds:{method}")[f"seeds:{method}"].get_ydata(),
                                      rows["eta_squared"])  # fmt: skip
        dash = tagged(figure, f"expected:{method}")[f"expected:{method}"]
        np.testing.assert_allclose(dash.get_ydata(), rows["expected"].mean())
        assert min(dash.get_xdata()) < place < max(dash.get_xdata())
    assert "split by chance: (leaves - 1) / (n - 1)" in texts(figure)


def test_every_leaf_has_a_box_of_its_quantiles_or_says_that_it_is_empty():
    figure, table = drawn("variance", "default"), data.leaf_truth(data.EIGHT, 3, 16, 84.0)
    first = table[table["seed"] == 0]
    held = first[first["n"] > 0]
    boxes = tagged(figure, "leaf:")
    assert set(boxes) == {f"leaf:{row.method}:{row.leaf}" for row in held.itertuples()}
    for row in held.itertuples():
        ends = boxes[f"leaf:{row.method}:{row.leaf}"].get_path().vertices[:, 1]
        assert (ends.min(), ends.max()) == (row.q25, row.q75)
    assert texts(figure).count("no truth") == (first["n"] == 0).sum() > 0
    panels = {axes.get_title(loc="left"): axes for axes in figure.findobj(lambda a: hasattr(a, "get_xlim"))}
    for method in data.EIGHT:
        labels = [label.get_text() for label in panels[method].get_xticklabels()]
        assert labels == [f"{row.leaf}\n{row.n}" for row in first[first["method"] == method].itertuples()]
        assert len({axes.get_ylim() for axes in map(panels.get, data.EIGHT)}) == 1
        of_tree = held[held["method"] == method]
        overall = tagged(panels[method], "overall:")[f"overall:{method}"].get_ydata()
        np.testing.assert_allclose(overall, (of_tree["n"] * of_tree["mean"]).sum() / of_tree["n"].sum())
    snip = next(box for name, box in boxes.items() if name.startswith("leaf:snip:"))
    assert to_hex(snip.get_edgecolor()).upper() == colour("snip").upper()


def test_a_long_tail_does_not_flatten_the_boxes_and_is_marked():
    figure, table = drawn("variance", "many"), data.leaf_truth(data.LONG, 10, 15625)
    panels = [axes for axes in figure.findobj(lambda a: hasattr(a, "get_xlim")) if axes.get_title(loc="left") == "gm"]
    bottom, top = panels[0].get_ylim()
    assert bottom > table["min"].min() and bottom <= table["mean"].min() and top >= table["max"].max()
    gm = table[(table["method"] == "gm") & (table["seed"] == 0)]
    assert len(tagged(figure, "beyond:gm")["beyond:gm"].get_xdata()) == (gm["min"] < bottom).sum() > 0
    assert "its minimum lies below the axis" in texts(figure)
    assert "its minimum lies below the axis" not in texts(drawn("variance", "default"))


def test_many_leaves_stand_upright_and_two_of_one_leaf_can_be_drawn(monkeypatch):
    monkeypatch.setitem(data.LEAVES, "few-shot", [f"{i}{j}" for i in range(5) for j in range(5)])
    methods = ("few-shot", "random")
    figure = explained_variance_figure(data.variance(methods, 2, 900), data.leaf_truth(methods, 2, 900), caption="")
    assert crossings(figure) == [] and len(tagged(figure, "leaf:few-shot:")) == 25
    monkeypatch.setitem(data.LEAVES, "a", ["root"])
    monkeypatch.setitem(data.LEAVES, "b", ["root"])
    variance, truth = data.variance("ab", 2), data.leaf_truth("ab", 2)
    figure = explained_variance_figure(variance, truth, caption="")
    assert crossings(figure) == [] and set(tagged(figure, "leaf:")) == {"leaf:a:root", "leaf:b:root"}
    low, high = figure.subfigs[0].axes[0].get_ylim()
    assert low < 0 < high < 0.2  # all are 0


def test_the_first_trees_are_named_where_they_differ():
    variance, truth = data.variance(("snip", "random"), 3), data.leaf_truth(("snip", "random"), 3)
    truth = truth[(truth["method"] != "snip") | (truth["seed"] > 0)]
    assert {"snip (seed 1)", "random (seed 0)"} <= set(texts(explained_variance_figure(variance, truth, caption="")))


def test_explained_variance_of_nothing_says_so():
    variance, truth = data.variance(data.EIGHT, 3), data.leaf_truth(data.EIGHT, 3)
    none = truth.assign(n=0, **{column: np.nan for column in truth.columns[4:]})
    for tables in ((variance[:0], truth[:0]), (variance.assign(eta_squared=np.nan), none)):
        shown = texts(explained_variance_figure(*tables, caption="n = 0", metrics=data.EIGHT))
        assert "needs two architectures of different truth" in shown
        assert "no leaf holds an architecture with a truth" in shown


# --- found architectures ------------------------------------------------------------------------------------------


def test_found_has_regret_and_oracle_of_every_method_and_sampler():
    figure, table = drawn("found", "default"), data.found(data.EIGHT, 3, data.SAMPLERS)
    axes, markers = figure.axes[0], set()
    for (method, sampler), rows in table.groupby(["method", "sampler"]):
        name = f"{method}:{sampler}"
        held = rows[rows["regret"].notna()]
        points = tagged(axes, f"seeds:{name}")[f"seeds:{name}"]
        np.testing.assert_array_equal(points.get_ydata(), held["regret"])
        assert points.get_color() == colour(data.EIGHT[method])
        markers.add((sampler, points.get_marker()))
        oracle = tagged(axes, f"oracle:{name}")[f"oracle:{name}"]
        np.testing.assert_allclose(oracle.get_ydata(), (held["optimum"] - held["oracle"]).mean())
        assert oracle.get_markerfacecolor() == "none" and oracle.get_marker() == "D"
        assert oracle.get_ydata()[0] <= held["regret"].mean()
    assert len(markers) == len({marker for _, marker in markers}) == 3
    assert "oracle: best known in the chosen leaf, not a result" in [" ".join(t.split()) for t in texts(figure)]
    assert "Regret: best truth of 15,625 architectures minus that of the found one." in said(figure)
    assert "(200 evaluations)" in figure.get_suptitle()


def test_found_shades_random_under_the_first_sampler():
    figure, table = drawn("found", "default"), data.found(data.EIGHT, 3, data.SAMPLERS)
    values = table.loc[(table["method"] == "random") & (table["sampler"] == "random"), "regret"]
    box = tagged(figure, "band")["band"].get_bbox()
    assert (box.y0, box.y1) == (values.min(), values.max())
    assert "random (random search): mean" in texts(figure)
    reverse = data.found(data.EIGHT, 3, data.SAMPLERS[::-1])
    assert "random (tpe search): mean" in texts(found_figure(reverse, caption="", metrics=data.EIGHT))


def test_found_without_a_truth_says_so():
    table = data.found(data.EIGHT, 3, data.SAMPLERS)
    for empty in (table[:0], table.assign(regret=np.nan)):
        assert "no found architecture has a truth" in texts(found_figure(empty, caption="", metrics=data.EIGHT))
    table.loc[table["method"] == "snip", ["regret", "test_accuracy"]] = np.nan
    figure = found_figure(table.assign(oracle=np.nan), caption="", metrics=data.EIGHT)
    assert texts(figure).count("no value") == 3
    assert not tagged(figure, "oracle:") and not any("oracle" in text for text in texts(figure))


# --- cost ---------------------------------------------------------------------------------------------------------


def test_cost_stacks_the_means_of_every_part():
    figure, table = drawn("cost", "default"), data.cost(data.EIGHT, 3)
    means = table.groupby("method").mean()
    for columns in (
        ["root_epochs", "leaf_epochs"],
        ["root_device_seconds", "scoring_device_seconds", "leaf_device_seconds"],
    ):
        for method in data.EIGHT:
            left = 0.0
            for column in columns:
                bar = tagged(figure, f"{column}:{method}")[f"{column}:{method}"]
                assert (bar.get_x(), bar.get_width()) == pytest.approx((left, means.loc[method, column]))
                left += bar.get_width()
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(data.EIGHT)
    shown = texts(figure)
    assert "60 (8 leaves, 1 shared)" in shown and "40 (1 leaf)" in shown
    assert "root: once a seed, shared by all methods that need it" in joined(figure)
    assert "Each bar as if its method stood alone, without the search (200 evaluations)." in said(figure)
    assert "seconds of the device" in shown and not any(text == "seconds" for text in shown)


def test_cost_names_what_is_missing():
    table = data.cost(data.EIGHT, 3).assign(scoring_device_seconds=np.nan, root_epochs=np.nan, leaf_epochs=np.nan)
    table.loc[table["method"] == "gm", ["root_device_seconds", "leaf_device_seconds"]] = np.nan
    shown = texts(cost_figure(table, caption="", metrics=data.EIGHT))
    assert "no epochs recorded" in shown and "no value" in shown and "31 (no scoring)" in shown
    shown = texts(cost_figure(table[:0], caption="", metrics=data.EIGHT))
    assert {"no epochs recorded", "no seconds of the device recorded"} <= set(shown)


# --- proxies ------------------------------------------------------------------------------------------------------


def test_proxies_has_value_interval_and_published_numbers_in_the_order_of_the_table():
    figure, table = drawn("proxies", "many"), data.correlations()
    axes = figure.axes[0]
    assert [label.get_text().split(" ")[0] for label in axes.get_yticklabels()] == list(table["metric"])
    assert axes.yaxis_inverted()
    for place, row in enumerate(table.itertuples()):
        points = tagged(axes, f"metric:{row.metric}")
        if np.isnan(row.spearman):
            assert not points and tagged(axes, f"count:{place}")[f"count:{place}"].get_text() == "n = 0, no value"
            continue
        point = points[f"metric:{row.metric}"]
        assert (*point.get_xdata(), *point.get_ydata()) == (row.spearman, place)
        assert point.get_color() == colour(row.metric)
        line = tagged(axes, f"interval:{row.metric}")[f"interval:{row.metric}"]
        assert list(line.get_xdata()) == [row.spearman_ci_low, row.spearman_ci_high]
        for source in ("abdelfattah2021", "nasbench_suite_zero"):
            mark = tagged(axes, f"{source}:{row.metric}")
            published = getattr(row, source)
            assert [list(m.get_xdata()) for m in mark.values()] == ([] if np.isnan(published) else [[published]])
    shown = joined(figure)
    assert {"Abdelfattah et al. 2021", "Krishnakumar et al. 2022 (NAS-Bench-Suite-Zero)"} <= set(shown)
    assert {"n = 200, 17 not finite", "ntk (lower is better)", "random: 95 % interval"} <= set(shown)
    assert set(tagged(axes, "zero")["zero"].get_xdata()) == {0}
    assert "Published numbers are of NAS-Bench-201 on CIFAR-10." in said(figure)


def test_proxies_shades_the_interval_of_random():
    table = data.correlations().set_index("metric")
    box = tagged(drawn("proxies", "many"), "band")["band"].get_bbox()
    assert (box.x0, box.x1) == tuple(table.loc["random", ["spearman_ci_low", "spearman_ci_high"]])
    assert not tagged(drawn("proxies", "one"), "band")


def test_proxies_without_values_or_publications():
    table = data.correlations()
    published = ["abdelfattah2021", "nasbench_suite_zero"]
    shown = texts(proxies_figure(table.assign(**dict.fromkeys(published, np.nan)), caption=""))
    assert "Abdelfattah et al. 2021" not in shown
    no_interval = table.assign(spearman_ci_low=np.nan, spearman_ci_high=np.nan)
    figure = proxies_figure(no_interval, caption="")
    assert "this run" in texts(figure) and not tagged(figure, "interval:") and not tagged(figure, "band")
    nothing = table.assign(**dict.fromkeys(["spearman", *published], np.nan))
    for empty in (nothing, nothing[:0], pd.DataFrame(columns=table.columns)):
        assert "no metric has two finite values of different truth" in texts(proxies_figure(empty, caption=""))
