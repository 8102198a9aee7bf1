"""`snakemake --profile slurm` on a real SLURM with two GPUs that are no cards (tests/support/cluster.py)."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from tests.support.cluster import ACCOUNTING, GPUS, Campus, Cluster, Host, cluster, missing
from tests.workflow.conftest import assert_same_results, copy_checkout, snakemake
from tests.workflow.test_reruns import TINY, config

SLURM = ("--profile", "slurm", "--slurm-init-seconds-before-status-checks", "5")
SMALL = ("--default-resources", "mem_mb=1500 * attempt", "runtime=10 * attempt")
ON_CARDS = {"standalone", "supernet", "scores", "joint_scores", "candidate_scores", "proxy", "leaf", "differentiate"}
ON_CARDS |= {"evaluate", "search", "found"}


@pytest.fixture(scope="module")
def slurm():
    if missing():
        pytest.skip(missing())
    with cluster(kill_wait=10) as made:
        yield made


class Run:
    """A Snakemake that submits to SLURM, and what it prints."""

    def __init__(self, folder: Path, *arguments: str, host: Host | None = None) -> None:
        command = [sys.executable, "-m", "snakemake", *arguments]
        self.printed = folder / f"printed-{time.monotonic_ns()}.txt"
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        with self.printed.open("w") as out:
            self.process = subprocess.Popen(
                host.command(*command, folder=folder) if host else command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.printed.read_text()

    def until(self, condition, seconds: float = 900) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                pytest.fail(self.said()[-6000:])
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill Snakemake and all its local jobs without a warning; its SLURM jobs run on."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def interrupt(self) -> None:
        """Type Ctrl-C on the host."""
        (on_host,) = psutil.Process(self.process.pid).children()
        on_host.send_signal(signal.SIGINT)

    def end(self, expect: int = 0, seconds: float = 600) -> str:
        self.process.wait(seconds)
        assert self.process.returncode == expect, self.said()[-6000:]
        return self.said()


def rule_of(job: dict[str, str]) -> str:
    return re.fullmatch(r"rule_([a-z_]+?)(_wildcards_.*)?", job["Comment"])[1]


def times(job: dict[str, str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(job["StartTime"]), datetime.fromisoformat(job["EndTime"])


def of_run(slurm: Cluster, number: int) -> list[dict[str, str]]:
    """The jobs of the last runs: by the name of the run that comes ``number`` from the end."""
    jobs = [job for job in slurm.jobs() if "Comment" in job]
    names = list(dict.fromkeys(job["JobName"] for job in sorted(jobs, key=lambda job: int(job["JobId"]))))
    return [job for job in jobs if job["JobName"] == names[number]]


def test_a_run_whose_snakemake_was_killed_ends_like_a_local_one(slurm, tiny, tmp_path):
    """The whole tiny run; killed while leaves are trained, it starts again and loses nothing."""
    folder = copy_checkout(tmp_path)
    run = Run(folder, *SLURM, *SMALL, *TINY)

    def two_leaves_run() -> bool:
        running = [comment for _, _, comment, state in slurm.queue() if state == "RUNNING"]
        return sum(comment.startswith("rule_leaf") for comment in running) == 2

    run.until(two_leaves_run)
    run.kill()
    assert slurm.queue(), "SLURM does not know that Snakemake is gone"
    assert "Directory cannot be locked" in snakemake(folder, *SLURM, *SMALL, *TINY, expect=1)
    snakemake(folder, "--unlock", *TINY)
    again = Run(folder, *SLURM, *SMALL, *TINY).end()
    assert re.search(r"Cancelling \d+ SLURM jobs that a killed run left behind", again)
    assert "rule_leaf" in again
    assert_same_results(tiny[0] / "results-tiny", folder / "results-tiny")
    left = [path for path in (folder / "results-tiny").rglob("*") if path.name.startswith(".") or ".tmp" in path.name]
    assert [path.name for path in left] == [".state"]

    first, second = of_run(slurm, -2), of_run(slurm, -1)
    jobs = first + second
    assert {rule_of(job) for job in jobs} == ON_CARDS, "the small jobs do not queue"
    assert all(job["TresPerJob"] in ("gres:gpu:1", "gpu:1") for job in jobs), jobs[0]
    assert all(job["MinMemoryNode"] == "1500M" and job["TimeLimit"] == "00:10:00" for job in jobs)
    started = [job for job in jobs if job["StartTime"] != "Unknown" and job["RunTime"] != "00:00:00"]
    for moment, _ in map(times, started):
        assert sum(start <= moment < end for start, end in map(times, started)) <= GPUS
    orphans = [job for job in first if job["JobState"] == "CANCELLED"]
    assert orphans, "some ran when Snakemake was killed"
    submitted = min(datetime.fromisoformat(job["SubmitTime"]) for job in second)
    assert all(times(job)[1] <= submitted for job in orphans), "no two copies at the same time"
    logs = [path.read_text() for path in (folder / "results-tiny/logs").rglob("*.log")]
    cards = [re.match(r"sees card (.*)", text) for text in logs]
    assert {card[1] for card in cards if card} == {"0", "1"}


def long_training(folder: Path, epochs: int = 8) -> Path:
    """A checkout whose root takes long enough to be stopped in its middle: a second an epoch or two."""
    config(supernet={"epochs": epochs, "channels": 8, "cells": 2, "batch_size": 64})(copy_checkout(folder))
    return folder


ROOT, LOG = "results-tiny/seed-0/supernet.pt", "results-tiny/logs/seed-0/supernet.log"
RESUMING = r"resuming after epoch (\d)(, step \d+ of the next one,)? from "


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory) -> bytes:
    folder = long_training(tmp_path_factory.mktemp("whole"))
    snakemake(folder, ROOT, "--cores", "1", *TINY)
    return (folder / ROOT).read_bytes()


def started_training(slurm: Cluster, folder: Path, *options: str) -> tuple[Run, str]:
    """A run whose training is past its third epoch, and the id of its SLURM job."""
    run = Run(long_training(folder), ROOT, *SLURM, *(options or SMALL), *TINY)
    run.until(lambda: (folder / LOG).exists() and "epoch 3/8" in (folder / LOG).read_text())
    ((number, *_),) = slurm.queue()
    return run, number


def assert_resumed(folder: Path, expected: bytes) -> None:
    lines = (folder / LOG).read_text()
    resumed = re.search(RESUMING, lines)
    assert resumed and int(resumed[1]) >= 3 and "epoch 3/8" not in lines, lines
    assert (folder / ROOT).read_bytes() == expected
    assert not list((folder / "results-tiny/.state").glob("*.pt"))


@pytest.mark.long
def test_a_cancelled_training_goes_on_from_its_last_step(slurm, never_stopped, tmp_path):
    run, number = started_training(slurm, tmp_path)
    slurm.said("scancel", number)
    said = run.end()
    assert f"SLURM-job '{number}' failed, SLURM status is: 'CANCELLED'" in said
    assert "the state is kept in results-tiny/.state/seed-0-supernet.pt" in said
    assert_resumed(tmp_path, never_stopped)
    again = of_run(slurm, -1)[-1]
    assert again["MinMemoryNode"] == "3000M" and again["TimeLimit"] == "00:20:00", "more at the second attempt"


def test_a_job_that_can_never_start_is_named_with_its_reason(slurm, tmp_path):
    too_long = ("--default-resources", "mem_mb=1500", "runtime=10", "slurm_partition=short")  # a minute at most
    run = Run(copy_checkout(tmp_path), ROOT, *SLURM, *too_long, *TINY)
    run.until(lambda: "does not start" in run.said(), seconds=90)
    run.kill()
    ((number, *_),) = slurm.queue()
    slurm.said("scancel", number)
    assert f"SLURM job {number} (rule_supernet_wildcards_0) does not start: PartitionTimeLimit." in run.said()


@pytest.mark.long
@pytest.mark.parametrize("how", ["requeue", "preemption"])
def test_a_requeued_training_goes_on_from_its_last_step(how, slurm, never_stopped, tmp_path):
    run, number = started_training(slurm, tmp_path)
    if how == "requeue":
        slurm.said("scontrol", "requeue", number)
    else:
        slurm.said("sbatch", "-p", "urgent", "--exclusive", "-D", "/tmp", "-o", "/dev/null", "--wrap", "sleep 3")
    assert f"SLURM job {number} (rule_supernet_wildcards_0) was requeued" in run.end()
    assert_resumed(tmp_path, never_stopped)
    assert of_run(slurm, -1)[-1]["Restarts"] == "1"


@pytest.mark.long
def test_a_job_out_of_memory_says_so_and_gets_more(slurm, never_stopped, tmp_path):
    run = Run(long_training(tmp_path), ROOT, *SLURM, "--default-resources", "mem_mb=500 * attempt", *TINY)
    said = run.end()
    assert "Failed: Train the supernet of seed 0 (rule supernet, job 0)" in said
    assert re.search(r"The end of .*/rule_supernet/0/\d+\.log:\n(  \| .*\n)*  \| .*exceeded memory limit", said)
    assert (tmp_path / ROOT).read_bytes() == never_stopped


@pytest.mark.long
def test_a_training_out_of_time_says_so_and_goes_on(slurm, tmp_path):
    """The profile's warning comes a minute before the end: with one minute, soon after the start."""
    limits = ("mem_mb=1500", "runtime=1 * attempt", "slurm_extra=\"'--signal=TERM@60'\"")
    run = Run(long_training(tmp_path / "here", epochs=45), ROOT, *SLURM, "--default-resources", *limits, *TINY)
    said = run.end()
    assert "Failed: Train the supernet of seed 0 (rule supernet, job 0)" in said
    assert re.search(r"  \| supernet: stopped by SIGTERM \(cancelled, preempted or out of time\) in epoch \d+", said)
    assert re.search(r"resuming after epoch \d+", (tmp_path / "here" / LOG).read_text())
    whole = long_training(tmp_path / "there", epochs=45)
    snakemake(whole, ROOT, "--cores", "1", *TINY)
    assert (tmp_path / "here" / ROOT).read_bytes() == (whole / ROOT).read_bytes()


