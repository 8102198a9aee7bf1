"""A copy of the checkout, and the tiny workflow run for real in it, once per session."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ["Snakefile", "config.yaml", "rules", "workflow_scripts", "fsnas", "configs", "profiles", "slurm", "envs"]


def copy_checkout(folder: Path) -> Path:
    """Copy what a run needs into ``folder``."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    return folder


def snakemake(folder: Path, *arguments: str, expect: int = 0) -> str:
    """Run Snakemake in ``folder`` and return what it printed."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == expect, done.stdout[-6000:]
    return done.stdout


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of a finished tiny run, and what it printed. Tests must not change it."""
    folder = copy_checkout(tmp_path_factory.mktemp("tiny"))
    return folder, snakemake(folder, "--cores", "2", "--configfile", "configs/tiny.yaml")
