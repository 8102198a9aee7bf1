"""SLURM beside Snakemake: jobs that a killed run left behind, jobs that start again, and jobs that never start."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

ENDING = 300  # seconds that cancelled jobs get
REQUEUED = "BeginTime"  # two minutes; our jobs ask for no time to begin at
# Why a job waits when all is well: other jobs, or limits on how many run at once.
PASSING = re.compile(
    r"None|Priority|Resources|Dependency|Licenses|Prolog|Cleaning|Reservation|JobArrayTaskLimit"
    r"|(QOS|Assoc)(Grp.*|Max.*Per(User|Account).*|MaxJobs.*)"
)


def follow(workflow: Any, results: str) -> None:
    """Cancel the SLURM jobs that killed runs of ``results`` left behind; if this run uses SLURM, name it, and watch it.

    For the start of a run, when Snakemake has locked its outputs. The name of a run is that of all its SLURM jobs; it
    is a file in ``results``, so that another run finds it when this one is killed.
    """
    runs = Path(results, ".state", "slurm")
    for file in sorted(runs.glob("*")):
        if not _alive(file.read_text()):
            _cancel(file.name)
            file.unlink(missing_ok=True)
    name = getattr(workflow.scheduler._executor, "run_uuid", None)
    if name is not None:
        runs.mkdir(parents=True, exist_ok=True)
        (runs / name).write_text(_process(os.getpid()))
        wait = workflow.executor_settings.init_seconds_before_status_checks
        threading.Thread(target=_watch, args=(name, wait), daemon=True).start()


def _process(pid: int) -> str:
    """Return what tells a process from all others: machine, number, and start (field 22 of its stat)."""
    try:
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        started = "ended"
    return f"{socket.gethostname()} {pid} {started}"


def _alive(process: str) -> bool:
    """Return whether a process lives; one on another machine does not, or Snakemake's lock would have stopped us."""
    host, _, rest = process.partition(" ")
    return host == socket.gethostname() and rest != "" and process == _process(int(rest.split()[0]))


def _jobs(name: str, *options: str) -> list[list[str]]:
    """Return id, rule and wildcards, and reason of the SLURM jobs of a run that wait or run."""
    command = ["squeue", "--noheader", "--name", name, "--format", "%i|%k|%r", *options]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode:
        raise WorkflowError(f"{' '.join(command)}: {said.stderr.strip()}")
    return [line.split("|", 2) for line in said.stdout.splitlines()]


def _cancel(name: str) -> None:
    """Cancel the jobs of a run, and wait until they have ended: a training keeps its state first."""
    if shutil.which("squeue") is None or not (jobs := _jobs(name)):
        return
    logger.warning(
        f"Cancelling {len(jobs)} SLURM jobs that a killed run left behind, so that no two write one file; trainings "
        f"keep their state: {', '.join(f'{number} ({rule})' for number, rule, _ in jobs)}"
    )
    subprocess.run(["scancel", *(number for number, *_ in jobs)], check=False)
    end = time.monotonic() + ENDING
    while left := _jobs(name):
        if time.monotonic() > end:
            raise WorkflowError(
                f"SLURM jobs of a killed run do not end after scancel: {', '.join(number for number, *_ in left)}; run "
                "again when squeue no longer lists them"
            )
        time.sleep(1)


def _watch(name: str, wait: float) -> None:
    """Say once of each job that starts again, or waits for something that waiting does not bring."""
    said = set()
    while True:
        time.sleep(wait)
        with contextlib.suppress(WorkflowError):  # the next time
            for number, rule, reason in _jobs(name, "--states", "PENDING"):
                if (number, reason) not in said and (line := _explained(number, rule, reason)):
                    said.add((number, reason))
                    logger.warning(line)


def _explained(number: str, rule: str, reason: str) -> str:
    """Return what a user should know of a job that waits, if anything."""
    if reason == REQUEUED:
        return (
            f"SLURM job {number} ({rule}) was requeued: it was preempted, or its node failed. SLURM starts it again in "
            "about two minutes; a training goes on from the state that it kept."
        )
    if PASSING.fullmatch(reason):
        return ""
    return (
        f"SLURM job {number} ({rule}) does not start: {reason}. docs/cluster.md says what to do; `scancel {number}` "
        "lets Snakemake go on."
    )
