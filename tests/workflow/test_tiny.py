"""The tiny workflow runs for real; every artifact is read back and checked."""

import itertools
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

import fsnas
from fsnas.analysis.split_distance import split_distance
from fsnas.artifacts.lineage import read_lineage
from fsnas.artifacts.scores import read_scores
from fsnas.artifacts.search import read_search
from fsnas.artifacts.splits import read_splits, read_tree
from fsnas.artifacts.training_cost import read_training_cost
from fsnas.artifacts.trajectory import read_trajectory
from fsnas.search.trajectory import as_array
from fsnas.spaces import count_architectures
from fsnas.splitting.affinities import score_affinity
from tests.support.space import EDGES, SPACE
from tests.workflow import test_reruns as reruns
from tests.workflow.conftest import ROOT, snakemake

METHODS, SEEDS, LEVELS = ["snip", "random"], [0, 1], [0, 1]
PAIR = {"snip": 2, "params": 1}  # two metrics as one
TREES = list(itertools.product(SEEDS, [*METHODS, "pair"]))
ALL_TREES = [*TREES, *itertools.product(SEEDS, ["snip-adaptive", "snip-tuned"])]


@pytest.fixture(scope="module")
def results(tiny):
    return tiny[0] / "results-tiny"


def test_the_terminal_says_what_was_found_and_where_to_look(tiny, results):
    folder, printed = tiny
    assert (results / "summary.txt").read_text() in printed
    assert "Where to look" in printed and "results-tiny/figures/figure-1b.png" in printed
    assert "Not of this config" not in printed and "This run made no summary" not in printed
    assert "Made with fsnas" in printed and "(commit unknown)" in printed, "a copy without git"
    assert "With 2 or 3 seeds an interval is only a range." in " ".join(printed.split())
    assert "epoch 1/1" not in printed, "short jobs leave the terminal to the progress of the run"
    assert "epoch 1/1  loss" in (results / "logs/seed-0/supernet.log").read_text()
    assert [path.name for path in (results / ".state").iterdir()] == ["kept"], "no state of a training is left"


def test_paths_that_the_summary_names_exist(tiny):
    folder, printed = tiny
    named = [
        word.strip(",")
        for line in printed.partition("Where to look")[2].partition("All of it on one page")[0].splitlines()
        for word in line.split()
        if word.startswith("results-tiny/")
    ]
    assert named
    for name in named:
        assert list(folder.glob(name.replace("METHOD", "snip"))), name


@pytest.mark.parametrize(
    ("metric", "file"),
    [*((method, f"{method}/level-{{}}/scores.h5") for method in METHODS)]
    + [(metric, f"pair/level-{{}}/scores-{metric}.h5") for metric in PAIR],
)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", LEVELS)
def test_scores_are_complete_and_give_their_affinity(results, seed, metric, file, level):
    nodes, attributes = read_scores(results / f"seed-{seed}" / file.format(level))
    assert len(nodes) == 2**level
    assert attributes["metric"] == metric and attributes["seed"] == seed and attributes["level"] == level
    for node in nodes.values():
        split = node.sub_space.all(axis=1)
        assert split.sum() == len(EDGES) - level
        assert np.isfinite(node.scores[:, split]).all() and np.isnan(node.scores[:, ~split]).all()
        for edge in np.flatnonzero(split):
            np.testing.assert_array_equal(node.affinity[edge], score_affinity(node.scores[:, edge]))


@pytest.mark.parametrize(("seed", "method"), TREES)
def test_trees_hold_the_splits_of_their_levels_and_all_architectures(results, seed, method):
    folder = results / f"seed-{seed}/{method}"
    tree = read_tree(folder / "tree.json")
    levels = [split for level in LEVELS for split in read_splits(folder / f"level-{level}/splits.json").splits]
    assert list(tree.splits) == levels
    assert len(tree.splits) == 3 and len(tree.leaves) == 4
    assert sum(map(count_architectures, tree.leaves.values())) == 5**6


