"""What a run says on the terminal, from the records that Snakemake logs."""

import io
import logging
import shlex
import sys
from types import SimpleNamespace

import pytest
from snakemake.cli import parse_config
from snakemake.logging import ColorizingTextHandler, logger
from snakemake_interface_logger_plugins.common import LogEvent

from workflow_scripts._terminal import LAST, report_hint, say, say_lines


@pytest.fixture
def terminal():
    """Snakemake's logger with its handler of the terminal alone, after a run of 12 jobs has started."""
    said, before, level = io.StringIO(), list(logger.handlers), logger.level
    logger.handlers = [ColorizingTextHandler(stream=said)]
    logger.setLevel(logging.INFO)
    say_lines({"leaf": 11, "all": 1})
    yield said
    logger.handlers = before
    logger.setLevel(level)


def info(message=None, **about):
    logger.info(message, extra=about)


def start(job, message="Train leaf 00 of snip, seed 0", output=("leaf.pt",), log=()):
    about = {"rule_name": "leaf", "jobid": job, "rule_msg": message, "output": list(output), "reason": "because"}
    about["log"] = list(map(str, log))
    info("Rule: leaf", event=LogEvent.JOB_INFO, **about)


def finish(job, done):
    info("Finished", event=LogEvent.JOB_FINISHED, job_id=job)
    info(event=LogEvent.PROGRESS, done=done, total=12)


def fail(job, log, message=None, **aux):
    about = {"rule_name": "leaf", "jobid": job, "rule_msg": message, "log": list(map(str, log)), "aux": aux}
    logger.error("Error in rule leaf", extra={"event": LogEvent.JOB_ERROR, **about})


def lines(terminal):
    return terminal.getvalue().splitlines()


def test_a_job_is_one_line_behind_the_progress_of_the_run(terminal):
    info("Select jobs to execute...")
    info("Execute 2 jobs...", event=LogEvent.JOB_STARTED, jobs=[3, 4])
    start(3)
    start(4, message=None)
    finish(3, done=1)
    start(5, "Compare the split trees")
    assert lines(terminal) == [
        "[ 0 of 12 done, 0:00:00] Train leaf 00 of snip, seed 0",
        "[ 0 of 12 done, 0:00:00] leaf",
        "[ 1 of 12 done, 0:00:00] Compare the split trees",
    ]


def test_the_last_job_ends_the_count_and_the_target_has_no_line(terminal):
    start(0, message=None, output=())
    finish(0, done=12)
    assert lines(terminal) == ["12 of 12 steps (100%) done"]


def test_what_is_no_job_is_said_as_ever(terminal):
    info("Nothing to be done (all requested files are present and up to date).")
    logger.warning("The disk is slow.")
    nothing = "Nothing to be done (all requested files are present and up to date)."
    assert lines(terminal) == [nothing, "The disk is slow."]


def test_a_failed_job_shows_the_end_of_its_log_and_its_path(terminal, tmp_path):
    log = tmp_path / "leaf.log"
    log.write_text("".join(f"epoch {epoch}\n" for epoch in range(1, 101)))
    start(3)
    logger.error("RuleException:\nCalledProcessError in file leaves.smk", extra={"event": LogEvent.ERROR})
    fail(3, [log], message="SLURM-job '7' failed", external_jobid=7)
    assert lines(terminal)[1:] == [
        "[ 0 of 12 done, 0:00:00] Failed: Train leaf 00 of snip, seed 0 (rule leaf, job 3)",
        "  message: SLURM-job '7' failed",
        "  external_jobid: 7",
        f"  The end of {log}:",
        *(f"  | epoch {epoch}" for epoch in range(101 - LAST, 101)),
    ]


def test_a_log_that_is_empty_missing_or_no_text_hides_no_failure(terminal, tmp_path):
    (tmp_path / "empty.log").touch()
    (tmp_path / "binary.log").write_bytes(b"\xff\n")
    fail(3, [tmp_path / name for name in ("empty.log", "none.log", "binary.log")])
    assert lines(terminal)[1:] == [
        f"  {tmp_path}/empty.log is empty",
        f"  {tmp_path}/none.log: No such file or directory",
        f"  The end of {tmp_path}/binary.log:",
        "  | \ufffd",
    ]


def test_the_log_of_an_earlier_attempt_is_not_shown_as_that_of_this_one(terminal, tmp_path):
    log, slurm = tmp_path / "leaf.log", tmp_path / "7.log"
    start(3, log=[log])
    log.write_text("epoch 1\n")
    fail(3, [log])
    assert lines(terminal)[-2:] == [f"  The end of {log}:", "  | epoch 1"]
    start(3, log=[log])
    slurm.write_text("no such node\n")
    fail(3, [log, slurm])
    assert lines(terminal)[-3:] == [
        f"  {log} is of an earlier attempt: this one ended before its script began",
        f"  The end of {slurm}:",
        "  | no such node",
    ]
    start(3, log=[log])
    log.write_text("epoch 2\n")
    fail(3, [log])
    assert lines(terminal)[-2:] == [f"  The end of {log}:", "  | epoch 2"]


def test_the_end_of_a_run_names_what_failed_and_did_not_succeed_later(terminal):
    for job, message in ((3, "Train leaf 00 of snip, seed 0"), (4, "Train leaf 01 of snip, seed 0")):
        start(job, message)
        fail(job, [])
    finish(3, done=1)
    logger.error("Exiting because a job execution failed. Look above for error messages")
    assert lines(terminal)[-2:] == ["Failed, see above for why:", "  Train leaf 01 of snip, seed 0 (rule leaf, job 4)"]


def test_after_ctrl_c_jobs_are_stopped_and_have_not_failed(terminal, tmp_path):
    start(3, log=[tmp_path / "none.log"])
    info("Terminating processes on user request, this might take some time.")
    fail(3, [tmp_path / "none.log"])
    assert lines(terminal)[1:] == [
        "Terminating processes on user request, this might take some time.",
        "The same command goes on from here: what is finished is kept, and so are trainings.",
        "[ 0 of 12 done, 0:00:00] Stopped: Train leaf 00 of snip, seed 0",
    ]


def test_filters_stay_and_other_handlers_too(terminal):
    other = logging.NullHandler()
    (mine,) = logger.handlers
    mine.addFilter(lambda record: record.levelno > logging.INFO)
    logger.addHandler(other)
    say_lines({"leaf": 1})
    start(3)
    assert lines(terminal) == [] and other in logger.handlers


def test_the_report_is_made_with_the_config_of_the_run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    config = parse_config(["data={folder: 'a b', seed: 1}", "seeds=[0, 1]", "device=cpu", "truth={column: null}"])
    given = SimpleNamespace(configfiles=[tmp_path / "configs/tiny.yaml"], config=config)
    words = shlex.split(report_hint("results-tiny", given).partition(": ")[2])
    command = "snakemake --report results-tiny/report.html --configfile configs/tiny.yaml --config"
    assert words[:6] == command.split()
    assert parse_config(words[6:]) == config
    plain = report_hint("results", SimpleNamespace(configfiles=[], config={}))
    assert plain.endswith(": snakemake --report results/report.html")


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", r"r\xe9sultats \u2192"), ("utf-8", "résultats →")])
def test_a_terminal_gets_what_it_can_show(encoding, shown, monkeypatch):
    """In the locale C, a summary that names a folder with an accent ended a run that had succeeded."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    say("résultats →")
    sys.stdout.flush()
    assert raw.getvalue().decode() == f"{shown}\n"
    monkeypatch.setattr(sys, "stdout", None)
    say("to nobody")