@pytest.mark.long
def test_a_training_on_a_node_that_dies_goes_on_from_its_last_epoch(slurm, never_stopped, tmp_path):
    run, number = started_training(slurm, tmp_path)
    slurm.kill_node()
    slurm.said("scontrol", "update", f"nodename={slurm.host}", "state=down", "reason=power")
    run.until(lambda: f"SLURM job {number} (rule_supernet_wildcards_0) was requeued" in run.said())
    slurm.start_node()
    run.end()
    assert_resumed(tmp_path, never_stopped)


@pytest.mark.long
def test_a_node_that_cannot_start_a_job_because_its_disk_is_full(slurm, never_stopped, tmp_path):
    spool = slurm.folder / f"spool-{slurm.host}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", spool], check=True)
    try:
        (spool / "full").write_bytes(bytes(4096))
        run = Run(long_training(tmp_path), ROOT, *SLURM, *SMALL, *TINY)
        run.until(lambda: "does not start: launch failed requeued held." in run.said())
    finally:
        subprocess.run(["umount", spool], check=True)
    ((number, *_),) = slurm.queue()
    slurm.said("scontrol", "update", f"nodename={slurm.host}", "state=resume")
    slurm.said("scontrol", "release", number)
    run.end()
    assert (tmp_path / ROOT).read_bytes() == never_stopped


