"""Which jobs are cancelled, which lost, and which wait in vain. SLURM itself: tests/workflow/test_slurm.py."""

import asyncio
from threading import Lock
from types import SimpleNamespace

import pytest
from snakemake.exceptions import WorkflowError

from workflow_scripts import _slurm
from workflow_scripts._live_runs import EndedRun, Mark
from workflow_scripts._slurm import LOST, Job, Watch, _cancel, _explained
from workflow_scripts._snakemake import Submissions

FOR_A_WHILE = [
    *("None", "Priority", "Resources", "Dependency", "Licenses", "Reservation", "Prolog"),
    *("QOSGrpCpuLimit", "AssocGrpGRES", "QOSMaxJobsPerUserLimit", "AssocMaxJobsLimit", "QOSMaxGRESPerUser"),
    *("JobArrayTaskLimit", "AssocGrpCpuLimit"),
]
FOR_EVER = [
    *("PartitionTimeLimit", "PartitionConfig", "PartitionNodeLimit", "PartitionDown", "PartitionInactive"),
    *("BadConstraints", "JobHeldUser", "JobHeldAdmin", "launch failed requeued held", "InvalidAccount", "InvalidQOS"),
    *("QOSMaxWallDurationPerJobLimit", "AssocMaxWallDurationPerJobLimit", "QOSMaxMemoryPerJob"),
    "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions",
    "ReqNodeNotAvail, UnavailableNodes:gpu1",
]


@pytest.mark.parametrize("reason", FOR_A_WHILE + FOR_EVER)
def test_a_reason_that_does_not_pass_is_told(reason):
    said = _explained("12", "rule_leaf_wildcards_gm_0", reason)
    told = f"SLURM job 12 (rule_leaf_wildcards_gm_0) does not start: {reason}. docs/cluster.md says what to do; "
    assert said.startswith("" if reason in FOR_A_WHILE else f"{told}`scancel 12` lets Snakemake go on (where it asks ")
    assert bool(said) == (reason in FOR_EVER)


def test_a_job_that_starts_again_is_told():
    said = _explained("12", "rule_leaf_wildcards_gm_0", "BeginTime")
    assert "SLURM job 12 (rule_leaf_wildcards_gm_0) was requeued: it was preempted, or its node failed." in said


class Scheduler:
    """What the watch sees of Snakemake's."""

    def __init__(self, executor=None):
        self.running, self._tofinish, self._toerror, self._lock = set(), [], [], Lock()
        self.reported = []
        nothing = dict.fromkeys(["check_active_jobs", "report_job_success", "report_job_error"])
        self._executor = executor or SimpleNamespace(**nothing)
        self._executor.run_uuid, self._executor._submitted_job_clusters = "name", set()
        self._executor.report_job_submission = lambda info, **options: self.reported.append((info, options))

    def submit(self, number, job=None):
        job = job or Work()
        self.running.add(job)
        info = SimpleNamespace(job=job, external_jobid=number)
        self._executor.report_job_submission(info, register_job=True)
        assert self.reported[-1] == (info, {"register_job": True}), "Snakemake hears of it as ever"
        return job


class Work:
    """A job of Snakemake."""

    attempt = 1


def queued(*numbers):
    return [Job(number, "rule_leaf", "RUNNING", "None", "/here") for number in numbers]


def submissions(scheduler):
    settings = SimpleNamespace(init_seconds_before_status_checks=40)
    return Submissions(SimpleNamespace(scheduler=scheduler, executor_settings=settings))


@pytest.fixture
def watch():
    return Watch(submissions(Scheduler()))


def looks(watch, jobs, seconds, every=20):
    """All that is said while it is looked for so long."""
    return [line for _ in range(0, seconds, every) for line in watch.look(jobs, every)]


def test_jobs_that_squeue_no_longer_lists_are_lost_after_a_while_and_said_once(watch):
    for number in "345":
        watch.submissions.scheduler.submit(number)
    assert not looks(watch, queued("3", "4", "5"), 1000)
    assert not looks(watch, queued("4"), LOST)
    (line,) = looks(watch, queued("4"), 1000)
    assert line == (
        "Snakemake has lost sight of 2 jobs: it waits for 3, 5, which squeue no longer lists. Ctrl-C, then the same "
        "command; what is finished is used"
    )
    (line,) = looks(watch, [], 1000)
    assert "lost sight of 3 jobs: it waits for 3, 4, 5," in line


