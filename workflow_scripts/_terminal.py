"""What a run says on the terminal: a line per job, behind how far the whole run is, and why a job failed."""

import json
import logging
import os
import shlex
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from snakemake.logging import logger

from workflow_scripts._pace import Pace, hours
from workflow_scripts._snakemake import ColorizingTextHandler, DefaultFormatter, LogEvent

LAST = 20  # lines of the log of a failed job
STOPPING = "Terminating processes on user request"
UNSAID = ("Select jobs to execute...", "Shutting down, this might take some time.")


def say_lines(jobs: Mapping[str, int]) -> None:
    """Let Snakemake's own handler of the terminal, if that is in use, write a line per job; ``jobs`` counts the rules'.

    For the start of a run: a dry run, which says why a job would run, and the log in .snakemake/log stay as they are.
    """
    for old in [handler for handler in logger.handlers if type(handler) is ColorizingTextHandler]:
        new = Terminal(nocolor=old.nocolor, stream=old.stream, formatter=Lines(jobs))
        new.filters, new.name = old.filters, old.name
        logger.removeHandler(old)
        logger.addHandler(new)


def report_hint(outdir: str, given: Any, *, place: Sequence[str] = (), at: str = os.curdir) -> str:
    """Return the line that ends a run: how to make its report, with the config that the command line ``given``.

    ``place`` are the options that say where it ran, ``at`` is the folder in which they were typed.
    """
    command = ["snakemake", "--report", f"{outdir}/report.html", *place]
    if given.configfiles:
        command += ["--configfile", *(os.path.relpath(path, at) for path in given.configfiles)]
    if given.config:
        command += ["--config", *(f"{name}={json.dumps(value)}" for name, value in given.config.items())]
    return f"All of it on one page, with config and run times: {shlex.join(command)}"


def say(text: str) -> None:
    """Print a text on the standard output; of characters that it cannot show, their numbers."""
    if sys.stdout is not None:  # closed
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding))


class Terminal(ColorizingTextHandler):
    """Snakemake's handler without the empty lines between jobs."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        self.last_msg_was_job_info = True
        super().emit(record)


class Lines(DefaultFormatter):
    """A line for a job that starts, the end of its log where it fails, at the end what failed; the rest as usual."""

    def __init__(self, jobs: Mapping[str, int]) -> None:
        super().__init__()
        self.pace = Pace(jobs)
        self.stopping = False
        self.messages: dict[int, str] = {}
        self.failed: dict[int, str] = {}
        self.before: dict[Path, tuple[int, ...]] = {}  # logs as they were when their job was started

    def format(self, record: logging.LogRecord) -> str:
        """Return what the terminal says of a record, or nothing."""
        event = getattr(record, "event", None)
        text = str(record.msg or "")
        if event == LogEvent.JOB_STARTED or text in UNSAID or "CalledProcessError" in text:
            return ""  # of the last, the job's own log says more
        if text.startswith(STOPPING):
            self.stopping = True
            return f"{text}\nThe same command goes on from here: what is finished is kept, and so are trainings."
        if text.startswith("Exiting because a job execution failed") and self.failed:
            return "\n".join(["", "Failed, see above for why:", *self.failed.values()])
        return super().format(record)

    def format_job_info(self, msg: dict[str, Any]) -> str:
        """Return how far the run is, and what a job does."""
        self.before.update({Path(log): _state_of(Path(log)) for log in msg.get("log", [])})
        self.pace.start(msg["jobid"], msg["rule_name"])
        if not msg["output"]:
            return ""
        self.messages[msg["jobid"]] = msg["rule_msg"] or msg["rule_name"]
        return f"[{self._so_far()}] {self.messages[msg['jobid']]}"

    def format_job_finished(self, msg: dict[str, Any]) -> str:
        """Return nothing: the next line counts it."""
        self.pace.finish(msg["job_id"])
        self.failed.pop(msg["job_id"], None)
        return ""

    def format_progress(self, msg: dict[str, Any]) -> str:
        """Return nothing, but when all is done."""
        self.pace.done, self.pace.total = msg["done"], msg["total"]
        return super().format_progress(msg) if msg["done"] == msg["total"] else ""

    def format_job_error(self, msg: dict[str, Any]) -> str:
        """Return which job failed, the end of its logs, and where they are; after a Ctrl-C only that it was stopped."""
        if self.stopping:
            return f"[{self._so_far()}] Stopped: {self.messages.get(msg['jobid'], msg['rule_name'])}"
        job = f"{self.messages.get(msg['jobid'], msg['rule_name'])} (rule {msg['rule_name']}, job {msg['jobid']})"
        logs = [Path(log) for log in msg["log"]]
        self.failed[msg["jobid"]] = f"  {job}{''.join(f', {log}' for log in logs)}"
        said = [f"  {name}: {value}" for name, value in {"message": msg["rule_msg"], **msg["aux"]}.items() if value]
        ends = [line for log in logs for line in self._end_of(log)]
        return "\n".join([f"[{self._so_far()}] Failed: {job}", *said, *ends])

    def _end_of(self, log: Path) -> list[str]:
        """Return the last lines of a log, below its path; nothing of one that an earlier attempt has left."""
        before = self.before.get(log)
        if before and before == _state_of(log):
            return [f"  {log} is of an earlier attempt: this one ended before its script began"]
        try:
            with log.open(encoding="utf-8", errors="replace") as file:
                end = [f"  | {line.rstrip()}" for line in deque(file, maxlen=LAST)]
        except OSError as error:
            return [f"  {log}: {error.strerror}"]
        return [f"  The end of {log}:" if end else f"  {log} is empty", *end]

    def _so_far(self) -> str:
        pace, left = self.pace, self.pace.left()
        width = len(str(pace.total))
        ahead = "" if left is None else f", about {hours(left)} left"
        return f"{pace.done:{width}} of {pace.total} done, {hours(pace.passed())}{ahead}"


def _state_of(log: Path) -> tuple[int, ...]:
    """Return what changes when a log is written, or nothing; opened, so that a network file system asks its server."""
    try:
        with log.open("rb") as file:
            status = os.fstat(file.fileno())
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino
