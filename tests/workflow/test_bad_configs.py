"""What a user sees of a bad config: one message with the key, no traceback, and no job."""

import itertools

import pytest

from fsnas.spaces import architectures
from tests.support.space import SPACE
from tests.workflow.conftest import copy_checkout, snakemake

BAD = {  # one of every place that finds something wrong, and the values that are hardest to print
    "infinity, a huge number, and invisible characters": (
        f'metrics: {{grasp: {{temperature: .inf}}}}\nseeds: [{10**400}]\noutdir: "results\\u202e"',
        ["metrics.grasp.temperature: found inf", "seeds.0: found a number of", "outdir: found"],
    ),
    "an empty list, and names that leave their folders or are wildcards": (
        'methods: []\ndata: {name: "../../elsewhere"}\noutdir: "results-{seed}"',
        ["methods: found []", "data.name: found '../../elsewhere'", "outdir: found 'results-{seed}'"],
    ),
    "a key twice": ("seeds: [0]\nseeds: [1]", ["seeds stands in line 1, too"]),
    "no folder of metrics": ("metric_paths: [nowhere]", ["metric_paths"]),
    "a truth in fractions": (
        "truth: {source: csv, file: truth.csv, architecture_column: A}",
        ["column 'test_acc' holds values from 0.1 to 0.94, expected test accuracies in percent"],
    ),
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    folder = copy_checkout(tmp_path_factory.mktemp("checkout"))
    names = map(SPACE.architecture_string, itertools.islice(architectures(SPACE.full()), 2))
    (folder / "truth.csv").write_text(
        "A,test_acc\n" + "".join(f"{a},{v}\n" for a, v in zip(names, (0.94, 0.1), strict=True))
    )
    return folder


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_a_bad_config_is_one_message_and_no_job(text, expected, checkout):
    (checkout / "bad.yaml").write_text(text + "\n", encoding="utf-8")
    printed = snakemake(checkout, "--cores", "1", "--configfile", "bad.yaml", expect=1)
    assert [each for each in expected if each not in printed] == [] and "Traceback" not in printed, printed
    assert not list(checkout.glob("results*"))
