"""The script behind the tables of docs/results: all edges of a root, cut under every seed."""

import runpy
from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from fsnas.analysis.split_distance import split_distance
from fsnas.analysis.splits import partition_of
from fsnas.errors import FsnasError
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.node import cut_node
from tests.support.damage import made
from tests.support.space import EDGES, SPACE

SCRIPTS = Path(__file__).resolve().parents[2] / "docs/results"
SCRIPT = runpy.run_path(str(SCRIPTS / "root_cuts.py"))
SEEDS = (0, 2, 10)


def written(results, method):
    """A folder of results with the root's scores of one method, drawn by the seed."""
    for seed in SEEDS:
        drawn = np.random.default_rng(seed).random((6, 5, 5))
        affinity = drawn + drawn.transpose(0, 2, 1)
        folder = results / f"seed-{seed}" / method / "level-0"
        folder.mkdir(parents=True)
        made("scores", folder, {"root": NodeScores(SPACE, SPACE.full(), None, affinity, ())})
    return results


@pytest.fixture
def results(tmp_path):
    return written(tmp_path, "mine")


def test_all_edges_of_all_seeds_and_the_distance_between_seeds_on_one(results, tmp_path, capsys):
    file = tmp_path / "cuts.csv"
    SCRIPT["main"]([str(results), "mine", "--csv", str(file)])
    cuts = pd.read_csv(file)
    assert [*cuts["seed"].unique()] == [*SEEDS] and set(cuts["edge"]) == {*EDGES} and len(cuts) == 18
    told = cuts[["seed", "edge", "groups"]].itertuples(index=False)
    groups = {(seed, edge): partition_of(of) for seed, edge, of in told}
    for (seed, edge), found in groups.items():
        drawn = np.random.default_rng(seed).random((6, 5, 5))
        node = NodeScores(SPACE, SPACE.full(), None, drawn + drawn.transpose(0, 2, 1), ())
        split = cut_node(node, 2).split(EDGES.index(edge), 1)
        assert split_distance(found, split.groups) == 0
    pairs = [split_distance(groups[a, e], groups[b, e]) for e in EDGES for a, b in combinations(SEEDS, 2)]
    times = cuts["groups"].value_counts().iloc[0]
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("| mine | 3 | ") and f" | {times} of 18 | {np.mean(pairs):.2f} (" in line


def test_a_method_that_is_not_there_is_named(results):
    with pytest.raises(FsnasError, match="has no seed-\\*/yours/level-0/scores.h5"):
        SCRIPT["main"]([str(results), "yours"])


def test_a_seed_without_a_cut_on_an_edge_is_named(results):
    cuts = SCRIPT["root_cuts"](results, "mine")
    with pytest.raises(FsnasError, match="mine: a seed has no cut on some edge"):
        SCRIPT["same_edge"](cuts.iloc[1:])


def test_a_curve_has_every_cut_of_every_run(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    main = runpy.run_path(str(SCRIPTS / "training_curve.py"))["main"]
    for metric in ("gradnorm", "snip", "jacobcov", "ntk"):
        for suffix in ("", "-identity"):
            written(tmp_path / "run", metric + suffix)
    written(tmp_path / "run", "synflow")
    figure, file = tmp_path / "curve.png", tmp_path / "cuts.csv"
    main([str(figure), f"0={tmp_path / 'run'}", f"10={tmp_path / 'run'}", "--csv", str(file)])
    cuts = pd.read_csv(file)
    assert [*cuts["epochs"].unique()] == [0, 10] and len(cuts) == 2 * 9 * 18
    assert plt.imread(figure).shape[:2] == (462, 1045)
