"""The summary of a run: the numbers of the tables in their places, and sentences that follow from them."""

import itertools
import math

import pandas as pd
import pytest

from fsnas.analysis.summary import MANY, summarise

NONE = math.nan


def distances(external, *, seeds=3, internal=0.5):
    """The table of distances: every method's mean of external distances, and the interval around it."""
    columns = ["method", "setting", "level", "mean", "std", "ci_low", "ci_high", "n", "pairs"]
    rows = []
    for method, (mean, reach) in external.items():
        rows.append((method, "internal", "all", internal, 0.1, NONE, NONE, seeds, 9))
        rows.append((method, "internal", "1", 9.0, 9.0, 9.0, 9.0, seeds, 3))
        rows.append((method, "external", "all", mean, 0.1, mean - reach, mean + reach, seeds, 9))
    return pd.DataFrame(rows, columns=columns)


USUAL = {"gm": (0.25, 0.05), "snip": (1.0, 0.3), "synflow": (0.0, 0.0), "random": (1.25, 0.1)}


def between(means=(0.9, 0.3, 1.1), methods=("gm", "snip", "ntk"), comparable=None, reach=0.1):
    """The table of methods, both orders of every pair and the diagonal, which has the smallest and largest value."""
    rows = [(a, a, -1.0 if a == "gm" else 99.0) for a in methods]
    for (a, b), mean in zip(itertools.combinations(methods, 2), means, strict=False):
        rows += [(a, b, mean), (b, a, mean)]
    table = pd.DataFrame(rows, columns=["method_a", "method_b", "mean"])
    table = table.assign(ci_low=table["mean"] - reach, ci_high=table["mean"] + reach)
    ours = methods if comparable is None else comparable
    return table.assign(comparable=table["method_a"].isin(ours) & table["method_b"].isin(ours))


def few_shot(**changed):
    """The table of what leaves are worth; a method without leaves has none of it."""
    table = pd.DataFrame(
        {
            "method": ["gm", "snip", "one-shot", "jacobcov"],
            "kendall_all": [0.4, 0.1, 0.2, NONE],
            "eta_squared": [0.125, NONE, 0.0, NONE],
            "test_accuracy": [96.0, 91.456, 94.0, NONE],
            "regret": [1.5, 6.044, 3.5, NONE],
            "sampler": ["tpe", "tpe", "tpe", NONE],
            "leaf_epochs": [40.0, 40.0, 40.0, NONE],
        }
    ).assign(**changed)
    for column, reach in {"kendall_all": 0.05, "test_accuracy": 1.0}.items():
        table = table.assign(**{f"{column}_ci_low": table[column] - reach, f"{column}_ci_high": table[column] + reach})
    return table


def summary(table=None, pairs=None, leaves=None, **about):
    about = {"caption": "n = 3 seeds (0, 1, 2).", "outdir": "results-x"} | about
    return summarise(
        distances(USUAL) if table is None else table, between() if pairs is None else pairs, leaves, **about
    )


def rows(text):
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.split()[:1] == ["method"])
    return list(itertools.takewhile(lambda line: not line.startswith("  internal, external: "), lines[start:]))


def said(text):
    """The sentences, each on one line."""
    lines = itertools.dropwhile(lambda line: line[:2] != "- ", text.splitlines())
    return "\n".join(itertools.takewhile(bool, lines)).replace("\n  ", " ").splitlines()


def test_every_method_has_its_line_and_what_is_not_known_is_a_dash():
    assert rows(summary(leaves=few_shot())) == [
        "  method     internal   external        tau  explained    found %     regret",
        "  gm             0.50       0.25       0.40       0.12      96.00       1.50",
        "  snip           0.50       1.00       0.10          -      91.46       6.04",
        "  synflow        0.50       0.00          -          -          -          -",
        "  random         0.50       1.25          -          -          -          -",
        "  one-shot          -          -       0.20       0.00      94.00       3.50",
    ]


def test_without_leaves_the_distances_stand_alone():
    assert rows(summary())[:2] == ["  method    internal   external", "  gm            0.50       0.25"]
    assert "Shared weights" not in summary() and "rank-correlation" not in summary()


def test_a_summary_fits_one_screen():
    lines = summary(leaves=few_shot(), truth="Truth: standalone.", versions="fsnas 0.1").splitlines()
    assert len(lines) <= 35 and max(map(len, lines)) <= 100


