"""One run at a time in a folder of results, whatever checkout or machine it is started from.

Snakemake's lock lies in the checkout. Here a run leaves a mark in its results, and touches it every `BEAT` seconds. The
next run asks whether the process of a mark lives where it can know that (the same machine), and waits for the beat
where it cannot. Clocks are never compared: a beat is a time stamp that changes.
"""

import atexit
import contextlib
import json
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

BEAT = 10.0  # seconds
SILENT = 180.0  # seconds without a beat, after which a run on another machine is taken for dead
PREFIX = "run-"
ENDED = 0  # the number of the process of a run that has ended in good order


@dataclass(frozen=True)
class Mark:
    """What a run tells of itself."""

    host: str = "a machine that is not known"
    machine: str = ""
    pid: int = -1
    group: int = -1  # of processes: Snakemake and its jobs
    started: str = ""
    folder: str = "a folder that is not known"  # where it was started
    results: str = ""
    inode: int = -1  # of the mark itself: a copy has another
    submits: bool = True  # jobs to SLURM, under the name of the mark


class EndedRun(NamedTuple):
    """A mark that a run left behind which has ended."""

    path: Path
    mark: Mark

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.path.name.removeprefix(PREFIX)


def claim(
    results: str, folder: str, submits_as: str = "", waits_for_jobs: Callable[[], bool] = lambda: False
) -> list[EndedRun]:
    """Mark ``results`` as used by this run until it ends, and return the marks of runs that have ended.

    For the start of a run, which was typed in ``folder``.

    Parameters
    ----------
    submits_as
        The name of the jobs that the run submits to SLURM, or nothing.
    waits_for_jobs
        Says at the end of this run whether there are such jobs still (after a Ctrl-C). Then the mark is left.

    Raises
    ------
    WorkflowError
        If another run lives that uses the same results, or they cannot be marked.
    """
    own = Path(results, ".state", f"{PREFIX}{submits_as or uuid.uuid4()}")
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
        _write(own, folder, bool(submits_as))
        over = threading.Event()
        atexit.register(_release, own, over, waits_for_jobs)
        threading.Thread(target=_beat, args=(own, folder, bool(submits_as), over), daemon=True).start()
        return _ended([path for path in sorted(own.parent.glob(f"{PREFIX}*")) if path != own], results)
    except OSError as error:
        raise WorkflowError(
            f"{results} cannot be marked as in use by this run: {error}. Free some space, change the permissions, or "
            "set outdir in the config to a folder that can be written"
        ) from error


def _write(path: Path, folder: str, submits: bool) -> None:
    with path.open("w", encoding="utf-8") as file:
        mark = Mark(
            host=socket.gethostname(),
            machine=_machine(),
            pid=os.getpid(),
            group=os.getpgid(0),
            started=_started(os.getpid()),
            folder=folder,
            results=os.path.realpath(path.parent.parent),
            inode=os.fstat(file.fileno()).st_ino,
            submits=submits,
        )
        json.dump(asdict(mark), file)


def _read(path: Path) -> Mark:
    """Return a mark; of one that was cut off while it was written nothing is known."""
    try:
        return Mark(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        return Mark()


def _release(own: Path, over: threading.Event, waits_for_jobs: Callable[[], bool] = lambda: False) -> None:
    """Say that this run has ended, and leave its name where it waits for jobs: they may end after it."""
    over.set()
    try:
        if waits_for_jobs():
            ended = {**asdict(_read(own)), "pid": ENDED}
            with own.open("r+", encoding="utf-8") as file:
                json.dump(ended, file)
                file.truncate()
        else:
            own.unlink()
    except OSError:  # the folder is gone, or read-only now: the next run sees that the process has ended
        return


def _beat(own: Path, folder: str, submits: bool, over: threading.Event) -> None:
    """Touch the mark of this run until it is over; end the run where another one has taken its place."""
    while not over.wait(BEAT):
        with contextlib.suppress(OSError):  # the next time
            if own.exists():
                os.utime(own)
            elif any(own.parent.glob(f"{PREFIX}*")):
                break
            else:  # somebody has tidied up
                own.parent.mkdir(parents=True, exist_ok=True)
                _write(own, folder, submits)
    else:
        return
    logger.error(
        f"Another run has taken over {own.parent.parent}: it saw no sign of life of this one for {SILENT:.0f} seconds. "
        "This run starts no more jobs, and ends when those that run have ended"
    )
    os.kill(os.getpid(), signal.SIGTERM)


def _ended(paths: list[Path], results: str) -> list[EndedRun]:
    """Return the marks of runs that have ended, and refuse to go on where one lives."""
    left, unknown = [], []
    for path in paths:
        try:
            mark, inode = _read(path), path.stat().st_ino
        except FileNotFoundError:  # it has just ended
            continue
        if mark.results not in ("", os.path.realpath(results)) and mark.inode != inode:
            path.unlink()  # copied with the results: its run uses others
        elif (lives := _lives(mark)) is None:
            unknown.append(EndedRun(path, mark))
        elif lives:
            raise WorkflowError(_refused(mark, results))
        else:
            left.append(EndedRun(path, mark))
    return left + _silent(unknown, results)


def _silent(unknown: list[EndedRun], results: str) -> list[EndedRun]:
    """Wait for signs of life of runs of which this machine cannot know whether they live; return those with none."""
    for each in unknown:
        logger.warning(
            f"{results}: whether {_said(each.mark)} still lives cannot be seen from here; waiting {SILENT:.0f} seconds "
            "for a sign of life"
        )
    seen = {each: _touched(each.path) for each in unknown}
    end = time.monotonic() + SILENT
    while seen and time.monotonic() < end:
        time.sleep(1)
        for each in [each for each, before in seen.items() if _touched(each.path) != before]:
            if each.path.exists() and _lives(mark := _read(each.path)) is not False:
                raise WorkflowError(_refused(mark, results))
            del seen[each]  # it has just ended in good order
    if seen:
        logger.warning(f"No sign of life for {SILENT:.0f} seconds: it is taken for dead, and this run goes on")
    return unknown


def _said(mark: Mark) -> str:
    return f"the run that was started on {mark.host} in {mark.folder} (process {mark.pid})"


def _refused(mark: Mark, results: str) -> str:
    return (
        f"Another run uses {results}: {_said(mark)}. Two at once would write the same files. Wait until it has ended; "
        f"or end it there, with Ctrl-C or `kill -INT -{mark.group}`; or give this run a folder of its own: "
        "--config outdir=NAME"
    )


def _touched(path: Path) -> int:
    """Return when a file was touched; opened first, so that a network file system asks its server."""
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_mtime_ns
    except FileNotFoundError:
        return -1


def _machine() -> str:
    """Return what tells this machine, since it was started, and this container from all others; nothing if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{socket.gethostname()} {boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return what tells a process from an earlier one of its number; nothing if it cannot be seen."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "ended" if state in "ZX" else fields[18]


def _lives(mark: Mark) -> bool | None:
    """Return whether the run of a mark lives, or None where this machine cannot know."""
    if mark.pid == ENDED:
        return False
    if mark.machine != _machine() or not mark.machine:
        return None
    try:
        os.kill(mark.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user: it lives, and may not be looked at
        pass
    return _started(mark.pid) in (mark.started, "")
