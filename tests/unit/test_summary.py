"""The summary of a run: the numbers of the tables, in their places."""

import itertools
import math

import pandas as pd
import pytest

from fsnas.summary import summarise

COLUMNS = ["method", "setting", "level", "mean", "std", "ci_low", "ci_high", "n", "pairs"]
DISTANCES = pd.DataFrame(
    [
        ("snip", "internal", "all", 0.5, 0.104, 0.4, 0.6, 3, 9),
        ("snip", "internal", "1", 9.0, 9.0, 9.0, 9.0, 3, 3),
        ("snip", "external", "all", 0.75, math.nan, math.nan, math.nan, 2, 9),
        ("snip", "external", "0", 9.0, 9.0, 9.0, 9.0, 3, 3),
        ("random", "internal", "all", 1.24444, 0.02, 1.2, 1.3, 3, 9),
        ("random", "external", "all", 1.0, 0.0, 1.0, 1.0, 3, 27),
    ],
    columns=COLUMNS,
)
SIZES = pd.DataFrame(
    [
        ("snip", "1|4", 3, 0, 2, 1),
        ("snip", "2|3", 4, 2, 1, 0),
        ("random", "2|3", 7, 1, 0, 0),
        ("one-split", "1|1|1|1|1", 1, 0, 1, 0),
    ],
    columns=["method", "sizes", "count", "ties", "edge_ties", "degenerate"],
)


def between(means, methods=("snip", "random", "gm")):
    """The table of methods, both orders of every pair and the diagonal, which has the smallest and largest value."""
    rows = [(a, a, -1.0 if a == "gm" else 99.0) for a in methods]
    for (a, b), mean in zip(itertools.combinations(methods, 2), means, strict=False):
        rows += [(a, b, mean), (b, a, mean)]
    return pd.DataFrame(rows, columns=["method_a", "method_b", "mean"])


def summary(distances=DISTANCES, methods=None, sizes=SIZES):
    methods = between([0.9, 0.3, 1.1]) if methods is None else methods
    return summarise(distances, methods, sizes, caption="n = 3 seeds (0, 1, 2).", outdir="results-x")


def table(text):
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.split()[:1] == ["method"])
    return lines[start:][: lines[start:].index("")]


def test_every_method_has_its_line():
    """The level is `all` everywhere; a spread that is not known is left out, and so is a distance without pairs."""
    assert table(summary()) == [
        "  method          internal       external  splits  ties  edge ties  degenerate  sizes",
        "  snip       0.500 +- 0.10          0.750       7     2          3           1  1|4: 3, 2|3: 4",
        "  random     1.244 +- 0.02  1.000 +- 0.00       7     1          0           0  2|3: 7",
        "  one-split              -              -       1     0          1           0  1|1|1|1|1: 1",
    ]


def test_the_columns_stay_in_place_without_external_pairs_and_under_a_long_name():
    long = "a-rather-long-name-of-a-method"
    sizes = pd.concat([SIZES, SIZES[:1].assign(method=long)])
    lines = table(summary(DISTANCES[DISTANCES["setting"] == "internal"], sizes=sizes))
    ends = [
        lines[0].index(word) + len(word)
        for word in ("internal", "external", "splits", "ties", "edge ties", "degenerate")
    ]
    cells = [[line[:end].split()[-1] for end in ends] for line in lines[1:]]
    assert cells == [
        ["0.10", "-", "7", "2", "3", "1"],
        ["0.02", "-", "7", "1", "0", "0"],
        ["-", "-", "1", "0", "1", "0"],
        ["-", "-", "3", "0", "2", "1"],
    ]
    assert lines[-1].startswith(f"  {long}  ")


