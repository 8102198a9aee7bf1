"""Leaves, search and truth of the tiny run, read back and checked; then selections, warm starts and other truths."""

import itertools
import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from scipy.stats import kendalltau

from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.checkpoint import read_checkpoint, read_leaves
from fsnas.artifacts.dataset import read_dataset
from fsnas.artifacts.search import read_search
from fsnas.artifacts.selection import read_selection
from fsnas.artifacts.splits import read_tree
from fsnas.artifacts.training_cost import read_training_cost
from fsnas.data.batches import comparison_batches
from fsnas.networks.forward import ForwardContext
from fsnas.networks.gates import path_gates
from tests.support.space import OPERATIONS, SPACE
from tests.unit.benchmark.test_nasbench201 import META, official, save
from tests.workflow.conftest import ROOT, snakemake

CONFIG = yaml.safe_load((ROOT / "configs/tiny.yaml").read_text(encoding="utf-8"))
METHODS, SEEDS = CONFIG["leaves"]["methods"], CONFIG["seeds"]
TREES = list(itertools.product(SEEDS, METHODS))


@pytest.fixture(scope="module")
def results(tiny):
    return tiny[0] / "results-tiny"


@pytest.fixture
def copy(tiny, tmp_path):
    """A finished run of one's own."""
    return shutil.copytree(tiny[0], tmp_path / "run")


def rerun(folder, *targets, **changes):
    """Run with these sections of the config laid over the tiny one, and return what was printed."""
    given = [f"{name}={json.dumps(value)}" for name, value in changes.items()]
    return snakemake(folder, *targets, "--cores", "2", "--configfile", "configs/tiny.yaml", "--config", *given)


def jobs_of(printed):
    stats = printed.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", stats, re.M)}


def settled(results, seed):
    """The batches on which architectures of this seed are evaluated."""
    dataset = read_dataset(results / "data/digits.h5")
    return comparison_batches(dataset, batch_size=128, batches=1, seed=seed, device=torch.device("cpu"))


def whole_epochs(leaves):
    """What is spent on so many leaves: as many epochs on each."""
    return CONFIG["leaves"]["total_epochs"] // leaves * leaves


# The tiny run


@pytest.mark.parametrize(("seed", "method"), TREES)
def test_every_leaf_is_trained_on_its_own_space_within_the_budget(results, seed, method):
    folder = results / f"seed-{seed}/{method}"
    tree = read_tree(folder / "tree.json")
    epochs = 0
    for number, space in enumerate(tree.leaves.values()):
        network, content = read_checkpoint(folder / f"leaves/{number}.pt", SPACE)
        np.testing.assert_array_equal(network.sub_space, space)
        cost = read_training_cost(folder / f"leaves/{number}.json")
        assert content["record"]["epoch"] == list(range(1, cost.epochs + 1))
        assert cost.samples == sum(content["record"]["samples"])
        assert cost.seconds > 0 and cost.device_seconds > 0
        assert cost.key == content["key"]
        epochs += cost.epochs
    assert epochs == whole_epochs(len(tree.leaves))


@pytest.mark.parametrize(("seed", "method"), TREES)
def test_every_sampler_has_its_budget_and_its_accuracies_are_those_of_the_leaves(results, seed, method):
    folder = results / f"seed-{seed}/{method}"
    tree, record = read_tree(folder / "tree.json", SPACE), read_search(folder / "search.json", SPACE)
    leaves = read_leaves(sorted(folder.glob("leaves/*.pt")), tree)
    ((images, labels),) = settled(results, seed)
    count = len(CONFIG["search"]["samplers"])
    assert [found.sampler for found in record.searches[:count]] == CONFIG["search"]["samplers"]
    assert [found.sampler for found in record.searches[count:]] == (["gdas"] if method == "snip" else [])
    for found in record.searches[:count]:
        assert len(found.evaluations) == CONFIG["search"]["evaluations"]
        for one in found.evaluations:
            path = SPACE.parse(one.architecture)
            assert tree.leaves[one.leaf][range(6), path].all()
        best = found.evaluations[found.best]
        assert best.accuracy == max(one.accuracy for one in found.evaluations)
        with torch.no_grad():
            logits = leaves[best.leaf][0](
                images, ForwardContext(path_gates(np.array(SPACE.parse(best.architecture)), len(OPERATIONS)))
            )
        assert (logits.argmax(1) == labels).double().mean().item() == pytest.approx(best.accuracy, abs=1e-9)


