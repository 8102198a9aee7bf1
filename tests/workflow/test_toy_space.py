"""The search space that docs/spaces.md builds, from the data to the figures, and what an edit of it reruns."""

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.lineage import read_lineage
from fsnas.artifacts.search import read_search
from fsnas.artifacts.splits import read_tree
from fsnas.spaces import count_architectures
from tests.support.config import ROOT
from tests.support.toy import CONFIG, FILES, recipe, write_toy
from tests.workflow.conftest import copy_checkout, snakemake
from tests.workflow.test_reruns import edit, planned

GIVEN = ("--configfile", "configs/tiny.yaml", CONFIG)
COMMAND = ("--cores", "2", *GIVEN)
STRINGS = [f"{a}-{b}" for a in ("skip", "pool", "conv") for b in ("skip", "pool", "conv")]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What docs/spaces.md says, typed as it stands there; tests must not change it."""
    folder = copy_checkout(tmp_path_factory.mktemp("toy") / "run")
    write_toy(folder)
    (folder / CONFIG).write_text(recipe(CONFIG), encoding="utf-8")
    assert f"    snakemake {' '.join(COMMAND)}\n" in (ROOT / "docs/spaces.md").read_text(encoding="utf-8")
    snakemake(folder, *COMMAND)
    return folder


def test_the_two_files_have_forty_lines():
    assert sum(bool(line.strip()) for file in FILES for line in recipe(file).splitlines()) <= 40


@pytest.fixture
def results(run):
    return run / "results-toy"


def test_trees_hold_all_architectures_once(results):
    for method in ("snip", "random"):
        for seed in (0, 1):
            tree = read_tree(results / f"seed-{seed}/{method}/tree.json")
            assert tree.space.described() == {
                "name": "toy",
                "edges": ["first", "second"],
                "operations": ["skip", "pool", "conv"],
            }
            assert len(tree.leaves) == 4 and sum(map(count_architectures, tree.leaves.values())) == 9


def test_the_truth_is_of_all_architectures_and_the_rest_is_compared_with_it(results):
    truth = read_architectures(results / "truth/standalone.h5", "truth")
    assert sorted(truth.architectures) == sorted(STRINGS)
    assert (truth.column("standalone_test_accuracy_1_epochs_seed_0") > 0).all()
    evaluated = read_architectures(results / "seed-1/random/evaluation.h5", "evaluation")
    assert {*evaluated.architectures} == {*STRINGS} and np.isfinite(evaluated.column("loss")).all()
    for search in read_search(results / "seed-0/snip/search.json").searches:
        assert {one.architecture for one in search.evaluations} <= {*STRINGS}
    ranks = pd.read_csv(results / "tables/rank_correlation.csv")
    assert set(ranks[ranks.scope == "all"].n) == {9}


def test_params_of_the_proxies_are_those_of_the_size(results):
    params = read_architectures(results / "proxies/params-seed-0.h5", "proxy")
    convs = np.array([name.count("conv") for name in params.architectures])
    np.testing.assert_array_equal(params.column("value"), 9 * 3 + 9 * 9 * convs + 4 * 10)


def test_captions_name_the_size(results):
    assert "Data: digits. toy, C = 3, 1 epoch." in (results / "summary.txt").read_text()


SHOWN = {
    "seed-0/supernet.pt": "architectures +9",
    "seed-0/snip/leaves/0.pt": "(first|second): (skip|pool|conv)",
    "seed-0/random/level-0/scores.h5": "skip +pool",
    "seed-0/snip/level-1/scores.h5": "conv",
    "seed-0/snip/level-1/splits.json": "first|second",
    "seed-0/snip/tree.json": "leaves +4",
    "seed-0/snip/search.json": "(skip|pool|conv)-(skip|pool|conv)",
    "seed-0/snip/found.h5": "(skip|pool|conv)-(skip|pool|conv)",
    "truth/standalone.h5": "skip-skip|pool-conv",
    "proxies/snip-seed-0.h5": "architectures +9",
}


def test_inspect_needs_no_folder_of_spaces(results, tmp_path):
    """Another process, which knows of no such folder."""
    program = (
        "import sys; from fsnas.cli import main\nfor file in sys.argv[1:]: print(main(['inspect', file]), end='|')"
    )
    command = [sys.executable, "-c", program, *(str(results / file) for file in SHOWN)]
    environment = {**os.environ, "PYTHONPATH": str(results.parent)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    for (file, shown), printed in zip(SHOWN.items(), done.stdout.split("0|")[:-1], strict=True):
        assert re.search(shown, printed), (file, printed)


# Reruns

BUILT = [
    "seed-0/supernet.pt",
    "seed-0/random/level-0/scores.h5",
    "seed-0/snip/leaves/0.pt",
    "seed-0/snip/evaluation.h5",
]
BUILT += ["seed-0/snip/search.json", "seed-0/snip/found.h5", "truth/standalone/0.h5", "proxies/snip-seed-0.h5"]
READ = [
    "seed-0/random/level-0/splits.json",
    "seed-0/random/tree.json",
    "truth/standalone.h5",
    "tables/found_architectures.csv",
]


@pytest.mark.parametrize(
    ("files", "code"),
    [(BUILT, {"_toy_network.py", "toy.py"}), (READ, {"toy.py"}), (["data/digits.h5", "tables/splits.csv"], set())],
    ids=["what builds a network", "what reads the space", "what knows only names"],
)
def test_every_file_is_made_from_the_code_that_it_uses(files, code, results):
    for file in files:
        path = results / file
        lineage = read_lineage(path.with_suffix(".json") if path.suffix in (".pt", ".csv") else path)
        assert {line.split()[0].rpartition("/")[2] for line in lineage.code if "toy" in line} == code, file


EDITS = {
    "the space": (FILES[0], "channels: int", "channels: int = 4"),
    "its network": (FILES[1], "F.avg_pool2d(x", "F.max_pool2d(x"),
}


def test_an_edit_reruns_everything_but_the_data(run, tmp_path):
    without_results = shutil.ignore_patterns("results-toy")
    everything = planned(shutil.copytree(run, tmp_path / "all", ignore=without_results), GIVEN).jobs
    copy = shutil.copytree(run, tmp_path / "run")
    assert planned(copy, GIVEN).jobs == set()
    for name, change in EDITS.items():
        edit(*change)(copy)
        assert planned(copy, GIVEN).jobs == everything - {"data"}, name
        edit(change[0], change[2], change[1])(copy)