@pytest.mark.parametrize(
    "how", ["noticed", "succeeded", "failed", "tried again", "other cluster", "busy", "seen again"]
)
def test_no_job_is_lost_of_which_snakemake_knows(watch, how):
    scheduler = watch.submissions.scheduler
    job = scheduler.submit("3")
    assert not looks(watch, [], LOST)
    if how == "noticed":
        scheduler.running.remove(job)
    elif how in ("succeeded", "failed"):  # and Snakemake waits until its outputs are visible
        (scheduler._tofinish if how == "succeeded" else scheduler._toerror).append(job)
    elif how == "tried again":  # and about to be submitted
        job.attempt += 1
    elif how == "other cluster":
        scheduler._executor._submitted_job_clusters.add("gpus")
    elif how == "busy":
        scheduler._lock.acquire()
    assert not looks(watch, queued("3") if how == "seen again" else [], 1000)
    if how in ("tried again", "seen again"):
        scheduler.submit("4", job)
        (line,) = looks(watch, [], 1000)
        assert "lost sight of 1 jobs: it waits for 4," in line


def test_a_job_that_waits_is_said_once_for_each_reason(watch):
    job = Job("3", "rule_leaf", "PENDING", "PartitionTimeLimit", "/here")
    first, second = [*looks(watch, [job], 100), *looks(watch, [job._replace(reason="JobHeldUser")], 100)]
    assert "SLURM job 3 (rule_leaf) does not start: PartitionTimeLimit" in first and "JobHeldUser" in second
    assert not looks(watch, [job._replace(state="RUNNING", reason="x")], 100)


@pytest.mark.parametrize("answered", [True, False])
def test_no_job_is_forgotten_when_nobody_answers(answered):
    goes_on, succeeded, failed, unheard = jobs = [SimpleNamespace(name=name) for name in "abcd"]
    reported = []

    class Executor:
        def report_job_success(self, info):
            reported.append(info)

        def report_job_error(self, info, msg=None, **about):
            reported.append((info, msg, about))

        async def check_active_jobs(self, active):
            assert active is jobs
            if answered:
                self.report_job_success(succeeded)
                yield goes_on
                self.report_job_error(failed, msg="FAILED", aux_logs=["7.log"])

    executor = submissions(Scheduler(Executor())).executor

    async def asked():
        return [info async for info in executor.check_active_jobs(jobs)]

    assert asyncio.run(asked()) == ([goes_on, unheard] if answered else jobs)
    assert reported == ([succeeded, (failed, "FAILED", {"aux_logs": ["7.log"]})] if answered else [])


@pytest.fixture
def left(tmp_path):
    return EndedRun(tmp_path / "run-name", Mark(host="login2", folder="/here"))


@pytest.fixture
def queue(monkeypatch):
    """Jobs in squeue; those that are cancelled leave it."""
    jobs, cancelled = [], []
    monkeypatch.setattr(_slurm, "_jobs", lambda name: list(jobs) if name == "name" else [])
    monkeypatch.setattr(_slurm.shutil, "which", lambda program: "/bin/squeue")

    def run(command, **options):
        cancelled.extend(command[1:])
        jobs.clear()
        return SimpleNamespace(stderr="")

    monkeypatch.setattr(_slurm.subprocess, "run", run)
    return jobs, cancelled


def test_jobs_of_this_folder_are_cancelled(queue, left, tmp_path):
    jobs, cancelled = queue
    _cancel(left, "/here")
    assert not cancelled, "nothing to cancel"
    (tmp_path / "link").symlink_to(tmp_path)
    jobs += [Job(number, "rule_leaf", "RUNNING", "None", str(tmp_path)) for number in "34"]
    _cancel(left, str(tmp_path / "link"))
    assert cancelled == ["3", "4"]


def test_jobs_of_another_folder_are_left_alone_and_said(queue, left):
    jobs, cancelled = queue
    jobs += queued("3", "4")
    with pytest.raises(WorkflowError, match=r"submitted from /here, and so are left alone. .* type: scancel 3 4; then"):
        _cancel(left, "/there")
    assert not cancelled
    _slurm.subprocess.run(["scancel", "3", "4"])
    _cancel(left, "/there")


def test_jobs_that_nobody_can_ask_for_are_said(monkeypatch, left):
    monkeypatch.setattr(_slurm.shutil, "which", lambda program: None)
    with pytest.raises(WorkflowError) as error:
        _cancel(left, "/here")
    assert f"`squeue --name name` lists none there, remove {left.path} and run again here" in str(error.value)


def test_a_squeue_that_does_not_answer_is_said(monkeypatch, tmp_path):
    squeue = tmp_path / "squeue"
    squeue.write_text("#!/bin/sh\necho no controller >&2; exit 1\n")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(WorkflowError, match="squeue .*--name name .*: no controller; run again when squeue answers"):
        _slurm._jobs("name")
