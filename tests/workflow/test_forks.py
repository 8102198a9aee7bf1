"""A run of many jobs on this machine forks them, and a kill leaves nothing of it."""

import os
import signal
import time
from pathlib import Path

from benchmarks.faults.kills import members, start
from tests.support.waiting import until
from tests.workflow.conftest import copy_checkout


def servers(group: int) -> list[int]:
    """Return the processes of a group that the server of forks is, or that it has forked, the server first."""
    found = []
    for pid in members(group):
        try:
            if b"_forkserver.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
        except OSError:  # it has ended
            continue
    return sorted(found)


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def test_jobs_are_forked_and_none_is_left_when_all_are_killed_at_once(tmp_path):
    run = start(copy_checkout(tmp_path))
    found: list[int] = []
    while not any(parent(pid) == found[0] for pid in found[1:]):
        assert run.poll() is None, (tmp_path / "printed.txt").read_text()[-3000:]
        time.sleep(0.05)
        found = servers(run.pid)
    assert parent(found[0]) == run.pid
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    until(lambda: not members(run.pid))
