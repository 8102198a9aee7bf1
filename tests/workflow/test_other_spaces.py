"""NAS-Bench-Macro with a truth of its own and a cell with other operations, from the data to the figures."""

import numpy as np
import pandas as pd
import pytest
import yaml

from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.search import read_search
from fsnas.artifacts.splits import read_tree
from fsnas.spaces import count_architectures, load
from tests.workflow.conftest import copy_checkout, snakemake

CONFIG = {
    "outdir": "results-other",
    "seeds": [0],
    "supernet": {"channels": 2, "epochs": 1, "batch_size": 256, "valid_batches": 1},
    "method": {"batch_size": 16, "repetitions": 1, "max_leaves": 2},
    "methods": ["snip", "gm", "random"],
    "leaves": {"methods": ["snip", "random"], "epochs": 1},
    "evaluation": {"batches": 1, "architectures": 40},
    "search": {"samplers": ["random", "evolution"], "evaluations": 8, "population": 4, "tournament": 2},
    "truth": {"source": "csv", "file": "truth.csv"},
    "proxies": {"metrics": ["params", "synflow"], "architectures": 20, "batch_size": 16},
    "distances": {"resamples": 100},
}
SPACES = {
    "nas-bench-macro": {"name": "nas-bench-macro"},
    "cell": {"name": "cell", "nodes": 3, "operations": ["none", "max_pool_3x3", "dil_sepc_3x3", "dua_sepc_3x3"]},
}


@pytest.fixture(scope="module", params=SPACES)
def run(request, tmp_path_factory):
    """The space, a made truth of all its architectures, and the results."""
    space = load(**SPACES[request.param])
    values = np.random.default_rng(0).uniform(10, 95, count_architectures(space.full()))
    truth = dict(zip(space.strings(), values.tolist(), strict=True))
    folder = copy_checkout(tmp_path_factory.mktemp("other") / "run")
    (folder / "other.yaml").write_text(yaml.safe_dump({**CONFIG, "space": SPACES[request.param]}), encoding="utf-8")
    table = pd.DataFrame({"ArchitectureString": truth.keys(), "test_accuracy": truth.values()})
    table.to_csv(folder / "truth.csv", index=False)
    snakemake(folder, "--cores", "2", "--configfile", "other.yaml")
    return space, truth, folder / "results-other"


def test_the_truth_is_as_written(run):
    space, truth, results = run
    found = read_architectures(results / "truth/csv.h5", "truth", space)
    assert dict(zip(found.architectures, found.column("test_accuracy").tolist(), strict=True)) == truth


def test_trees_evaluations_and_searches_are_of_the_space(run):
    space, truth, results = run
    for method in ("snip", "gm", "random"):
        tree = read_tree(results / f"seed-0/{method}/tree.json", space)
        assert len(tree.leaves) == 2 and sum(map(count_architectures, tree.leaves.values())) == len(truth)
    for method in ("snip", "random"):
        evaluated = read_architectures(results / f"seed-0/{method}/evaluation.h5", "evaluation", space)
        assert len(evaluated.architectures) == 40 and np.isfinite(evaluated.column("loss")).all()
        for search in read_search(results / f"seed-0/{method}/search.json", space).searches:
            assert {one.architecture for one in search.evaluations} <= {*truth}


def test_tables_compare_with_the_truth(run):
    space, truth, results = run
    found = pd.read_csv(results / "tables/found_architectures.csv", dtype={"architecture": str})
    for row in found.itertuples():
        assert row.test_accuracy == pytest.approx(truth[row.architecture])
        assert row.regret == pytest.approx(max(truth.values()) - row.test_accuracy)
    variance = pd.read_csv(results / "tables/explained_variance.csv")
    assert variance.eta_squared.between(0, 1).all() and set(variance.n) == {len(truth)}
    assert (results / "figures/trees/gm-seed-0.png").exists() and (results / "figures/explained-variance.png").exists()
