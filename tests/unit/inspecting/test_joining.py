"""fsnas join: parts of a run give what the whole run gives, and what cannot be joined is said."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from fsnas.analysis.distance_tables import split_distance_summary, split_distance_table
from fsnas.analysis.splits import splits_table
from fsnas.artifacts.tables import read_table, write_table
from fsnas.cli import main
from fsnas.inspecting.joining import joined, joined_summary, read_splits
from tests.support.splits import grown_tree


def forest(seeds, factors=(2, 2)):
    trees = itertools.product(("snip", "random"), seeds)
    return [grown_tree(name, seed, factors, np.random.default_rng([seed, len(name)])) for name, seed in trees]


def results(folder, trees):
    write_table(folder / "tables" / "splits.csv", splits_table(trees))
    return folder


@pytest.fixture
def parts(tmp_path):
    """Two results folders with two seeds each, of the same settings."""
    return [results(tmp_path / name, forest(seeds)) for name, seeds in {"first": (0, 1), "second": (2, 3)}.items()]


def test_two_folders_of_one_run_give_the_distances_of_the_whole_run(parts, tmp_path, capsys):
    out = tmp_path / "joined"
    assert main(["join", "--out", str(out), f"full={parts[1]}", f"full={parts[0]}"]) == 0
    whole = split_distance_summary(split_distance_table(forest(range(4))), seed=0)
    found = read_table(out / "split_distance_summary.csv", level=str)
    assert set(found["run"]) == {"full"}
    pd.testing.assert_frame_equal(found.drop(columns="run"), whole)
    splits = read_table(out / "splits.csv", path=str)
    pd.testing.assert_frame_equal(splits.drop(columns="run"), splits_table(forest(range(4))))
    printed = capsys.readouterr().out
    external = whole[(whole["setting"] == "external") & (whole["level"] == "all")].set_index("method").loc["snip"]
    assert f"{external['mean']:.3f} ({external['ci_low']:.2f}, {external['ci_high']:.2f})" in printed


def test_a_joined_table_takes_further_seeds_and_runs(parts, tmp_path):
    first, both = tmp_path / "one", tmp_path / "two"
    other = results(tmp_path / "trained", forest((0, 1, 2)))
    assert main(["join", "--out", str(first), f"full={parts[0]}"]) == 0
    assert main(["join", "--out", str(both), str(first / "splits.csv"), f"full={parts[1]}", str(other)]) == 0
    summary = read_table(both / "split_distance_summary.csv", level=str)
    seeds = summary[(summary["setting"] == "external") & (summary["level"] == "all")].set_index(["run", "method"])["n"]
    assert seeds.to_dict() == {(run, m): n for run, n in {"full": 4, "trained": 3}.items() for m in ("snip", "random")}
    assert json.loads((both / "splits.json").read_text())["settings"]["runs"][2] == str(other)


def test_runs_of_different_spaces_stand_beside_each_other(tmp_path):
    five, three = splits_table(forest((0, 1))), splits_table(forest((0, 1), factors=(2,)))
    three["groups"] = three["groups"].str.replace("none ", "other ")
    summary = joined_summary(joined([five.assign(run="five"), three.assign(run="three")]))
    assert set(summary["run"]) == {"five", "three"} and summary["mean"].notna().all()


def failed(capsys, *arguments):
    assert main(["join", *map(str, arguments)]) == 2
    return capsys.readouterr().err


def test_what_cannot_be_joined_is_one_line_whose_remedies_work(parts, tmp_path, capsys):
    twice = failed(capsys, f"full={parts[0]}", f"full={parts[0]}")
    assert "run 'full' has the tree of method 'snip' and seed 0 twice; expected it once" in twice
    assert main(["join", f"full={parts[0]}"]) == 0 == main(["join", f"a={parts[0]}", f"b={parts[0]}"])
    assert main(["join", "--out", str(tmp_path / "out"), *map(str, parts)]) == 0
    named = tmp_path / "out" / "splits.csv"
    assert "names its runs itself (first, second); give its path alone, without x=" in failed(capsys, f"x={named}")
    assert main(["join", str(named)]) == 0
    wrong = tmp_path / "out" / "split_distance_summary.csv"
    assert "has no column 'metric'; expected a table of splits (tables/splits.csv)" in failed(capsys, wrong)
    assert "no such file" in failed(capsys, tmp_path)


def test_a_table_alone_is_named_by_its_folder_or_its_file(parts):
    assert set(read_splits(None, parts[0])["run"]) == {"first"}
    assert set(read_splits(None, parts[0] / "tables" / "splits.csv")["run"]) == {"splits"}
