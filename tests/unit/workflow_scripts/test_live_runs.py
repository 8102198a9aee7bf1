"""One run at a time in a folder of results: who lives, who has ended, and who only looks so."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from snakemake.exceptions import WorkflowError

from tests.support.waiting import until
from workflow_scripts import _live_runs
from workflow_scripts._live_runs import Mark, _beat, _lives, _machine, _read, _release, _started, _write, claim


class Clock:
    """The seconds that pass while somebody waits, and what happens then."""

    def __init__(self):
        self.now, self.events = 0.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        while self.events and self.events[0][0] <= self.now:
            self.events.pop(0)[1]()


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(_live_runs, "time", clock)
    return clock


@pytest.fixture
def killed(monkeypatch):
    """A beat of 0.1 s, and an end of the runs with the test; returns the signals that are sent."""
    released, sent, kill = [], [], os.kill
    monkeypatch.setattr(_live_runs, "BEAT", 0.1)
    monkeypatch.setattr(_live_runs.atexit, "register", lambda function, *args: released.append((function, args)))
    monkeypatch.setattr(
        _live_runs.os, "kill", lambda pid, number: sent.append((pid, number)) if number else kill(pid, 0)
    )
    yield sent
    for function, args in released:
        function(*args)


def marks(results: Path) -> list[Path]:
    return sorted((results / ".state").glob("run-*"))


def elsewhere(results: Path, name: str = "run-x", **about) -> Path:
    """The mark of a run on another machine."""
    path = results / ".state" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, "/there", submits=False)
    path.write_text(json.dumps({**json.loads(path.read_text()), "machine": "login2 b00t", "host": "login2", **about}))
    return path


def ended_process() -> dict[str, object]:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    of = {"machine": _machine(), "pid": child.pid, "started": _started(child.pid)}
    assert _lives(Mark(**of))
    child.stdin.close()
    until(lambda: _started(child.pid) == "ended")  # nobody has waited for it yet
    assert _lives(Mark(**of)) is False, "a process that only waits to be asked how it ended has ended"
    child.wait()
    return of


def test_a_process_lives_has_ended_or_cannot_be_known():
    of = {"machine": _machine(), "pid": os.getpid(), "started": _started(os.getpid())}
    assert _lives(Mark(**of)) is True
    assert _lives(Mark(**ended_process())) is False
    assert _lives(Mark(**of | {"started": "1"})) is False, "another process has its number now"
    assert _lives(Mark(**of | {"machine": "elsewhere"})) is None
    assert _lives(Mark(**of | {"machine": ""})) is None
    assert _lives(Mark()) is None, "cut off while it was written"
    assert _lives(Mark(**of | {"machine": "elsewhere", "pid": _live_runs.ENDED})) is False


def test_the_only_run_marks_its_results_until_it_ends(killed, clock, tmp_path):
    assert claim(str(tmp_path / "results"), "/here") == []
    (mark,) = marks(tmp_path / "results")
    before = mark.stat().st_mtime_ns
    until(lambda: mark.stat().st_mtime_ns > before)
    _release(mark, threading.Event())
    assert not marks(tmp_path / "results")


def test_a_second_run_is_refused_whose_checkout_it_may_be(killed, clock, tmp_path):
    claim(str(tmp_path), "/first")
    with pytest.raises(WorkflowError) as error:
        claim(str(tmp_path), "/second")
    assert clock.now == 0, "nothing to wait for"
    said = str(error.value)
    assert f"Another run uses {tmp_path}: the run that was started on " in said
    assert (
        f" in /first (process {os.getpid()}). Two at once would write the same files. Wait until it has ended" in said
    )
    assert f"`kill -INT -{os.getpgid(0)}`" in said and "--config outdir=NAME" in said
    assert claim(str(tmp_path / "NAME"), "/second") == []


def test_a_run_of_this_machine_that_was_killed_is_dead_at_once(killed, clock, tmp_path):
    mark = elsewhere(tmp_path, **ended_process())
    (left,) = claim(str(tmp_path), "/here")
    assert (left.path, left.name, left.mark.folder) == (mark, "x", "/there")


def test_a_run_on_another_machine_is_dead_when_it_is_silent(killed, clock, tmp_path, caplog):
    mark = elsewhere(tmp_path)
    os.utime(mark, (time.time() + 1e6,) * 2)  # its clock is ahead: a mark is old or new by no clock
    (left,) = claim(str(tmp_path), "/here")
    assert left.path == mark
    waits, dead = [record.getMessage() for record in caplog.records]
    run = f"the run that was started on login2 in /there (process {os.getpid()})"
    assert waits == (
        f"{tmp_path}: whether {run} still lives cannot be seen from here; waiting 180 seconds for a sign of life"
    )
    assert dead == "No sign of life for 180 seconds: it is taken for dead, and this run goes on"


def test_a_run_on_another_machine_lives_when_it_beats(killed, clock, tmp_path):
    mark = elsewhere(tmp_path)
    os.utime(mark, (1, 1))  # its clock is behind
    clock.events.append((20, lambda: os.utime(mark, (2, 2))))
    with pytest.raises(WorkflowError, match="Another run uses .* on login2 in /there"):
        claim(str(tmp_path), "/here")
    assert mark.exists()


def test_a_run_that_ends_while_it_is_waited_for_is_no_hindrance(killed, clock, tmp_path):
    local, submits = elsewhere(tmp_path), elsewhere(tmp_path, "run-y", submits=True)
    over = threading.Event()
    clock.events.append((20, lambda: (_release(local, over), _release(submits, over, lambda: True))))
    assert [left.name for left in claim(str(tmp_path), "/here")] == ["x", "y"]
    assert not local.exists() and _read(submits).pid == _live_runs.ENDED


@pytest.mark.parametrize("left_behind", [True, False])
def test_a_run_that_leaves_jobs_behind_leaves_its_name_and_is_known_to_have_ended(killed, clock, left_behind, tmp_path):
    path = elsewhere(tmp_path, submits=True)
    _release(path, threading.Event(), lambda: left_behind)
    assert [(left.name, left.mark.submits) for left in claim(str(tmp_path), "/here")] == [("x", True)] * left_behind
    assert path.exists() == left_behind


def test_a_mark_that_was_copied_with_the_results_says_nothing_of_the_copy(killed, clock, tmp_path):
    """The original lives; neither is its copy refused, nor waits it, nor does it hear of jobs to cancel."""
    claim(str(tmp_path / "original"), "/here", "0-1-2")
    shutil.copytree(tmp_path / "original", tmp_path / "copy")
    assert claim(str(tmp_path / "copy"), "/there") == []
    assert len(marks(tmp_path / "original")) == len(marks(tmp_path / "copy")) == 1


def test_results_that_have_another_name_now_are_the_same(killed, clock, tmp_path):
    claim(str(tmp_path / "results"), "/here")
    (tmp_path / "link").symlink_to("results")
    with pytest.raises(WorkflowError, match="Another run uses .*link"):
        claim(str(tmp_path / "link"), "/here")
    (tmp_path / "results").rename(tmp_path / "moved")
    with pytest.raises(WorkflowError, match="Another run uses .*moved"):
        claim(str(tmp_path / "moved"), "/here")


def test_a_mark_that_was_cut_off_is_waited_for(killed, clock, tmp_path, caplog):
    (tmp_path / ".state").mkdir()
    (tmp_path / ".state/run-x").write_text('{"host": "lo')
    (left,) = claim(str(tmp_path), "/here")
    assert left.mark == Mark() and "on a machine that is not known" in caplog.text


def test_a_run_whose_place_was_taken_ends(killed, clock, tmp_path, caplog):
    """It was stopped for minutes on another machine, say."""
    own, other = tmp_path / ".state/run-own", elsewhere(tmp_path)
    _beat(own, "/here", False, threading.Event())
    assert killed == [(os.getpid(), _live_runs.signal.SIGTERM)]
    assert f"Another run has taken over {tmp_path}" in caplog.text and other.exists()


def test_a_run_whose_mark_was_tidied_up_makes_it_again(killed, clock, tmp_path):
    claim(str(tmp_path / "results"), "/here")
    shutil.rmtree(tmp_path / "results")
    until(lambda: marks(tmp_path / "results"))
    (mark,) = marks(tmp_path / "results")
    until(mark.read_text)
    assert _lives(_read(mark)) and not killed


def test_results_that_cannot_be_marked_are_refused_in_a_line(killed, clock, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkflowError, match=r"file cannot be marked as in use by this run: .*set outdir in the config"):
        claim(str(tmp_path / "file"), "/here")
