"""The recipes of CONTRIBUTING.md: in a copy of the checkout one new file is added, and the config can use it."""

import json
import re
import subprocess
import sys

import pytest

from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.dataset import read_dataset
from fsnas.artifacts.lineage import read_lineage
from tests.support.space import SPACE
from tests.support.toy import recipe
from tests.workflow.conftest import copy_checkout, snakemake

DATA, SAMPLER, ALGORITHM, TRUTH = (
    *("fsnas/data/sources/noise.py", "fsnas/search/samplers/genetic.py"),
    *("fsnas/search/algorithms/sigmoid.py", "fsnas/benchmark/sources/mapping.py"),
)
ACCURACIES = {SPACE.architecture_string((0, 0, 0, 0, 0, last)): 10.0 * last for last in range(1, 5)}
CONFIG = {
    "data": "{name: noise, source: noise, crop_padding: 0}",
    "search": "{samplers: [random, genetic], evaluations: 8, population: 4, swapping: 1, "
    "algorithms: {sigmoid: {learning_rate: 0.01, methods: [snip]}}}",
    "truth": "{source: mapping, file: truth.yaml, column: test_accuracy}",
}
GIVEN = ["--configfile", "configs/tiny.yaml", "--config", *(f"{key}={value}" for key, value in CONFIG.items())]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = copy_checkout(tmp_path_factory.mktemp("recipes"))
    (folder / "truth.yaml").write_text(json.dumps(ACCURACIES), encoding="utf-8")
    for file in (DATA, SAMPLER, ALGORITHM, TRUTH):
        (folder / file).write_text(recipe(file, "CONTRIBUTING.md"), encoding="utf-8")
    return folder


USES = """
from fsnas.data.making import make_dataset
given = {"folder": None, "download": False, "split": "balanced", "split_file": None, "image_size": None}
dataset = make_dataset("mine", "noise", seed=0, **given)
assert dataset.images.shape == (2400, 1, 8, 8) and len(dataset.splits["test"]) == 400
from fsnas.search.search import search
from fsnas.spaces import load
space = load("nas-bench-201")
found = search(space, {"root": space.full()}, lambda leaf, architecture: (1.0, sum(architecture) / 24),
               sampler="genetic", evaluations=30, seed=0, population=5)
assert found.sampler == "genetic" and len(found.evaluations) == 30
import torch
from fsnas.search import algorithms
gates = algorithms.load("sigmoid")(learning_rate=0.01).draw(torch.tensor([[0.0, -torch.inf]]), None, 0.0)
assert gates.tolist() == [[0.5, 0.0]]
from fsnas.benchmark import sources
architectures, columns = sources.load("mapping")("truth.yaml", sha256=None)
assert len(architectures) == 4 and list(columns["test_accuracy"]) == [10, 20, 30, 40]
"""


def test_the_library_uses_new_files(copy):
    done = subprocess.run([sys.executable, "-c", USES], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_config_uses_new_files_and_results_are_made_from_those_of_the_config_only(copy):
    data, truth = "results-tiny/data/noise.h5", "results-tiny/truth/mapping.h5"
    snakemake(copy, "--cores", "1", *GIVEN, "--", data, truth)
    assert read_dataset(copy / data).images.shape == (2400, 1, 8, 8)
    assert read_architectures(copy / truth, "truth").architectures == tuple(ACCURACIES)
    for made, folder, files in ((data, "fsnas/data/sources/", [DATA]), (truth, "fsnas/benchmark/sources/", [TRUTH])):
        code = [line.split()[0] for line in read_lineage(copy / made).code]
        assert [name for name in code if name.startswith(folder) and "__init__" not in name] == files
    planned = snakemake(copy, "-n", *GIVEN)
    assert "Search the leaves of snip" in planned and "Prepare the data set" not in planned
    assert "Search leaf 3 of snip with sigmoid" in planned and "Search leaf 3 of random with" not in planned


@pytest.mark.parametrize(
    "wrong",
    [
        {
            "data={source: nois}": r"data\.source: found 'nois', allowed are .*noise \(did you mean 'noise'\?\)",
            "search={samplers: [genetik]}": r"search\.samplers\.0: found 'genetik', .*\(did you mean 'genetic'\?\)",
        },
        {"data={source: noise, image_size: 16}": r"data\.image_size: found 16, but only data\.source 'imagefolder'"},
        {"search={samplers: [genetic], swapping: 2}": r"search\.swapping: found 2, expected at most 1 \(genetic"},
        {"truth={source: mapping, file: truth.yaml}": r"truth\.column: found null, .*'mapping' has no usual column"},
    ],
    ids=["names", "an option", "a bound", "no column"],
)
def test_what_does_not_fit_a_new_file_is_refused_before_anything_runs(wrong, copy):
    said = snakemake(copy, "-n", "--configfile", "configs/tiny.yaml", "--config", *wrong, expect=1)
    assert all(re.search(message, said) for message in wrong.values()), said
