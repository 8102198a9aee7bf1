"""What the set-up says, in one line, when something is missing on the machine; nothing is installed here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.config import ROOT

NO_PYTHON = r"fsnas needs Python 3.11, 3.12 or 3.13 (found: "
NO_VENV = "has no venv module: type: apt install "
NO_NETWORK = "uv cannot be fetched from PyPI (why: .uv/log): check the network, then type: make setup"
NO_PACKAGES = "The packages could not be installed: check the network and the space on the disk, then type: make setup"


def make(folder, *arguments, **environment):
    """Run `make setup` in a folder with only what it reads, without a uv of the machine."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PIP_", "UV_"))}
    done = subprocess.run(
        ["make", "--no-print-directory", "setup", "UV=.uv/bin/uv", *arguments],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    return [line for line in done.stderr.splitlines() if not line.startswith("make")]


def only(lines, start):
    assert len(lines) == 1 and start in lines[0], lines


@pytest.fixture
def offline(tmp_path):
    """Settings of pip under which nothing can be fetched: an empty folder for an index."""
    (tmp_path / "index").mkdir()
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def test_a_wrong_python_is_named(tmp_path):
    old = tmp_path / "python3.8"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.8.1\n')
    old.chmod(0o755)
    only(make(tmp_path, f"PYTHON={old}"), NO_PYTHON + "Python 3.8.1): install one, then type: make setup PYTHON=")


def test_a_python_without_venv_is_named(tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/ensurepip.py").write_text("raise ImportError\n")
    lines = make(tmp_path, f"PYTHON={sys.executable}", PYTHONPATH=str(tmp_path / "broken"))
    only(lines, NO_VENV)


def test_without_a_network_the_one_line_says_what_to_type(tmp_path, offline):
    only(make(tmp_path, f"PYTHON={sys.executable}", **offline), NO_NETWORK)
    assert (tmp_path / ".uv/log").read_text()
    assert not (tmp_path / ".venv").exists()


def test_packages_that_cannot_be_installed_leave_no_mark_of_success(tmp_path):
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\n[ "$1" = venv ] && mkdir .venv && exit 0\nexit 1\n')
    uv.chmod(0o755)
    only(make(tmp_path, f"PYTHON={sys.executable}", f"UV={uv}"), NO_PACKAGES)
    assert not (tmp_path / ".venv/.installed").exists()


def test_make_run_shows_the_summary_and_makes_the_report_wherever_the_results_are(tmp_path):
    """Where nothing is to be done; Snakemake is a stand-in that only makes a report."""
    outdir = "'~/my # results'  # quoted"
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("fsnas", "workflow_scripts", "rules"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    config = (ROOT / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(config.replace("outdir: results", f"outdir: {outdir}"), encoding="utf-8")
    makes_report = 'test "$1" != --report || echo page > "$2"'
    for name, does in {"python": f'exec "{sys.executable}" "$@"', "snakemake": makes_report}.items():
        file = tmp_path / ".venv/bin" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{does}\n")
        file.chmod(0o755)
    (tmp_path / ".venv/.installed").write_text(f"{tmp_path}\n")
    folder = Path(yaml.safe_load(outdir).replace("~", str(tmp_path)))
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "summary.txt").write_text("What was found\n")
    os.utime(tmp_path / folder / "summary.txt", (0, 0))
    environment = {**os.environ, "HOME": str(tmp_path)}
    command = ["make", "--no-print-directory", "run", "UV=true"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.startswith("Nothing has changed; "), done.stderr
    said, report = f"{folder}/summary.txt says:\nWhat was found\n", f"in a browser: {folder}/report.html\n"
    assert said + "Making the report\n" in done.stdout and done.stdout.endswith(report)
    assert (folder / "report.html").read_text() == "page\n"
    again = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert "Making" not in again.stdout and again.stdout.endswith(report), "it is of this summary already"
