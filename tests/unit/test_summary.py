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


@pytest.mark.parametrize("methods", [("snip",), ()], ids=["one method", "no method"])
def test_without_two_methods_there_is_nothing_to_compare(methods):
    distances = DISTANCES[DISTANCES["method"].isin(methods)]
    sizes = SIZES[SIZES["method"].isin(methods)]
    text = summary(distances, between([], methods), sizes)
    assert len(table(text)) == 1 + len(methods)
    assert "Fewer than two methods with splits" in text


def test_the_summary_says_where_to_look():
    lines = summary().splitlines()
    places = [line.split()[0].rstrip(",") for line in lines[lines.index("Where to look") + 1 :] if line]
    assert len(places) == 7 and all(place.startswith("results-x/") for place in places)
    assert lines[0] == "" and summary().endswith("\n")
