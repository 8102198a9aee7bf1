"""``fsnas doctor``: all of a machine and an environment that a bug report needs, and what is wrong with them."""

import fcntl
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from fsnas.lineage.commit import version_and_commit
from fsnas.places import INSTALLED, WORKFLOW

LEAST = 1e9  # bytes: a run of the default config takes less, one on CIFAR-10 does not
SHOWN = ("snakemake", "snakemake-executor-plugin-slurm", "torchvision", "numpy", "h5py", "pandas", "optuna", "pydantic")
VARIABLES = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "PYTHONPATH", "SLURM_JOB_ID")
SECONDS = 10  # that a command of SLURM may take


def examined(folder: str | Path) -> dict[str, Any]:
    """Return what is here, by name, and under ``problems`` what a run in ``folder`` would stumble over.

    torch is imported for its cards. In ``folder``, a temporary file is made and removed.
    """
    folder = Path(folder)
    problems: list[str] = []
    found = {
        "fsnas": f"{version_and_commit()}, {'package' if WORKFLOW == INSTALLED else 'checkout'} {WORKFLOW}",
        "Python": f"{platform.python_version()}, {sys.executable}",
        "machine": f"{platform.platform()}, {len(os.sched_getaffinity(0))} of {os.cpu_count()} cores",
        "torch": _torch(problems),
        "SLURM": _slurm(),
        "folder": _folder(folder, problems),
        "versions": _versions(problems),
        "environment": ", ".join(f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ) or "-",
    }
    return {**found, "problems": problems}


def _torch(problems: list[str]) -> str:
    """Return its version and the cards that it can use."""
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a library that it loads is missing
        problems.append(f"torch cannot be imported ({error}); install it again: pip install --force-reinstall torch")
        return "cannot be imported"
    built = f"{torch.__version__}, built for {'CUDA ' + torch.version.cuda if torch.version.cuda else 'the CPU'}"
    cards = []
    try:
        for number in range(torch.cuda.device_count()):
            card = torch.cuda.get_device_properties(number)
            cards.append(f"{card.name} ({card.total_memory / 2**30:.0f} GiB)")
        torch.zeros(1, device="cuda" if cards else "cpu")
    except RuntimeError as error:
        problems.append(
            f"torch cannot use a card ({str(error).partition(chr(10))[0]}); update the driver, or device: cpu"
        )
    here = sum(device.name.removeprefix("nvidia").isdigit() for device in Path("/dev").glob("nvidia*"))
    if here and not cards and os.environ.get("CUDA_VISIBLE_DEVICES") is None:
        problems.append(f"this machine has {here} cards and torch sees none; install a torch that fits the driver")
    return f"{built}; cards: {', '.join(cards) or 'none, so jobs run on the CPU'}"


def _slurm() -> str:
    """Return what SLURM says of itself and whether its controller answers."""
    if not (command := shutil.which("sinfo")):
        return "none (no sinfo in PATH)"
    said = []
    for arguments in (["--version"], ["--noheader", "--format=%P %D %a"]):
        try:
            done = subprocess.run([command, *arguments], capture_output=True, text=True, timeout=SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            said.append(f"no answer ({error})")
            continue
        lines = (done.stdout or done.stderr).strip().split("\n")
        said.append(f"no answer ({lines[-1]})" if done.returncode else " | ".join(lines))
    return "; partitions, nodes, state: ".join(dict.fromkeys(said))  # one error of both, once


def _folder(folder: Path, problems: list[str]) -> str:
    """Return where it is, the space on its disk, and whether files can be written and locked there."""
    try:
        free = shutil.disk_usage(folder).free
        with tempfile.TemporaryFile(dir=folder) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                locks = "files can be locked"
            except OSError as error:
                locks = f"no locks ({error.strerror})"
                problems.append(f"files in {folder} cannot be locked; results belong on another disk: outdir")
    except OSError as error:
        problems.append(
            f"{folder} cannot be written ({error.strerror}); run in another one: snakemake --directory FOLDER"
        )
        return f"{folder.absolute()}, {error.strerror}"
    if free < LEAST:
        problems.append(f"{folder} has {free / 1e9:.1f} GB of space; make room, or set outdir to another disk")
    return f"{folder.absolute()}, {free / 1e9:.0f} GB free, can be written, {locks}"


def _versions(problems: list[str]) -> str:
    """Return the versions of what fsnas needs; one that does not fit is a problem."""
    found = {}
    for needed in _requirements():
        try:
            found[needed.name] = importlib.metadata.version(needed.name)
        except importlib.metadata.PackageNotFoundError:
            problems.append(f"{needed.name} is not installed; fsnas needs {needed}: pip install '{needed}'")
            continue
        if not needed.specifier.contains(found[needed.name], prereleases=True):
            problems.append(f"{needed.name} is {found[needed.name]}; fsnas needs {needed}: pip install '{needed}'")
    return ", ".join(f"{name} {found[name]}" for name in SHOWN if name in found)


def _requirements() -> Iterator[Requirement]:
    """Yield what the installed package says that it needs; of a checkout that is not installed nothing."""
    try:
        lines = importlib.metadata.requires("fsnas") or []
    except importlib.metadata.PackageNotFoundError:
        return
    for needed in map(Requirement, lines):
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield needed