@pytest.mark.parametrize(("seed", "method"), ALL_TREES)
def test_the_library_alone_grows_the_same_tree(results, seed, method):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    network, _ = fsnas.read_checkpoint(results / f"seed-{seed}/supernet.pt", SPACE)
    data = fsnas.read_dataset(results / "data/digits.h5")
    metric, joined = (PAIR, {"combine": "rank"}) if method == "pair" else (method.partition("-")[0], {})
    policy = method.partition("-")[2] or "constant"
    leaves = 3 if policy == "adaptive" else 4
    of = {"seed": seed, "batch_size": 16, "repetitions": 2, **joined}
    found = fsnas.grow(network, data, metric, policy, max_leaves=leaves, **of)
    torch.set_num_threads(threads)
    tree = fsnas.read_tree(results / f"seed-{seed}/{method}/tree.json")
    assert found.splits == tree.splits and found.leaves.keys() == tree.leaves.keys() and found.tuning == tree.tuning


def test_distances_are_those_of_the_trees(results):
    table = pd.read_csv(results / "tables/split_distance.csv", dtype={"path_a": str, "path_b": str})
    trees = {(m, s): read_tree(results / f"seed-{s}/{m}/tree.json") for s, m in ALL_TREES}
    groups = {(m, s, split.path): split.groups for (m, s), tree in trees.items() for split in tree.splits}
    of = {tree: len(found.splits) for tree, found in trees.items()}
    internal = table[table.setting == "internal"].groupby(["method", "seed_a"]).size()
    assert internal.to_dict() == {tree: n * (n - 1) // 2 for tree, n in of.items() if n > 1}
    external = table[table.setting == "external"].groupby("method").size()
    assert external.to_dict() == {method: of[method, 0] * of[method, 1] for method, _ in of}
    for row in table.itertuples():
        a, b = groups[row.method, row.seed_a, row.path_a], groups[row.method, row.seed_b, row.path_b]
        assert row.distance == pytest.approx(split_distance(a, b), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_adaptive_tree_has_its_leaves_and_empty_rounds_are_files(results, seed):
    folder = results / f"seed-{seed}/snip-adaptive"
    tree = read_tree(folder / "tree.json")
    rounds = [read_splits(folder / f"level-{level}/splits.json") for level in LEVELS]
    assert len(tree.leaves) == 3 == rounds[0].leaves and [*tree.splits] == [s for one in rounds for s in one.splits]
    nodes = [[*read_scores(folder / f"level-{level}/scores.h5")[0]] for level in LEVELS]
    assert nodes == [["root"], [*rounds[0].splits[0].children] if rounds[1].splits else []]
    assert sum(map(count_architectures, tree.leaves.values())) == 5**6


@pytest.mark.parametrize("seed", SEEDS)
def test_candidates_share_what_they_scored_and_the_clearest_becomes_the_tree(results, seed):
    folder = results / f"seed-{seed}/snip-tuned"
    tree = read_tree(folder / "tree.json")
    assert [*tree.tuning.clearness] == ["2-2", "4"] and tree.tuning.ties == 1
    files = sorted(folder.glob(f"candidates/{tree.tuning.taken}/level-*/splits.json"))
    assert [*tree.splits] == [split for file in files for split in read_splits(file).splits]
    keys = [read_scores(folder / f"candidates/{name}/level-0/scores.h5")[1]["key"] for name in ("2-2", "4")]
    assert keys[0] == keys[1]
    assert "taken over" in (results / f"logs/seed-{seed}/snip-tuned/candidates/4/scores-0.log").read_text()


@pytest.mark.parametrize("seed", SEEDS)
def test_leaves_searched_by_gradients_have_weights_and_trajectories_of_their_own(results, seed):
    folder, gdas = results / f"seed-{seed}/snip", results / f"seed-{seed}/snip/leaves/gdas"
    tree, record = read_tree(folder / "tree.json"), read_search(folder / "search.json")
    assert [one.sampler for one in record.searches] == ["random", "evolution", "tpe", "reinforce", "local", "gdas"]
    found = record.searches[-1].evaluations
    assert [one.leaf for one in found] == [*tree.leaves] == [one.leaf for one in record.trajectories]
    for number, (evaluation, one) in enumerate(zip(found, record.trajectories, strict=True)):
        trajectory = read_trajectory(gdas / f"{number}.trajectory.json")
        assert (one.search, one.epochs) == ("gdas", trajectory.epochs) and len(one.epochs) == 1
        assert evaluation.architecture == trajectory.architecture
        space = tree.leaves[one.leaf]
        assert all(space[edge, choice] for edge, choice in enumerate(SPACE.parse(trajectory.architecture)))
        for rows in (one.epochs[0].parameters, one.epochs[0].shares):
            np.testing.assert_array_equal(np.isnan(as_array(rows)), ~space)
        np.testing.assert_allclose(np.nansum(as_array(one.epochs[0].shares), axis=1), 1)
        learned, content = fsnas.read_checkpoint(gdas / f"{number}.pt", SPACE)
        sampled, _ = fsnas.read_checkpoint(folder / f"leaves/{number}.pt", SPACE)
        assert content["key"] == trajectory.key == read_training_cost(gdas / f"{number}.json").key
        assert any(not torch.equal(a, b) for a, b in zip(learned.parameters(), sampled.parameters(), strict=True))
    assert read_search(results / f"seed-{seed}/random/search.json").trajectories == ()
    cost = pd.read_csv(results / "tables/training_cost.csv").query(f"method == 'snip' and seed == {seed}")
    assert list(cost["search"]) == ["sampled", "gdas"] and list(cost["leaf_epochs"]) == [4, 4]
    assert list(cost["leaf_samples"] / cost["leaf_samples"].iloc[0]) == [1, 2], "a step goes over both parts"
    table = pd.read_csv(results / "tables/found_architectures.csv", dtype={"leaf": str})
    (row,) = table.query(f"method == 'snip' and seed == {seed} and sampler == 'gdas'").itertuples()
    best = found[record.searches[-1].best]
    assert (row.evaluations, row.leaf, row.architecture) == (4, best.leaf, best.architecture)


def test_a_leaf_is_searched_by_gradients_without_its_sampled_training(tiny, tmp_path):
    folder = shutil.copytree(tiny[0], tmp_path / "run")
    leaves = folder / "results-tiny/seed-0/snip/leaves"
    before = (leaves / "gdas/1.pt").read_bytes()
    for file in (*leaves.glob("*.*"), *leaves.glob("gdas/1.*")):
        file.unlink()
    shutil.rmtree(folder / "results-tiny/.state")
    target = "results-tiny/seed-0/snip/leaves/gdas/1.trajectory.json"
    run = snakemake(folder, target, "--cores", "1", "--configfile", "configs/tiny.yaml")
    assert re.findall(r"^\[.* done, .*\] (.+)$", run, re.M) == ["Search leaf 1 of snip with gdas, seed 0"]
    assert (leaves / "gdas/1.pt").read_bytes() == before


def example(page, file):
    """The text of a file that a page shows."""
    code = (
        (ROOT / page).read_text(encoding="utf-8").partition(f"`{file}`:\n\n")[2].partition("\nand name the folder")[0]
    )
    return "\n".join(line[4:] for line in code.splitlines()) + "\n"


def test_a_metric_in_one_new_file_runs_only_its_own_steps(tiny, tmp_path):
    """What docs/methods.md says, to the letter: ten lines in a folder of one's own, two names in the config."""
    folder = shutil.copytree(tiny[0], tmp_path / "run")
    (folder / "my_metrics").mkdir()
    (folder / "my_metrics/gradient_sum.py").write_text(example("docs/methods.md", "my_metrics/gradient_sum.py"))
    named = ["metric_paths=[my_metrics]", "methods=[snip,random,gradient_sum]"]
    trees = folder / "results-tiny/figures/trees"
    shutil.copy(trees / "snip-seed-0.png", trees / "gone-seed-0.png")
    run = snakemake(folder, "--cores", "2", "--configfile", "configs/tiny.yaml", "--config", *named)
    jobs = {reruns.named(message) for message in re.findall(r"^\[.* done, .*\] (.+)$", run, re.M)}
    mine = "gradient_sum"
    expected = reruns.scores(mine) | reruns.trees(mine) | reruns.drawn(mine) | reruns.FEW_SHOT | reruns.ROOTS
    expected |= reruns.LEARNING
    assert jobs == expected | reruns.PROXIES, "a method of two metrics went, which was compared as a proxy, too"
    assert re.search(r"Not of this config: \d+ files that another one left in results-tiny", run)
    assert "  figures/trees/gone-seed-0.png" in run
    assert set(pd.read_csv(folder / "results-tiny/tables/splits.csv").method) == {"snip", "random", "gradient_sum"}
    nodes, attributes = read_scores(folder / "results-tiny/seed-1/gradient_sum/level-0/scores.h5")
    assert np.isfinite(nodes["root"].scores).all() and any("gradient_sum.py" in line for line in attributes["code"])


def test_a_policy_in_one_new_file_runs_only_its_own_steps(tiny, tmp_path):
    """What docs/methods.md says, to the letter; then an edit of the file, and of its option."""
    folder = shutil.copytree(tiny[0], tmp_path / "run")
    file = folder / "my_policies/cheapest.py"
    file.parent.mkdir()
    file.write_text(example("docs/methods.md", "my_policies/cheapest.py"))

    def plan(*more):
        method = "snip-cheapest: {metric: snip, policy: cheapest" + "".join(f", {one}" for one in more) + "}"
        named = ["policy_paths=[my_policies]", f"methods=[snip,random,{{{method}}}]"]
        return "--configfile", "configs/tiny.yaml", "--config", *named

    mine = "snip-cheapest"
    expected = reruns.scores(mine, levels=range(3)) | reruns.trees(mine, levels=range(3)) | reruns.drawn(mine)
    assert (
        reruns.planned(folder, plan()).jobs
        == expected | reruns.FEW_SHOT | reruns.LEARNING | reruns.ROOTS | reruns.PROXIES
    )
    tree = f"results-tiny/seed-0/{mine}/tree.json"
    snakemake(folder, tree, "--cores", "2", *plan())
    found = read_tree(folder / tree)
    assert (
        len(found.leaves) == 4
        and "taken over" in (folder / f"results-tiny/logs/seed-0/{mine}/scores-0.log").read_text()
    )
    lines = read_lineage(folder / tree).code
    assert [line for line in lines if "cheapest.py" in line]
    file.write_text(file.read_text().replace("min(found", "max(found"))
    later = reruns.scores(mine, levels=(1, 2), seeds=(0,)) | reruns.trees(mine, levels=range(3), seeds=(0,))
    assert later <= reruns.planned(folder, plan()).jobs and "scores snip-cheapest 0 0" not in later
    assert "splits snip-cheapest 0 4" in reruns.planned(folder, plan("splits: 5")).jobs


def test_a_method_on_fresh_networks_trains_nothing_and_takes_its_edges_by_level(tiny, tmp_path):
    """Every key that no method of the tiny preset has."""
    folder = shutil.copytree(tiny[0], tmp_path / "run")
    network, _ = fsnas.read_checkpoint(folder / "results-tiny/seed-0/supernet.pt", SPACE)
    (folder / "results-tiny/seed-0/supernet.pt").unlink()
    of = {"weights": "initial", "initialisation": "fan_out", "batch_norm": "identity", "perturbation": "isolate"}
    cut = {"objective": "sum", "balance": "equal", "average": "scores", "edge": ["3<-0", "1<-0"]}
    keys = ", ".join(f"{key}: {value}" for key, value in (of | cut).items()).replace("'", '"')
    tree = "results-tiny/seed-0/fresh/tree.json"
    named = f"methods=[snip,random,{{fresh: {{metric: lid, {keys}}}}}]"
    run = snakemake(folder, tree, "--cores", "2", "--configfile", "configs/tiny.yaml", "--config", named)
    assert "Train the supernet" not in run
    found = read_tree(folder / tree)
    assert [split.edge for split in found.splits] == ["3<-0", "1<-0", "1<-0"]
    assert all(sorted(map(len, split.groups)) == [2, 3] for split in found.splits)
    _, attributes = read_scores(folder / "results-tiny/seed-0/fresh/level-0/scores.h5")
    assert attributes["weights"] == "initial" and attributes["batch_norm"] == "identity"
    data = fsnas.read_dataset(folder / "results-tiny/data/digits.h5")
    alone = fsnas.grow(network, data, "lid", max_leaves=4, batch_size=16, repetitions=2, **of, **cut)
    assert alone.splits == found.splits
