"""The notebook that reads a finished run, on the tiny one."""

from tests.support.config import ROOT
from tests.support.notebooks import run


def test_the_notebook_reads_a_finished_run(tiny):
    texts, _ = run(ROOT / "notebooks/results.ipynb", FSNAS_RESULTS=str(tiny[0] / "results-tiny"))
    overall, ranks, trees = texts[1], texts[3], texts[4]
    assert "snip-adaptive" in overall and "ci_low" in overall
    assert "nor_conv_3x3" in ranks and "root" in trees
    assert "perturbation" in texts[-1]