@pytest.mark.long
def test_ctrl_c_cancels_the_jobs_and_the_next_run_goes_on(slurm, never_stopped, tmp_path):
    run, number = started_training(slurm, tmp_path)
    os.killpg(run.process.pid, signal.SIGINT)
    run.end(expect=1)
    assert not slurm.queue()
    Run(tmp_path, ROOT, *SLURM, *SMALL, *TINY).end()
    assert_resumed(tmp_path, never_stopped)


@pytest.mark.long
def test_a_controller_that_is_away_for_a_minute_costs_nothing(slurm, never_stopped, tmp_path):
    """After five questions in a row without an answer the plugin would forget all jobs."""
    run, number = started_training(slurm, tmp_path)
    slurm.stop_controller()
    time.sleep(75)
    slurm.start_controller()
    run.end()
    assert [job["JobId"] for job in of_run(slurm, -1)] == [number], "one attempt"
    assert (tmp_path / ROOT).read_bytes() == never_stopped


@pytest.fixture(scope="module")
def campus():
    if missing(*ACCOUNTING):
        pytest.skip(missing(*ACCOUNTING))
    with cluster(Campus, kill_wait=10) as made:
        yield made


def on_campus(campus: Campus, folder: Path, host: str, *options: str, epochs: int = 0) -> Run:
    """A run on a host, whose training takes long; without ``epochs`` the folder is there already."""
    if epochs:
        long_training(folder, epochs)
    return Run(folder, ROOT, *SLURM, *SMALL, *TINY, *options, host=campus.hosts[host])


def training(run: Run, folder: Path, epoch: int) -> None:
    run.until(lambda: (folder / LOG).exists() and f"epoch {epoch}/" in (folder / LOG).read_text())


