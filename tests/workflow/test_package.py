"""The package: built, unpacked as an installer does, and run without the checkout, with its results and without.

The environment is that of the tests: what the package needs is installed. That a wheel brings it along is for pip.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fsnas.artifacts.lineage import read_lineage
from tests.support import snakemakes
from tests.workflow.conftest import ROOT, copy_checkout

BUILD = "import sys; from setuptools.build_meta import build_wheel; print(build_wheel(sys.argv[1]))"
FIGURE = "results-tiny/figures/figure-1a.png"


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """The unpacked wheel."""
    source = copy_checkout(tmp_path_factory.mktemp("package") / "source")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    (source / "commit.txt").write_text("0123abcd\n")  # as in an archive of the source, which has no history
    wheels = source.parent / "wheels"
    subprocess.run([sys.executable, "-c", BUILD, str(wheels)], cwd=source, check=True, capture_output=True)
    (wheel,) = wheels.glob("fsnas-*.whl")
    shutil.rmtree(source)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(source.parent / "site")
    return source.parent / "site"


@pytest.fixture(scope="module")
def run_folder(package, tiny, tmp_path_factory) -> Path:
    """A folder that ``fsnas init`` of the package made, with the results of a checkout."""
    folder = tmp_path_factory.mktemp("run") / "mine"
    fsnas(package, "init", folder)
    shutil.copytree(tiny[0] / "results-tiny", folder / "results-tiny", symlinks=True)
    return folder


def environment(package):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(package)}


def fsnas(package, *arguments, at="/"):
    command = [sys.executable, "-m", "fsnas", *map(str, arguments)]
    done = subprocess.run(command, cwd=at, env=environment(package), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def snakemake(package, folder, *arguments):
    code, printed = snakemakes.run(folder, ("--configfile", "configs/tiny.yaml", *arguments), environment(package))
    assert code == 0, printed[-6000:]
    return printed


def test_it_says_where_it_is_and_from_which_commit(package, run_folder):
    assert fsnas(package, "--version").endswith("(commit 0123abcd)\n")
    assert f"package {package}/fsnas/workflow" in fsnas(package, "doctor", run_folder)
    assert "tree.json" in fsnas(package, "inspect", run_folder / "results-tiny/seed-0/snip")


def test_results_of_a_checkout_are_those_of_the_package(package, run_folder):
    """Their lineage is the same; a text, which keeps none, is written again, and so is a figure that is gone."""
    planned = snakemake(package, run_folder, "-n", "--quiet", "rules")
    assert {*re.findall(r"^(\w+) +\d+$", planned, re.M)} == {"all", "summary", "total"}, planned
    before = read_lineage(run_folder / FIGURE)
    for file in (run_folder / FIGURE, run_folder / FIGURE.replace("png", "pdf")):
        file.unlink()
    said = snakemake(package, run_folder, "--cores", "1")
    assert read_lineage(run_folder / FIGURE) == before
    assert "3 of 3" in said and "All of it on one page" in said, "the hooks of the module are those of the run"
    assert "Nothing to be done" in snakemake(package, run_folder, "-n")


def test_the_config_of_the_folder_and_presets_over_it_count(package, run_folder):
    """config.yaml has every key; what a preset does not name gives way to what it does, as beside the checkout."""
    (run_folder / "few.yaml").write_text("methods: [snip, random]\noutdir: results-few\nseeds: [0]\n")
    said = snakemake(package, run_folder, "few.yaml", "-n", "--quiet", "rules")
    assert re.search(r"^evaluate +2$", said, re.M), said  # of the methods that tiny.yaml searches those that are left
    with (run_folder / "config.yaml").open("a") as file:
        file.write("seed: 1\n")
    code, said = snakemakes.run(run_folder, ("-n",), environment(package))
    assert code and "seed: unknown key (did you mean 'seeds'?)" in said


def test_a_plan_of_a_run_that_was_measured(package, tiny, tmp_path):
    """All jobs are in it, and the hours are about those that the run took."""
    fsnas(package, "init", tmp_path / "mine")
    arguments = ("--configfile", "configs/tiny.yaml", "--config", "outdir=results-again")
    results = tiny[0] / "results-tiny"
    found = json.loads(
        fsnas(package, "plan", "--json", "--device", "cpu", "--measured", results, *arguments, at=tmp_path / "mine")
    )
    rows = {row["stage"]: row for row in found["stages"]}
    assert rows["supernets"]["jobs"] == 2 and rows["leaves"]["jobs"] == 30 and rows["data"]["jobs"] == 1
    assert found["total"]["jobs"] == sum(row["jobs"] for row in rows.values())
    assert "jobs like these" in rows["supernets"]["known from"]
    taken = [float(file.read_text().split("\n")[1].split("\t")[3]) for file in results.rglob("benchmarks/**/*.tsv")]
    assert 1 / 3 < found["total"]["hours"] * 3600 / sum(taken) < 3
    assert found["total"]["at least"] <= found["total"]["hours"] <= found["total"]["at most"]