ALIKE = {
    "three methods": ([0.9, 0.3, 1.1], ["Most alike:  snip and gm (0.300)", "Least alike: random and gm (1.100)"]),
    "a tie": (
        [0.5, 0.9, 0.5],
        ["Most alike:  random and gm; snip and random (0.500)", "Least alike: snip and gm (0.900)"],
    ),
    "no pair": ([math.nan] * 3, ["Fewer than two methods with splits: no pair of methods to compare."]),
    "one pair": ([math.nan, 0.4, math.nan], ["snip and gm: 0.400 apart"]),
}


@pytest.mark.parametrize(("means", "expected"), ALIKE.values(), ids=ALIKE)
def test_the_methods_that_split_most_and_least_alike(means, expected):
    lines = summary(methods=between(means)).splitlines()
    end = lines.index("n = 3 seeds (0, 1, 2).") - 1
    assert lines[end - len(expected) : end] == expected and lines[end - len(expected) - 1] == ""


LEFT_OUT = {
    "another number of groups": (
        {"snip", "random"},
        ["snip and random: 0.900 apart", "  Left out: 2 pairs with other numbers of groups, or one a operation"],
    ),
    "a group per operation": (
        set(),
        [
            "No two methods split into the same numbers of groups: no pair of methods to compare.",
            "  Left out: 3 pairs with other numbers of groups, or one a operation",
        ],
    ),
}


