"""Kills, full disks and two runs at once. The long versions are scripts in benchmarks/faults; docs/reliability.md."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.faults.full_disk import arguments, full, small_disk
from benchmarks.faults.kills import killed_run, members, start
from tests.support.waiting import until
from tests.workflow.conftest import copy_checkout, snakemake
from tests.workflow.test_reruns import TINY, config


def test_a_run_on_another_number_of_cores_that_was_killed_three_times_ends_the_same(tiny, tmp_path):
    counts = killed_run(tmp_path, tiny[0], random.Random(2), kills=3, longest=9, cores=1)
    assert counts["runs that end the same as one never killed"] == 1
    assert sum(counts.values()) - counts["unlocked"] == 4, "three kills, and the end"


def trained_long(folder: Path) -> Path:
    """A checkout whose root and leaves are trained for long enough to be killed in the middle."""
    config(supernet={"epochs": 8, "channels": 4}, leaves={"epochs": 8, "total_epochs": None})(copy_checkout(folder))
    return folder


def watched(run: subprocess.Popen, folder: Path, found: Callable[[], object]) -> None:
    """Wait until something is found while a run lives."""

    def there() -> object:
        assert run.poll() is None, (folder / "printed.txt").read_text()[-3000:]
        return found()

    until(there, seconds=300)


def killed_at(folder: Path, log: str, line: str, *targets: str) -> None:
    """Run until a line stands in a log, then kill everything at once."""
    run = start(folder, *targets)
    watched(run, folder, lambda: (folder / log).exists() and line in (folder / log).read_text())
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    until(lambda: not members(run.pid))
    snakemake(folder, "--unlock", *TINY)


@pytest.mark.long
def test_killed_trainings_go_on_from_their_last_epoch(tmp_path):
    """Root and leaf: bit-identical to those of a run never killed, and at most one epoch is done again."""
    whole, killed = trained_long(tmp_path / "whole"), trained_long(tmp_path / "killed")
    root, leaf = "results-tiny/seed-0/supernet.pt", "results-tiny/seed-0/snip/leaves/0.pt"
    snakemake(whole, leaf, "--cores", "1", *TINY)
    for target, log in ((root, "seed-0/supernet.log"), (leaf, "seed-0/snip/leaves/0.log")):
        killed_at(killed, f"results-tiny/logs/{log}", "epoch 4/8", target)
        assert not (killed / target).exists()
        snakemake(killed, target, "--cores", "1", *TINY)
        lines = (killed / f"results-tiny/logs/{log}").read_text()
        assert "epoch 8/8" in lines and "epoch 3/8" not in lines, lines
        assert (killed / target).read_bytes() == (whole / target).read_bytes()
    assert [path.name for path in (killed / "results-tiny/.state").iterdir()] == ["kept"], "no state is left"


def can_mount(folder: Path) -> bool:
    try:
        with small_disk(folder):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


TARGETS = ["data/digits.h5", "seed-0/supernet.pt", "seed-0/snip/level-1/scores.h5", "seed-0/snip/search.json"]
TARGETS += ["tables/splits.csv", "figures/figure-1a.png"]


@pytest.mark.parametrize("target", TARGETS)
def test_a_full_disk_ends_a_step_clearly_and_loses_nothing(target, tiny, tmp_path):
    if not can_mount(tmp_path / "try"):
        pytest.skip("only root can mount a small disk")
    folder = copy_checkout(tmp_path / "run")
    with small_disk(tmp_path / "disk") as disk:
        results = shutil.copytree(tiny[0] / "results-tiny", disk / "results-tiny")
        before = {path: path.read_bytes() for path in results.rglob("*.h5")}
        (results / target).unlink()
        before.pop(results / target, None)
        with full(disk):
            said = snakemake(folder, *arguments(disk, target), expect=1)
        assert f"No space left on device: '{results.as_posix()}" in said and "free some space and run again" in said
        assert not (results / target).exists()
        assert all(path.read_bytes() == content for path, content in before.items())
        snakemake(folder, *arguments(disk, target))
        made, expected = (results / target).read_bytes(), (tiny[0] / "results-tiny" / target).read_bytes()
        assert made == expected or target.endswith("scores.h5"), "scores tell seconds"


def test_a_second_run_in_the_folder_says_so_and_touches_nothing(tmp_path):
    copy_checkout(tmp_path)
    first = start(tmp_path)
    watched(first, tmp_path, lambda: any((tmp_path / ".snakemake/locks").glob("*")))

    def state() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in (tmp_path / ".snakemake").rglob("*") if path.is_file()}

    os.kill(first.pid, signal.SIGSTOP)
    jobs = [pid for pid in members(first.pid) if pid != first.pid]
    for pid in jobs:
        os.kill(pid, signal.SIGSTOP)
    try:
        before = state()
        said = snakemake(tmp_path, "--cores", "1", *TINY, expect=1)
        assert "Directory cannot be locked" in said and "no other Snakemake process" in said and "Traceback" not in said
        after = state()
        assert {path for path in before if "/log/" not in path} == {path for path in after if "/log/" not in path}
        assert not [path for path, content in before.items() if after[path] != content]
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()


ELSEWHERE = ["unshare", "--uts", "--pid", "--fork", "--mount-proc", "sh", "-c", 'hostname login2 && exec "$@"', "sh"]


def test_a_second_run_in_the_same_results_is_refused_from_another_checkout_and_another_machine(tmp_path):
    """Snakemake's lock lies in the checkout. What the message says is done, and then the second one runs."""
    first, second = copy_checkout(tmp_path / "first"), copy_checkout(tmp_path / "second")
    results = tmp_path / "results"
    root = f"{results}/seed-0/supernet.pt"
    given = [root, "--cores", "1", *TINY, "--config", f"outdir={results}"]
    run = start(first, *given, "supernet={epochs: 2000}")
    try:
        watched(run, first, lambda: list(results.glob(".state/run-*")))
        said = snakemake(second, *given, expect=1)
        assert f"Another run uses {results}: the run that was started on " in said
        assert f" in {first} (process {run.pid})" in said
        assert "Traceback" not in said and not (second / ".snakemake/locks").exists()
        assert "This was a dry-run" in snakemake(second, "-n", *given)
        if not subprocess.run([*ELSEWHERE, "true"], capture_output=True).returncode:  # as root, where it is allowed
            command = [*ELSEWHERE, sys.executable, "-m", "snakemake", *given]
            said = subprocess.run(command, cwd=second, capture_output=True, text=True, timeout=300).stderr
            assert "waiting 180 seconds for a sign of life" in said and f"Another run uses {results}" in said
        subprocess.run(re.search(r"`(kill -INT -\d+)`", said)[1], shell=True, check=True)
        run.wait(60)
        assert not list(results.glob(".state/run-*"))
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
    snakemake(second, *given)
    assert Path(root).exists()