def test_every_architecture_with_a_truth_is_evaluated_and_ranked(results):
    truth = read_architectures(results / "truth/standalone.h5", "truth")
    (column,) = (name for name in truth.columns if "_test_" in name)
    assert len(truth.architectures) == CONFIG["truth"]["architectures"] and column == (
        "standalone_test_accuracy_1_epochs_seed_0"
    )
    rank = pd.read_csv(results / "tables/rank_correlation.csv")
    assert len(rank) == len(TREES) * 2
    for seed, method in TREES:
        found = read_architectures(results / f"seed-{seed}/{method}/evaluation.h5", "evaluation")
        assert set(found.architectures) == set(truth.architectures)
        values = [truth.column(column)[truth.architectures.index(name)] for name in found.architectures]
        tau = kendalltau(found.column("accuracy"), values).statistic
        row = rank[(rank.method == method) & (rank.seed == seed) & (rank.scope == "all")].iloc[0]
        np.testing.assert_allclose(row.kendall, tau, rtol=1e-12)


def test_what_was_found_was_trained_by_itself(results):
    table = pd.read_csv(results / "tables/found_architectures.csv", dtype={"leaf": str})
    assert len(table) == len(TREES) * 5 + len(SEEDS), "one method is searched with gdas, too"
    for row in table.itertuples():
        trained = read_architectures(results / f"seed-{row.seed}/{row.method}/found.h5", "standalone")
        (column,) = (name for name in trained.columns if "_test_" in name)
        accuracy = trained.column(column)[trained.architectures.index(row.architecture)]
        assert row.test_accuracy == pytest.approx(accuracy, abs=1e-12)
        assert row.regret == pytest.approx(row.optimum - row.test_accuracy) and row.regret >= 0
        assert row.oracle >= row.test_accuracy and 1 <= row.rank <= row.of


def test_the_summary_has_a_row_a_method_and_its_cost(results):
    table = pd.read_csv(results / "tables/few_shot_summary.csv").set_index("method")
    table = table.loc[METHODS]
    assert (table.n == 2).all()
    counts = {method: len(read_tree(results / f"seed-0/{method}/tree.json").leaves) for method in METHODS}
    assert counts == {"snip": 4, "random": 4, "snip-adaptive": 3} and (table.root_epochs == 1).all()
    assert table.leaf_epochs.to_dict() == {method: whole_epochs(leaves) for method, leaves in counts.items()}
    assert "Shared weights rank architectures" in (results / "summary.txt").read_text()


def test_proxies_are_listed_with_their_seed_and_compared_with_published_numbers(results):
    values = pd.read_csv(results / "tables/proxies.csv")
    assert list(values.columns) == ["architecture", "metric", "seed", "value"]
    assert len(values) == 3 * CONFIG["truth"]["architectures"]
    correlations = pd.read_csv(results / "tables/proxy_correlations.csv").set_index("metric")
    assert set(correlations.index) == {"snip", "params", "pair"} and (correlations.n == 6).all()
    assert correlations.abdelfattah2021["snip"] == 0.58 and correlations.nasbench_suite_zero["params"] == 0.72


# Other runs


def test_a_method_with_the_same_leaves_trains_none(copy):
    entries = ["snip", "random", {"again": {"metric": "snip"}}]
    leaves = CONFIG["leaves"] | {"methods": ["snip", "random", "again"]}
    printed = rerun(copy, "results-tiny/tables/training_cost.csv", seeds=[0], methods=entries, leaves=leaves)
    assert jobs_of(printed)["leaf"] == 4, "only those of the new method"
    folder = copy / "results-tiny/seed-0"
    for leaf in range(4):
        assert (folder / f"again/leaves/{leaf}.pt").read_bytes() == (folder / f"snip/leaves/{leaf}.pt").read_bytes()
        cost, own = (read_training_cost(folder / f"{method}/leaves/{leaf}.json") for method in ("again", "snip"))
        assert cost == own, "what its only training took"
    table = pd.read_csv(copy / "results-tiny/tables/training_cost.csv")
    table = table[table["search"] == "sampled"].set_index("method")
    assert list(table.loc["again", ["trainings", "shared"]]) == [0, 4]
    assert table.loc["again", "leaf_epochs"] == table.loc["snip", "leaf_epochs"]