@pytest.mark.parametrize(("comparable", "expected"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_pairs_that_are_apart_by_construction_are_left_out(comparable, expected):
    table = between([0.9, 0.3, 1.1])
    pairs = zip(table["method_a"], table["method_b"], strict=True)
    lines = summary(methods=table.assign(comparable=[{a, b} <= comparable for a, b in pairs])).splitlines()
    end = lines.index("n = 3 seeds (0, 1, 2).") - 1
    assert lines[end - len(expected) : end] == expected


@pytest.mark.parametrize("methods", [("snip",), ()], ids=["one method", "no method"])
def test_without_two_methods_there_is_nothing_to_compare(methods):
    distances = DISTANCES[DISTANCES["method"].isin(methods)]
    sizes = SIZES[SIZES["method"].isin(methods)]
    text = summary(distances, between([], methods), sizes)
    assert len(table(text)) == 1 + len(methods)
    assert "Fewer than two methods with splits" in text


def test_what_another_config_left_behind_is_named_and_counted():
    others = {"figures/trees/old-seed-0.png": 1, "seed-0/old/": 12} | {f"tables/{i}.csv": 1 for i in range(9)}
    methods = between([0.9, 0.3, 1.1])
    text = summarise(DISTANCES, methods, SIZES, caption="n = 3.", outdir="results-x", others=others)
    lines = text.splitlines()
    at = next(
        i for i, line in enumerate(lines) if line == "Not of this config: 22 files that another one left in results-x"
    )
    assert lines[at + 1].startswith("  figures/trees/old-seed-0.png, seed-0/old/, tables/0.csv, ")
    assert lines[at + 1].endswith(" and 3 more")
    assert lines[at + 2] == "  Remove them, or give each config an outdir of its own."
    assert "Not of this config" not in summary()


def test_the_summary_says_where_to_look():
    lines = summary().splitlines()
    places = [line.split()[0].rstrip(",") for line in lines[lines.index("Where to look") + 1 :] if line]
    assert len(places) == 7 and all(place.startswith("results-x/") for place in places)
    assert lines[0] == "" and summary().endswith("\n")


# What the leaves are worth

FEW_SHOT_COLUMNS = [
    *("method", "kendall_all", "kendall_within", "eta_squared", "expected", "test_accuracy", "regret", "oracle"),
    *("sampler", "root_epochs", "leaf_epochs", "device_seconds"),
]
FEW_SHOT = pd.DataFrame(
    [
        ("snip", 0.51249, -0.25, 1.0, 0.4667, 91.456, 0.0, 94.37, "tpe", 20.0, 44.5, 1234.6),
        ("none", 0.5, *[math.nan] * 6, "tpe", 0.0, 8.0, 3.2),
        ("gm", 0.6, 0.4, 0.125, 0.4667, 100.0, 2.913, 94.0, "tpe", 20.0, 48.0, math.nan),
        ("jacobcov-and-no-leaves", *[math.nan] * 11),
    ],
    columns=FEW_SHOT_COLUMNS,
)
TRUTH = "The truth is the standalone accuracy of 16 architectures."


def with_leaves(few_shot=FEW_SHOT, **options):
    methods = between([0.9, 0.3, 1.1])
    about = {"caption": "n = 3 seeds (0, 1, 2).", "outdir": "results-x", "truth": TRUTH} | options
    return summarise(DISTANCES, methods, SIZES, few_shot, **about)


def few_shot_lines(text):
    """The lines from the sentence on what the leaves are worth to the truth."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("What the leaves are worth"))
    return lines[start : lines.index(TRUTH)]


def test_every_method_with_leaves_has_its_line_in_the_order_of_the_table():
    """What is not known is a dash; a method whose leaves were not trained has no line."""
    assert few_shot_lines(with_leaves())[3:-1] == [
        "  method     tau all  tau within   explained   by chance     found %      regret    oracle %  epochs  seconds",
        "  snip         0.512      -0.250       1.000       0.467       91.46        0.00       94.37      64     1235",
        "  none         0.500           -           -           -           -           -           -       8        3",
        "  gm           0.600       0.400       0.125       0.467      100.00        2.91       94.00      68        -",
    ]


def test_a_line_says_what_the_numbers_are_and_where_their_intervals_are():
    assert few_shot_lines(with_leaves())[:3] == [
        "What the leaves are worth: rank correlation of shared weights with the truth, what the tree explains of it,",
        "and what the search (tpe) found; mean over seeds, intervals are in tables/few_shot_summary.csv",
        "",
    ]


def test_the_seconds_are_said_to_be_those_of_the_device():
    lines = with_leaves().splitlines()
    assert lines[lines.index(TRUTH) + 1].startswith("Seconds are those of processors, all threads together, or those")


def test_the_few_shot_columns_are_as_wide_as_the_longest_method_needs():
    name = "gm-equal-with-halving"
    lines = few_shot_lines(with_leaves(FEW_SHOT[:3].replace({"method": {"gm": name}})))[3:-1]
    assert lines[-1].startswith(f"  {name}       0.600")
    assert {len(line) for line in lines} == {2 + len(name) + 7 * (2 + 10) + 2 + len("epochs") + 2 + len("seconds")}
    assert not any(line != line.rstrip() for line in with_leaves().splitlines())


def test_the_leaves_come_between_the_distances_and_the_caption():
    lines = with_leaves().splitlines()
    order = ["Least alike: random and gm (1.100)", few_shot_lines(with_leaves())[0], TRUTH, "n = 3 seeds (0, 1, 2)."]
    places = [lines.index(line) for line in [*order, "Where to look"]]
    assert places == sorted(places)
    assert lines[places[0] + 1] == lines[places[2] - 1] == lines[places[3] + 1] == ""


def test_with_leaves_the_summary_says_where_their_figures_are():
    before, after = summary().splitlines(), with_leaves().splitlines()
    more = [line for line in after[after.index("Where to look") :] if line not in before]
    assert more == [
        "  results-x/figures/rank-correlation.png           do the leaves rank architectures as the truth does?",
        "  results-x/figures/explained-variance.png         what is in a split",
        "  results-x/figures/found.png, cost.png            what the searches found, and what it took",
    ]
    places = [line.split()[0].rstrip(",") for line in after[after.index("Where to look") + 1 :] if line]
    assert len(places) == 10 and all(place.startswith("results-x/") for place in places)


def test_without_leaves_nothing_of_them_is_shown():
    text = with_leaves(None)
    assert text == summary() and TRUTH not in text and "leaves" not in text
    assert not any(name in text for name in ("rank-correlation", "explained-variance", "found.png", "cost.png"))