STEADY = {
    "steadier than chance, or not": (
        USUAL,
        ["- Steadier than chance under another seed: synflow (0.00), gm (0.25); "
         "splits of random scores are 1.25 apart.", "- Not told apart from chance: snip (1.00)."],
    ),
    "nobody is": (
        {"snip": (1.2, 0.3), "random": (1.25, 0.1)},
        ["- No metric is told to be steadier than chance under another seed: splits of random scores are 1.25 apart."],
    ),
    "everybody is": (
        {"snip": (0.2, 0.3), "random": (1.25, 0.1)},
        ["- Steadier than chance under another seed: snip (0.20); splits of random scores are 1.25 apart."],
    ),
    "no random method": (
        {"snip": (1.0, 0.3), "gm": (0.2, 0.1)},
        ["- Most like its own splits under another seed: gm (0.20); least: snip (1.00)."],
    ),
    "one method": ({"snip": (1.0, 0.3)}, ["- Most like its own splits under another seed: snip (1.00)."]),
    "one seed": (
        {"snip": (NONE, NONE), "random": (NONE, NONE)},
        ["- External distances, between the trees of two seeds, need two seeds: seeds: [0, 1]."],
    ),
    "two seeds": (
        {"snip": (0.5, NONE), "random": (1.25, NONE)},
        ["- Two seeds cannot tell whether a metric is steadier than chance; splits of random scores are 1.25 apart."],
    ),
    "many": (
        {f"m{i}": (i / 10, 0.0) for i in range(6)} | {"random": (1.25, 0.1)},
        ["- Steadier than chance under another seed: m0 (0.00), m1 (0.10), m2 (0.20), m3 (0.30) and 2 more; "
         "splits of random scores are 1.25 apart."],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("external", "expected"), STEADY.values(), ids=STEADY)
def test_which_methods_choose_the_same_splits_under_another_seed(external, expected):
    text = summary(distances(external, seeds=MANY), between(means=()))
    assert [line for line in said(text) if line[:2] == "- "] == expected


ALIKE = {
    "three methods": (between(), ["- Most alike: gm and ntk (0.30); least alike: ntk and snip (1.10)."]),
    "random is chance": (
        between((0.9, 0.3, 0.1, 1.1, 0.2, 0.2), ("gm", "snip", "ntk", "random")),
        ["- Most alike: gm and ntk (0.30); least alike: ntk and snip (1.10)."],
    ),
    "a pair": (between((0.4,), ("gm", "snip")), []),
    "no pair": (between((NONE,) * 3), []),
    "apart by construction": (between(comparable={"gm", "snip"}), []),
    "one of four is": (
        between((0.1, 0.2, 9.0, 0.3, 9.0, 9.0), ("a", "b", "c", "few-shot"), {"a", "b", "c"}),
        ["- Most alike: a and b (0.10); least alike: b and c (0.30), too close to call."],
    ),
}


@pytest.mark.parametrize(("pairs", "expected"), ALIKE.values(), ids=ALIKE)
def test_which_methods_split_alike_among_those_with_trees_of_one_form(pairs, expected):
    assert [line for line in said(summary(pairs=pairs)) if "alike" in line] == expected


def test_what_the_leaves_are_worth_in_words():
    found = [line for line in said(summary(leaves=few_shot())) if "weights" in line or "search" in line]
    assert found == [
        "- Shared weights rank architectures with tau 0.40 (gm) to 0.10 (snip) against the truth "
        "(1: same order, 0: chance).",
        "- The search (sampler tpe) found 96.00 (gm) to 91.46 (snip) % test accuracy, 1.50 and 6.04 below the best "
        "that is known.",
    ]


def test_differences_within_their_intervals_are_too_close_to_call():
    close = few_shot(kendall_all=[0.2, 0.11, 0.15, NONE], test_accuracy=[96.0, 95.0, 95.5, NONE])
    text = " ".join(said(summary(leaves=close)))
    assert text.count(", too close to call") == 2
    assert "too close" not in summary(leaves=few_shot()) and "too close" not in summary(leaves=few_shot()[:1])


def test_what_is_not_known_of_the_leaves_is_not_said():
    unknown = few_shot(kendall_all=[NONE] * 4, test_accuracy=[96.0, NONE, NONE, NONE], regret=[NONE] * 4)
    text = " ".join(said(summary(leaves=unknown)))
    assert "Shared weights" not in text and "found 96.00 (gm) % test accuracy. " in text + " "


@pytest.mark.parametrize(("seeds", "expected"), [(1, "1 seed only"), (3, "3 seeds only"), (MANY, "")])
def test_a_small_run_says_what_a_larger_one_would_add(seeds, expected):
    text = summary(distances(USUAL, seeds=seeds))
    assert expected in text and ("configs/paper-cpu.yaml" in text) == bool(expected)


def test_n_settings_truth_and_versions_stand_below_the_words():
    lines = summary(leaves=few_shot(), truth="Truth: standalone.", versions="fsnas 0.1").splitlines()
    at = lines.index("n = 3 seeds (0, 1, 2).")
    assert lines[at - 1 : at + 4] == ["", lines[at], "Truth: standalone.", "Made with fsnas 0.1.", ""]


def test_what_another_config_left_behind_is_named_and_counted():
    others = {"figures/trees/old-seed-0.png": 1, "seed-0/old/": 12} | {f"tables/{i}.csv": 1 for i in range(4)}
    lines = summary(others=others).splitlines()
    at = lines.index("Not of this config: 17 files that another one left in results-x")
    assert lines[at + 1] == "  figures/trees/old-seed-0.png, seed-0/old/, tables/0.csv, tables/1.csv and 2 more"
    assert lines[at + 2] == "  Remove them, or give each config an outdir of its own."
    assert "Not of this config" not in summary()


def test_the_summary_ends_with_where_to_look():
    lines = summary(leaves=few_shot()).splitlines()
    places = lines[lines.index("Where to look") + 1 :]
    assert len(places) == 5 and all(place.startswith("  results-x/") for place in places)
    assert summary().startswith("\n") and summary().endswith("\n")
    assert not any(line != line.rstrip() for line in lines)
