"""A copy of the checkout, and the tiny workflow run for real in it, once per session."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

from fsnas.artifacts.lineage import read_lineage
from fsnas.artifacts.scores import read_scores
from fsnas.artifacts.training_cost import read_training_cost
from tests.support import snakemakes

signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background ignores it, and its children too

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
PARTS = ["Snakefile", "config.yaml", "rules", "workflow_scripts", "fsnas", "configs", "profiles", "slurm", "envs"]


def copy_checkout(folder: Path) -> Path:
    """Copy what a run needs into ``folder``."""
    folder.mkdir(exist_ok=True)
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
    code, printed = snakemakes.run(folder, arguments, environment)
    assert code == expect, printed[-6000:]
    return printed


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of a finished tiny run, and what it printed. Tests must not change it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tiny"  # one for all workers
    said = folder.parent / "tiny.txt"
    with FileLock(f"{said}.lock"):
        if not said.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            said.write_text(snakemake(copy_checkout(folder), "--cores", "2", "--configfile", "configs/tiny.yaml"))
    return folder, said.read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the Chromium of the system."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None and not os.environ.get("CI"):
        pytest.skip("no Chromium on this machine: apt install chromium")
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=program)


TIMED = {"summary", "few_shot_summary", "training_cost", "cost"}  # these tell seconds, or are drawn from them


def assert_same_results(expected: Path, found: Path) -> None:
    """Check that every result in ``expected`` is in ``found``, byte by byte but for what tells seconds."""
    files = [
        path
        for path in sorted(expected.rglob("*"))
        if path.suffix in {".h5", ".pt", ".json", ".csv", ".png", ".pdf"} and ".state" not in path.parts
    ]
    assert len(files) > 40
    for first in files:
        second = found / first.relative_to(expected)
        if first.name.startswith("scores") and first.suffix == ".h5":
            assert read_lineage(first) == read_lineage(second), first
            nodes, others = read_scores(first)[0], read_scores(second)[0]
            for (path, a), (_, b) in zip(nodes.items(), others.items(), strict=True):
                for name in ("space", "scores", "affinity"):
                    np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=f"{first}: {path}/{name}")
        elif first.suffix == ".json" and json.loads(first.read_text())["format"] == "fsnas.cost":
            costs = [replace(read_training_cost(path), seconds=0, device_seconds=0) for path in (first, second)]
            assert costs[0] == costs[1], first
            assert read_lineage(first) == read_lineage(second), first
        elif first.stem not in TIMED:
            assert first.read_bytes() == second.read_bytes(), first
