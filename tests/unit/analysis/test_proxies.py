import numpy as np
import pandas as pd
import pytest

from fsnas import metrics
from fsnas.analysis.proxies import CORRELATION_COLUMNS, joint_values, proxy_correlations, proxy_values
from fsnas.analysis.published import PUBLISHED
from fsnas.analysis.ranking import kendall, resampled, spearman
from fsnas.analysis.stats import draws, interval
from fsnas.benchmark.table import ArchitectureTable
from fsnas.seeding import generator
from fsnas.spaces import architectures
from tests.reference import ranking as slow
from tests.support.space import SPACE

ALL = [SPACE.architecture_string(architecture) for architecture in architectures(SPACE.full())]
RNG = np.random.default_rng(4)
SOME = [ALL[i] for i in RNG.choice(len(ALL), 40, replace=False)]
TRUTH = dict(zip(SOME, np.round(RNG.uniform(80, 94, 40), 0).tolist(), strict=True))
DIRECTIONS = {"snip": "higher", "ntk": "lower", "random": "none"}


def table(values, names=SOME):
    return ArchitectureTable(tuple(names), {"value": np.asarray(values, dtype=np.float64)}, {})


def values_of(*columns, metric="snip"):
    return proxy_values({(metric, seed): table(column) for seed, column in enumerate(columns)})


def correlations(values, truth=TRUTH, **changed):
    return proxy_correlations(values, truth, **({"directions": DIRECTIONS, "seed": 3, "resamples": 100} | changed))


def related(seed=0):
    rng = np.random.default_rng(seed)
    return np.array([TRUTH[name] for name in SOME]) + rng.normal(0, 3, len(SOME))


def test_values_come_one_a_row_in_the_order_given():
    tables = {("snip", 1): table([1, np.nan], SOME[:2]), ("ntk", 0): table([3], SOME[5:6])}
    values = proxy_values(tables)
    assert list(values.columns) == ["architecture", "metric", "seed", "value"]
    assert values["architecture"].tolist() == [SOME[0], SOME[1], SOME[5]]
    assert values["metric"].tolist() == ["snip", "snip", "ntk"] and values["seed"].tolist() == [1, 1, 0]
    np.testing.assert_array_equal(values["value"], [1, np.nan, 3])
    assert proxy_values({}).empty and correlations(proxy_values({})).columns.tolist() == CORRELATION_COLUMNS


def test_several_metrics_together_are_the_weighted_mean_of_their_ranks():
    """By hand: the rank of a metric of which less is better counts from the other end; what one lacks has no value."""
    columns = {("snip", 0): [3, 1, 1, 9, 5], ("ntk", 0): [10, 20, 30, 40, np.inf], ("snip", 1): [1, 2, 3, 4, 5]}
    columns[("ntk", 1)] = [1, 2, 3, 4, 5]
    values = proxy_values({key: table(column, SOME[:5]) for key, column in columns.items()})
    found = joint_values(values, {"both": {"snip": 1, "ntk": 3}}, DIRECTIONS)
    by_seed = found.pivot(index="seed", columns="architecture", values="value")[SOME[:5]]
    assert {*found["metric"]} == {"both"} and list(found.columns) == list(values.columns)
    expected = [[(3 + 3 * 4) / 4, (1.5 + 3 * 3) / 4, (1.5 + 3 * 2) / 4, (4 + 3 * 1) / 4, np.nan]]
    expected += [[(rank + 3 * (6 - rank)) / 4 for rank in range(1, 6)]]
    np.testing.assert_allclose(by_seed.to_numpy(), expected, rtol=1e-15)
    alone = joint_values(values, {"one": {"ntk": 2}}, DIRECTIONS)
    assert alone[alone["seed"] == 1].sort_values("value")["architecture"].tolist() == SOME[4::-1]
    assert joint_values(values, {}, DIRECTIONS).empty and joint_values(proxy_values({}), {}, {}).empty


def spoilt(column, *places, value=np.nan):
    column[[*places]] = value
    return column


