"""The commit of the code that runs, as artifacts and ``fsnas --version`` say it."""

import functools
import importlib.metadata
import json
import os
import subprocess
from collections.abc import MutableMapping
from pathlib import Path

from fsnas.places import WORKFLOW

ROOT = WORKFLOW
CODE = ("fsnas", "workflow_scripts", "rules", "Snakefile")  # what else is changed decides no result, or is an option
BUILT = "commit.txt"  # what setup.py writes into a package: the commit that it was built from
UNKNOWN = "unknown"
CHANGES = "+changes"
VARIABLE = "FSNAS_COMMIT"  # what a run hands to its jobs, so that git is asked once a run


def version_and_commit() -> str:
    """Return version and commit as people read them: ``0.1.0 (commit 0123...)``."""
    try:
        version = importlib.metadata.version("fsnas")
    except importlib.metadata.PackageNotFoundError:
        version = "not installed"
    return f"{version} (commit {commit()})"


def commit() -> str:
    """Return the commit of the code: of the run that this job is part of, of the clone, or of the installed package.

    Returns
    -------
    str
        40 hexadecimal digits, with ``+changes`` where the code has changes or files that are not committed; ``unknown``
        without git or for code that came without its history (a tarball, a copy).
    """
    return os.environ.get(VARIABLE) or _own()


def hand_to_jobs(environment: MutableMapping[str, str]) -> None:
    """Let the jobs of this run find the commit in their ``environment``."""
    environment[VARIABLE] = _own()


@functools.cache
def _own() -> str:
    return _of_clone(ROOT) if (ROOT / ".git").exists() else _of_package()


def _of_clone(root: Path) -> str:
    """Return commit and state of a clone, from one call of git that writes nothing."""
    command = ["git", "--no-optional-locks", "-C", str(root), "status", "--porcelain=v2", "--branch", "--", *CODE]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    lines = done.stdout.splitlines()
    found = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), "")
    if not set(found) <= set("0123456789abcdef") or not found:  # of no commit yet git says (initial)
        return UNKNOWN
    return found + (CHANGES if any(not line.startswith("#") for line in lines) else "")


def _of_package() -> str:
    """Return the commit that the package was built from, or from which pip says that it has installed it."""
    built = ROOT / BUILT
    if built.is_file():
        return built.read_text(encoding="utf-8").strip()
    try:
        said = importlib.metadata.distribution("fsnas").read_text("direct_url.json")
        return str(json.loads(said or "{}")["vcs_info"]["commit_id"])
    except (importlib.metadata.PackageNotFoundError, ValueError, KeyError, TypeError):
        return UNKNOWN
