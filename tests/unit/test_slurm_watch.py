"""Whose jobs are orphans, and which reasons to wait pass by themselves. SLURM itself: tests/workflow/test_slurm.py."""

import os
import subprocess
import sys

import pytest

from workflow_scripts._slurm import _alive, _explained, _process

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
    assert said == ("" if reason in FOR_A_WHILE else f"{told}`scancel 12` lets Snakemake go on.")


def test_a_job_that_starts_again_is_told():
    said = _explained("12", "rule_leaf_wildcards_gm_0", "BeginTime")
    assert "SLURM job 12 (rule_leaf_wildcards_gm_0) was requeued: it was preempted, or its node failed." in said


def test_a_run_is_an_orphan_when_its_process_is_gone():
    assert _alive(_process(os.getpid()))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lives = _process(child.pid)
    assert _alive(lives)
    child.communicate(b"\n")
    assert not _alive(lives)
    host, pid, started = _process(os.getpid()).split()
    assert not _alive(f"{host} {pid} {int(started) + 1}"), "another process has its number now"
    assert not _alive(f"elsewhere {pid} {started}"), "the lock says that nobody else is here"
    assert not _alive(""), "killed while it wrote its name"