# By seed, the architectures and their values; those with a truth; then n and not_finite.
CASES = {
    "three seeds": ([(SOME, related(0)), (SOME, related(1)), (SOME, related(2))], TRUTH, 40, 0),
    "values that are not finite are left out and counted": (
        [(SOME, spoilt(related(0), 0, 1, 2, value=[np.nan, np.inf, -np.inf])), (SOME, spoilt(related(1), 0))],
        *(TRUTH, 39, 4),
    ),
    "only architectures with a truth count": (
        [(SOME, spoilt(related(), 35))],
        *({name: TRUTH[name] for name in SOME[:30]} | {SOME[30]: np.nan}, 30, 0),
    ),
    "seeds may have other architectures": ([(SOME[:20], related()[:20]), (SOME[10:], related()[10:])], TRUTH, 40, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_correlations_are_means_over_seeds(case):
    columns, truth, n, not_finite = CASES[case]
    tables = {("snip", seed): table(values, names) for seed, (names, values) in enumerate(columns)}
    row = correlations(proxy_values(tables), truth).iloc[0]
    for name, twin in (("kendall", slow.kendall), ("spearman", slow.spearman)):
        found = []
        for names, values in columns:
            pairs = zip(values, (truth.get(one, np.nan) for one in names), strict=True)
            found.append(twin(*zip(*(pair for pair in pairs if np.isfinite(pair).all()), strict=True)))
        assert row[name] == pytest.approx(np.mean(found), abs=1e-12)
        assert row[f"{name}_ci_low"] < row[name] < row[f"{name}_ci_high"]
    said = ["snip", "higher", n, not_finite, len(columns)]
    assert row[["metric", "direction", "n", "not_finite", "seeds"]].tolist() == said


def test_the_interval_of_one_seed_is_the_bootstraps_and_equal_seeds_do_not_narrow_it():
    column = related()
    one, two = (correlations(values_of(*[column] * seeds)).iloc[0] for seeds in (1, 2))
    truth = np.array([TRUTH[name] for name in SOME])
    for name, statistic in (("kendall", kendall), ("spearman", spearman)):
        ends = [f"{name}_ci_low", f"{name}_ci_high"]
        counts = draws(len(truth), generator(3, "bootstrap", "proxies", "snip"), 100)
        assert tuple(one[ends]) == interval(resampled(column, truth, statistic, counts))
        np.testing.assert_allclose(two[ends].astype(float), one[ends].astype(float), atol=1e-12)


def test_two_architectures_have_no_interval():
    row = correlations(values_of(related()), {name: TRUTH[name] for name in SOME[:2]}).iloc[0]
    assert row["n"] == 2 and np.isfinite(row["kendall"]) and np.isnan(row["kendall_ci_low"])


@pytest.mark.parametrize("column", [np.ones(40), np.full(40, np.nan)])
def test_nothing_to_rank_is_a_row_of_nan(column, recwarn):
    row = correlations(values_of(column)).iloc[0]
    names = [f"{name}{end}" for name in ("spearman", "kendall") for end in ("", "_ci_low", "_ci_high")]
    assert row[names].isna().all() and row["not_finite"] == np.isnan(column).sum()
    assert correlations(values_of(column), {}).iloc[0]["n"] == 0
    assert not recwarn.list


def test_the_sign_is_the_metrics_own():
    values = pd.concat([values_of(related()), values_of(-related(), metric="ntk")], ignore_index=True)
    both = correlations(values).set_index("metric")
    assert both.loc["ntk", "spearman"] == pytest.approx(-both.loc["snip", "spearman"], abs=1e-12)
    assert both["direction"].tolist() == ["higher", "lower"]


# Published numbers


def test_published_numbers_stand_beside_ours_with_their_citation():
    values = [values_of(related(), metric=metric) for metric in ("snip", "random")]
    table = correlations(pd.concat(values)).set_index("metric")
    assert table.loc["snip", ["abdelfattah2021", "nasbench_suite_zero"]].tolist() == [0.58, 0.58]
    assert table.loc["snip", "nasbench_suite_zero_citation"] == "Krishnakumar et al. 2022, Figures 2 and 6"
    assert table.loc["random", [c for c in table.columns if c.startswith(tuple(PUBLISHED))]].isna().all()


def test_published_numbers_are_of_metrics_that_exist():
    for source in PUBLISHED.values():
        assert {*source.get("names", {})} <= {*source["spearman"]} <= {*metrics.known()}
        assert all(-1 <= value <= 1 for value in source["spearman"].values())
        assert all(source[name] for name in ("citation", "where", "short", "architectures", "seen"))


def test_the_suites_numbers_are_those_of_the_figure():
    # Figure 2, column NB201-CF10, from the last row to the first; the metrics that fsnas does not have are None.
    rows = {"naswot": 0.77, "flops": 0.69, "jacobcov": 0.75, "zen": None, "params": 0.72, "l2_norm": None}
    rows |= {"synflow": 0.73, "snip": 0.58, "gradnorm": 0.58, "epe_nas": None, "fisher": 0.50, "grasp": 0.51}
    assert PUBLISHED["nasbench_suite_zero"]["spearman"] == {k: v for k, v in rows.items() if v is not None}
