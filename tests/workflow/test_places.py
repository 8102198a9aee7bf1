"""Where the workflow runs: away from its checkout, in a read-only one, and as a part of another workflow."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, copy_checkout, snakemake
from workflow_scripts._snakemake import IN_TURN

RULES = [*(ROOT / "rules").glob("*.smk")]
DATA = "results-tiny/data/digits.h5"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pläces") / "a checkout"
    folder.mkdir()
    return copy_checkout(folder)


def test_a_run_in_a_folder_of_its_own_leaves_the_checkout_alone(checkout, tmp_path):
    """By -s and by --directory, and through a link: the same run."""
    run = tmp_path / "ä run"
    run.mkdir()
    (tmp_path / "link").symlink_to(checkout)
    preset = ("--configfile", str(checkout / "configs/tiny.yaml"))
    before = {path for path in checkout.rglob("*") if "__pycache__" not in path.parts}
    snakemake(run, DATA, "--snakefile", str(checkout / "Snakefile"), "--cores", "1", *preset)
    assert (run / DATA).is_file() and (run / "results-tiny/benchmarks/data.tsv").is_file()
    again = snakemake(checkout, DATA, "-n", "--directory", str(run), "--configfile", "configs/tiny.yaml")
    assert "Nothing to be done" in again
    (run / "config.yaml").write_text("data: {name: own}\n")
    linked = snakemake(run, "results-tiny/data/own.h5", "-n", "-s", "../link/Snakefile", *preset)
    assert "Prepare the data set own" in linked
    assert {path for path in checkout.rglob("*") if "__pycache__" not in path.parts} == before


IMPORTING = """
module fsnas:
    snakefile: "{checkout}/Snakefile"
    config: config["few shot"]
    prefix: "below"

use rule * from fsnas as fsnas_*

use rule standalone from fsnas as fsnas_standalone with:
    threads: 1

rule mine:
    default_target: True
    input: "below/results-tiny/truth/standalone.h5"
    output: "mine.txt"
    shell: "wc -c < {{input}} > {{output}}"
"""
CONFIG = """
time: 1:30                        # of another part
few shot:
  outdir: results-tiny
  methods: [snip, one-shot: {policy: none}]
  supernet: {channels: 2, batch_size: 128}
  truth: {architectures: 1, epochs: 1}
"""


def test_another_workflow_imports_this_one(checkout, tmp_path):
    (tmp_path / "Snakefile").write_text(IMPORTING.format(checkout=checkout), encoding="utf-8")
    (tmp_path / "config.yaml").write_text(CONFIG)
    config = ("--configfile", "config.yaml")
    snakemake(tmp_path, "--cores", "1", *config)
    results = tmp_path / "below/results-tiny"
    assert int((tmp_path / "mine.txt").read_text()) == (results / "truth/standalone.h5").stat().st_size
    assert (results / "benchmarks/truth/0.tsv").is_file() and not (tmp_path / "results-tiny").exists()
    shutil.rmtree(tmp_path / ".snakemake")  # the records are restored from what the files say
    planned = snakemake(tmp_path, "fsnas_all", "-n", *config)
    assert "fsnas_leaf " in planned and "below/results-tiny/seed-2/one-shot/leaves/0.pt" in planned
    assert not re.search(r"^fsnas_(data|standalone|truth) +\d", planned, re.M), planned[-3000:]


def test_a_read_only_checkout_says_where_to_run_instead(checkout, tmp_path):
    script = f"""
        mount --bind '{checkout}' '{checkout}' && mount -o remount,bind,ro '{checkout}' || exit 77
        cd '{checkout}' && "$@"
    """
    sealed = ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, "-m", "snakemake"]

    def run(*arguments: str) -> tuple[int, str]:
        command = [*sealed, *arguments, "-n", DATA, "--configfile", "configs/tiny.yaml"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        return done.returncode, done.stdout

    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare")
    code, said = run()
    if code == 77 or "unshare failed" in said:
        pytest.skip("only root can mount")
    assert code == 1 and "Traceback" not in said
    assert f"in {checkout}/.snakemake, but cannot write there (Read-only file system)" in said
    place = f"--snakefile '{checkout}/Snakefile' --directory "
    assert f"snakemake {place}FOLDER" in said
    code, said = run(*shlex.split(f"{place}{tmp_path}"))
    assert code == 0 and "Prepare the data set digits" in said


def test_a_run_ends_at_all_trees_and_not_at_the_first_level(checkout):
    few = ("--configfile", "configs/tiny.yaml", "--config", "methods=[params]", "seeds=[0]", "leaves={methods: []}")
    run = ("--cores", "1", *few, "proxies={metrics: []}", "outdir=results-until")
    rules = re.findall(r"^(?:use rule \w+ as|rule) (\w+)", "".join(map(Path.read_text, RULES)), re.M)
    assert {*IN_TURN, *set().union(*IN_TURN.values())} <= {*rules}
    said = snakemake(checkout, "--until", "splits", *run, expect=1)
    remedy = "--until splits: a job of this rule waits for others of it, .* take --until tree, which needs them all"
    assert re.search(remedy, said) and "Traceback" not in said
    assert not (checkout / "results-until").exists()
    snakemake(checkout, "--until", "tree", *run)
    assert (checkout / "results-until/seed-0/params/tree.json").exists()
    assert not (checkout / "results-until/tables").exists()
