"""fsnas doctor: what a bug report needs, on one screen, and what is wrong."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from fsnas.cli import main
from fsnas.commands import doctor
from fsnas.lineage.commit import version_and_commit
from tests.support.config import ROOT


def test_it_says_all_of_it_on_one_screen(tmp_path, capsys):
    assert main(["doctor", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = dict(line.split(":", 1) for line in lines)
    assert len(lines) <= 20 and said["problems"].strip() == "none"
    assert version_and_commit() in said["fsnas"] and f"checkout {ROOT}" in said["fsnas"]
    assert "cards: " in said["torch"] and "GB free, can be written, files can be locked" in said["folder"]
    assert "snakemake 9." in said["versions"] and {"Python", "machine", "SLURM"} <= {*said}
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_a_problem(tmp_path, capsys):
    assert main(["doctor", str(tmp_path / "gone")]) == 1
    said = capsys.readouterr().out
    assert (
        "gone cannot be written (No such file or directory); run in another one: snakemake --directory FOLDER" in said
    )


def test_a_full_disk_and_one_without_locks_are_problems(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError(37, os.strerror(37))

    monkeypatch.setattr(doctor.fcntl, "flock", refused)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: namedtuple("Usage", "free")(5e8))
    problems: list[str] = []
    assert "no locks" in doctor._folder(tmp_path, problems)
    assert [" ".join(problem.split()[-4:]) for problem in problems] == [
        "on another disk: outdir",
        "outdir to another disk",
    ]


@pytest.mark.parametrize(
    ("needed", "problem"),
    [
        ("numpy>=99", "fsnas needs numpy>=99: pip install 'numpy>=99'"),
        ("no-such-package>=1", "no-such-package is not installed; fsnas needs no-such-package>=1: pip install"),
    ],
)
def test_a_package_that_does_not_fit_is_a_problem(needed, problem, monkeypatch):
    monkeypatch.setattr(doctor, "_requirements", lambda: iter([Requirement(needed)]))
    problems: list[str] = []
    doctor._versions(problems)
    (said,) = problems
    assert problem in said


def test_what_the_environment_has_is_what_the_package_needs():
    assert {"snakemake", "torch", "pydantic"} <= {needed.name for needed in doctor._requirements()}
    assert "pytest" not in {needed.name for needed in doctor._requirements()}


def test_slurm_says_its_version_and_its_partitions(tmp_path, monkeypatch):
    sinfo = tmp_path / "sinfo"
    sinfo.write_text('#!/bin/sh\ntest "$1" = --version && echo slurm 24.05 || printf "gpu* 4 up\\ncpu 9 up\\n"\n')
    sinfo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert doctor._slurm() == "slurm 24.05; partitions, nodes, state: gpu* 4 up | cpu 9 up"
    sinfo.write_text('#!/bin/sh\ntest "$1" = --version && echo slurm 24.05 || { printf "a\\nb\\n" >&2; exit 1; }\n')
    assert doctor._slurm() == "slurm 24.05; partitions, nodes, state: no answer (b)"
    sinfo.write_text("#!/bin/sh\necho no configuration >&2; exit 1\n")
    assert doctor._slurm() == "no answer (no configuration)"


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: Path(path).stem
)
def test_issue_forms_are_forms(form):
    content = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= {*content}
    assert all({"type", "attributes"} <= {*part} for part in content["body"])
