"""SLURM beside Snakemake: jobs that ended runs left behind, that start again, that never start, or that are lost."""

import contextlib
import os
import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from workflow_scripts._live_runs import EndedRun, claim
from workflow_scripts._snakemake import Submissions

ENDING = 300  # seconds that cancelled jobs get
LOST = 240  # seconds; Snakemake asks at least every 180
REQUEUED = "BeginTime"  # two minutes; our jobs ask for no time to begin at
# Why a job waits when all is well: other jobs, or limits on how many run at once.
PASSING = re.compile(
    r"None|Priority|Resources|Dependency|Licenses|Prolog|Cleaning|Reservation|JobArrayTaskLimit"
    r"|(QOS|Assoc)(Grp.*|Max.*Per(User|Account).*|MaxJobs.*)"
)


class Job(NamedTuple):
    """A SLURM job that waits or runs."""

    number: str
    rule: str  # and wildcards
    state: str
    reason: str  # why it waits
    folder: str  # where Snakemake was started


def follow(workflow: Any, results: str) -> None:
    """Claim ``results`` for this run, cancel the jobs that ended runs left behind, and watch those of this one.

    For the start of a run, when Snakemake has locked its outputs. The name of a run is that of all its SLURM jobs.
    """
    submissions, folder = Submissions(workflow), str(workflow.workdir_init)
    for left in claim(results, folder, submissions.name, submissions.any_running):
        if left.mark.submits:
            _cancel(left, folder)
        left.path.unlink(missing_ok=True)
    if submissions.name:
        threading.Thread(target=Watch(submissions).keep, daemon=True).start()


def _jobs(name: str) -> list[Job]:
    """Return the SLURM jobs of a run that wait or run."""
    command = ["squeue", "--noheader", "--array", "--name", name, "--format", "%i|%k|%T|%r|%Z"]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode:
        raise WorkflowError(f"{' '.join(command)}: {said.stderr.strip()}; run again when squeue answers")
    return [Job(*line.split("|", 4)) for line in said.stdout.splitlines()]


def _cancel(left: EndedRun, folder: str) -> None:
    """Cancel the jobs of a run that has ended, and wait until they have: a training keeps its state first."""
    if shutil.which("squeue") is None:
        raise WorkflowError(
            f"A run that has ended, started on {left.mark.host} in {left.mark.folder}, submitted jobs to SLURM. They "
            "may still write these results, and there is no squeue here to ask. Run again where there is one; or, when "
            f"`squeue --name {left.name}` lists none there, remove {left.path} and run again here"
        )
    if not (jobs := _jobs(left.name)):
        return
    numbers = [job.number for job in jobs]
    if others := [job for job in jobs if os.path.realpath(job.folder) != os.path.realpath(folder)]:
        raise WorkflowError(
            f"SLURM jobs of a run that has ended still write these results: {' '.join(numbers)}. They are not of this "
            f"folder, but were submitted from {others[0].folder}, and so are left alone. Wait until squeue no longer "
            f"lists them, or type: scancel {' '.join(numbers)}; then run again"
        )
    logger.warning(
        f"Cancelling {len(jobs)} SLURM jobs that a killed run left behind, so that no two write one file; trainings "
        f"keep their state: {', '.join(f'{job.number} ({job.rule})' for job in jobs)}"
    )
    said = subprocess.run(["scancel", *numbers], capture_output=True, text=True)
    end = time.monotonic() + ENDING
    while jobs := _jobs(left.name):
        if time.monotonic() > end:
            raise WorkflowError(
                f"SLURM jobs of a killed run do not end after scancel: {', '.join(job.number for job in jobs)}"
                f"{f' ({said.stderr.strip()})' if said.stderr else ''}; run again when squeue no longer lists them"
            )
        time.sleep(1)


class Watch:
    """Says once of each job that it starts again, waits for what waiting does not bring, or is out of sight."""

    def __init__(self, submissions: Submissions) -> None:
        self.submissions = submissions
        self.said: set[tuple[str, str]] = set()
        self.missed: Counter[str] = Counter()  # seconds

    def keep(self) -> None:
        """Look again and again, for as long as the process lives."""
        while True:
            time.sleep(self.submissions.wait)
            with contextlib.suppress(WorkflowError):  # the next time
                for line in self.look(_jobs(self.submissions.name), self.submissions.wait):
                    logger.warning(line)

    def look(self, jobs: list[Job], wait: float) -> list[str]:
        """Return what a user should know now of ``jobs``, ``wait`` seconds after the last time."""
        lines = []
        for job in jobs:
            if job.state == "PENDING" and (job.number, job.reason) not in self.said:
                self.said.add((job.number, job.reason))
                lines.append(_explained(job.number, job.rule, job.reason))
        listed = {job.number for job in jobs}
        self.missed = Counter({number: self.missed[number] + wait for number in self.submissions.awaited() - listed})
        lost = sorted(number for number, seconds in self.missed.items() if seconds > LOST)
        if {(number, "") for number in lost} - self.said:
            self.said.update((number, "") for number in lost)
            lines.append(
                f"Snakemake has lost sight of {len(lost)} jobs: it waits for {', '.join(lost)}, which squeue no longer "
                "lists. Ctrl-C, then the same command; what is finished is used"
            )
        return list(filter(None, lines))


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
        "lets Snakemake go on (where it asks sacct: Ctrl-C after that, then the same command)."
    )
