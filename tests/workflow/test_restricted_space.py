"""NAS-Bench-201 without the operation none, with a truth of all 15,625 architectures, from the data to the figures."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.checkpoint import read_checkpoint
from fsnas.artifacts.search import read_search
from fsnas.artifacts.splits import read_tree
from fsnas.errors import ArtifactError
from fsnas.spaces import count_architectures
from tests.support.space import OPERATIONS, SPACE
from tests.workflow.conftest import copy_checkout, snakemake

KEPT = [name for name in OPERATIONS if name != "none"]
SMALL = SPACE.with_operations(KEPT)
CONFIG = {
    "outdir": "results-four",
    "seeds": [0],
    "space": {"operations": KEPT[::-1]},  # in any order
    "supernet": {"channels": 2, "epochs": 1, "batch_size": 256, "valid_batches": 1},
    "method": {"batch_size": 16, "max_leaves": 4},
    "methods": ["gm", "random"],
    "leaves": {"methods": "all", "epochs": 1, "selection": "top_k", "keep": 2, "sampled": 4},
    "evaluation": {"batches": 1, "architectures": 200},
    "search": {"samplers": ["random", "evolution"], "evaluations": 12, "population": 4, "tournament": 2},
    "truth": {"source": "json", "file": "truth.json"},
    "proxies": {"metrics": ["params", "synflow"], "architectures": 30, "batch_size": 16},
    "distances": {"resamples": 100},
}


@pytest.fixture(scope="module")
def truth():
    return dict(zip(SPACE.strings(), np.random.default_rng(0).uniform(10, 95, 15_625).tolist(), strict=True))


@pytest.fixture(scope="module")
def results(tmp_path_factory, truth):
    folder = copy_checkout(tmp_path_factory.mktemp("four") / "run")
    (folder / "four.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    snakemake(folder, "--cores", "2", "--configfile", "four.yaml")
    return folder / "results-four"


def test_the_truth_is_that_of_the_space(results, truth):
    found = read_architectures(results / "truth/json.h5", "truth", SMALL)
    assert len(found.architectures) == 4**6 and not any("none" in name for name in found.architectures)
    assert found.column("test_accuracy").tolist() == [truth[name] for name in found.architectures]


@pytest.mark.parametrize("method", ["gm", "random"])
def test_trees_leaves_and_searches_are_of_the_space(method, results):
    folder = results / f"seed-0/{method}"
    tree = read_tree(folder / "tree.json", SMALL)
    assert len(tree.leaves) == 4 and sum(map(count_architectures, tree.leaves.values())) == 4**6
    assert all({*sum(split.groups, ())} == {*KEPT} for split in tree.splits)
    leaf, _ = read_checkpoint(folder / "leaves/0.pt", SMALL)
    np.testing.assert_array_equal(leaf.sub_space, next(iter(tree.leaves.values())))
    for search in read_search(folder / "search.json", SMALL).searches:
        assert not any("none" in one.architecture for one in search.evaluations)
    with pytest.raises(ArtifactError, match="another search space"):
        read_tree(folder / "tree.json", SPACE)


def test_tables_compare_with_the_truth_of_the_space(results, truth):
    inside = [truth[name] for name in SMALL.strings()]
    variance = pd.read_csv(results / "tables/explained_variance.csv")
    assert set(variance.n) == {4**6} and variance.eta_squared.between(0, 0.02).all(), "the truth is noise"
    found = pd.read_csv(results / "tables/found_architectures.csv")
    assert set(found["of"]) == {4**6} and found.optimum.to_numpy() == pytest.approx(max(inside))
    assert [truth[name] for name in found.architecture] == pytest.approx(found.test_accuracy.tolist())
    leaves = pd.read_csv(results / "tables/leaf_truth.csv", dtype={"leaf": str})
    assert leaves.groupby("method").n.sum().to_dict() == {"gm": 4**6, "random": 4**6}
    assert set(pd.read_csv(results / "tables/proxies.csv").groupby("metric").size()) == {30}