@pytest.mark.long
def test_a_job_that_sacct_never_tells_of_is_lost_and_the_advice_helps(campus, never_stopped, tmp_path):
    """The state is `CANCELLED by 0`, which the plugin does not know: it waits for ever."""
    sacct = ("--slurm-status-command", "sacct", "--slurm-no-requeue")
    run = on_campus(campus, tmp_path, "login1", *sacct, epochs=8)
    training(run, tmp_path, 3)
    ((number, *_),) = campus.queue()
    campus.said("scancel", number)
    lost = f"Snakemake has lost sight of 1 jobs: it waits for {number}, which squeue no longer lists. Ctrl-C, then"
    run.until(lambda: lost in run.said())
    run.interrupt()
    run.end(expect=1)
    on_campus(campus, tmp_path, "login1", *sacct).end()
    assert_resumed(tmp_path, never_stopped)
    states = campus.said("sacct", "-X", "-n", "-o", "state%20").split("\n")
    assert [state.strip() for state in states if state] == ["CANCELLED by 0", "COMPLETED"]


@pytest.mark.long
def test_a_run_on_another_host_is_left_alone_while_it_lives_and_followed_when_it_is_dead(campus, tmp_path):
    original, copy = tmp_path / "original", tmp_path / "copy"
    first = on_campus(campus, original, "login1", epochs=400)
    training(first, original, 3)
    ((number, *_),) = campus.queue()
    shutil.copytree(original, copy)
    for folder in (original, copy):  # as a person would who does not know that it lives
        snakemake(folder, "--unlock", ROOT, *TINY)

    refused = on_campus(campus, original, "login2").end(expect=1)
    assert "on login1 in" in refused and "cannot be seen from here; waiting 180 seconds" in refused
    assert f"Another run uses results-tiny: the run that was started on login1 in {original}" in refused

    of_copy = on_campus(campus, copy, "login2")
    of_copy.until(lambda: "has been submitted with SLURM jobid" in of_copy.said())
    assert "Cancelling" not in of_copy.said() and "waiting" not in of_copy.said(), "a copy is a folder of its own"
    of_copy.interrupt()
    of_copy.end(expect=1)
    assert [job for job, *_, state in campus.queue() if state == "RUNNING"] == [number]

    campus.hosts["login1"].kill()
    campus.hosts["login1"] = Host("login1", campus.etc)  # it starts again
    assert [job for job, *_ in campus.queue()] == [number], "SLURM does not know that the host is dead"
    snakemake(original, "--unlock", ROOT, *TINY)
    again = on_campus(campus, original, "login2")
    again.until(lambda: "has been submitted with SLURM jobid" in again.said())
    said = again.said()
    assert "No sign of life for 180 seconds: it is taken for dead, and this run goes on" in said
    assert re.search(rf"Cancelling 1 SLURM jobs that a killed run left behind.* {number} \(rule_supernet", said)
    again.until(
        lambda: (original / LOG).exists() and re.search(r"resuming after epoch \d+", (original / LOG).read_text())
    )
    again.interrupt()
    again.end(expect=1)


@pytest.mark.long
def test_a_training_goes_on_on_the_node_that_is_left(campus, never_stopped, tmp_path):
    run = on_campus(campus, tmp_path, "login1", epochs=8)
    training(run, tmp_path, 3)
    ((number, node),) = campus.queue("%i", "%N")
    campus.hosts.pop(node).kill()
    run.until(lambda: f"SLURM job {number} (rule_supernet_wildcards_0) was requeued" in run.said())
    run.end()
    assert_resumed(tmp_path, never_stopped)
    assert node not in campus.said("sacct", "-X", "-n", "-j", number, "-o", "nodelist")
    campus.boot(node)
    campus.wait_for_nodes()


@pytest.mark.long
def test_a_job_that_was_preempted_and_cancelled_is_lost_and_the_advice_helps(campus, never_stopped, tmp_path):
    run = on_campus(campus, tmp_path, "login1", epochs=8)
    training(run, tmp_path, 3)
    ((number, *_),) = campus.queue()
    campus.said("sbatch", "-p", "urgent", "-N", "2", "--exclusive", "-D", "/", "-o", "/dev/null", "--wrap", "sleep 3")
    run.until(lambda: f"lost sight of 1 jobs: it waits for {number}," in run.said())
    run.interrupt()
    run.end(expect=1)
    on_campus(campus, tmp_path, "login1").end()
    assert_resumed(tmp_path, never_stopped)