def test_halving_with_the_official_file_as_truth(copy):
    """Leaves 4, 2, 1; the official file knows only some architectures."""
    leaves = {"methods": ["snip"], "selection": "successive_halving", "keep": 1, "total_epochs": 24, "sampled": 4}
    file = save(copy, official()[0])
    column = "cifar10_ori-test_accuracy_200_epochs_mean"
    truth = {"source": "nasbench201", "file": file.name, "mem_mb": 2000, "column": column}
    printed = rerun(copy, seeds=[0], leaves=leaves, truth=truth, proxies={"metrics": []})
    assert "this takes tens of GB of memory" in printed
    jobs = jobs_of(printed)
    assert (jobs["leaf"], jobs["select_leaves"], jobs["rung"]) == (4, 2, 3) and "standalone" not in jobs
    folder = copy / "results-tiny/seed-0/snip"
    first, second = (read_selection(folder / f"leaves/rung-{rung}/selection.json") for rung in (1, 2))
    assert [len(s.ranking) for s in (first, second)] == [4, 2] and [s.keep for s in (first, second)] == [2, 1]
    accuracies = [judged.accuracy for judged in first.ranking]
    assert accuracies == sorted(accuracies, reverse=True)
    last, _ = read_checkpoint(folder / "leaves/rung-2/0.pt", SPACE)
    tree, record = read_tree(folder / "tree.json"), read_search(folder / "search.json")
    np.testing.assert_array_equal(last.sub_space, tree.leaves[second.kept[0].leaf])
    *sampled, learned = record.searches
    assert {one.leaf for found in sampled for one in found.evaluations} == {second.kept[0].leaf}
    assert [one.leaf for one in learned.evaluations] == [*tree.leaves], "no leaf is dropped before"
    for pattern in ("leaves/[0-9].json", "leaves/gdas/[0-9].json"):
        costs = [read_training_cost(path) for path in folder.glob(pattern)]
        assert len(costs) == 4
        later = folder.glob("leaves/rung-*/[0-9].json") if "gdas" not in pattern else ()
        assert sum(cost.epochs for cost in [*costs, *map(read_training_cost, later)]) == 24
    evaluated = read_architectures(folder / "evaluation.h5", "evaluation")
    assert set(evaluated.architectures) == {META[0], META[2], META[3], META[5]}
    held = {SPACE.owner(tree.leaves, SPACE.indices(evaluated.architectures))[0]}
    assert held <= set(tree.leaves)


def test_the_best_two_of_leaves_that_start_from_the_root_with_a_csv_as_truth(copy):
    accuracy = {name: 10 + 80 * (i % 997) / 997 for i, name in enumerate(SPACE.strings())}
    (copy / "truth.csv").write_text("Accuracy,Architecture\n" + "".join(f"{v},{n}\n" for n, v in accuracy.items()))
    leaves = {"methods": ["snip"], "selection": "top_k", "keep": 2, "total_epochs": 4, "sampled": 4}
    truth = {"source": "csv", "file": "truth.csv", "column": "Accuracy", "architecture_column": "Architecture"}
    size = {"batch_size": 128, "batches": 1, "architectures": 40}
    how = CONFIG["method"] | {"init": "root"}
    printed = rerun(copy, seeds=[0], method=how, leaves=leaves, truth=truth, evaluation=size, proxies={"metrics": []})
    jobs = jobs_of(printed)
    assert (jobs["leaf"], jobs["select_leaves"], jobs["rung"]) == (4, 1, 2) and "found" not in jobs
    folder = copy / "results-tiny/seed-0/snip"
    kept = read_selection(folder / "leaves/rung-1/selection.json").kept
    for rank, judged in enumerate(kept):
        before, after = (
            read_checkpoint(folder / f"leaves/{name}.pt", SPACE)[0].state_dict()
            for name in (judged.number, f"rung-1/{rank}")
        )
        assert all(torch.equal(before[name], after[name]) for name in before), "selected, not trained further"
    row = pd.read_csv(copy / "results-tiny/tables/found_architectures.csv", dtype={"leaf": str}).iloc[0]
    assert row.test_accuracy == pytest.approx(accuracy[row.architecture]) and row.of == 15_625
    assert row["rank"] == 1 + sum(value > accuracy[row.architecture] for value in accuracy.values())
    rank = pd.read_csv(copy / "results-tiny/tables/rank_correlation.csv")
    assert (rank[rank.scope == "all"].n == 40).all() and (rank.truth == "Accuracy").all()


def test_no_leaves_and_no_proxies_end_the_run_at_the_trees(tiny):
    printed = snakemake(
        *(tiny[0], "-n", "--forceall", "--configfile", "configs/tiny.yaml"),
        *("--config", 'leaves={"methods": []}', 'proxies={"metrics": []}'),
    )
    assert not {"leaf", "differentiate", "trajectories_figure", "search", "truth", "comparison", "proxies"} & set(
        jobs_of(printed)
    )


def test_results_are_not_shown_under_a_truth_whose_file_is_missing(tiny):
    """Snakemake alone would draw the finished tables again, with another truth in their captions."""
    truth = '{"source": "nasbench201", "file": "gone.pth", "column": "cifar10_ori-test_accuracy_200_epochs_mean"}'
    command = ("-n", "--configfile", "configs/tiny.yaml", "--config", f"truth={truth}")
    assert "truth.file: there is no file 'gone.pth'" in snakemake(tiny[0], *command, expect=1)
