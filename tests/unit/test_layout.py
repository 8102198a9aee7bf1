"""Imports run one way, and what is to start fast imports no torch."""

import ast
from pathlib import Path

import pytest

from tests.support.config import ROOT

BASE = {"errors", "fields", "seeding", "registry", "lineage", "pickles", "places", "HOMES"}
# What each package may import of fsnas, beside itself and the base.
BELOW = {
    "spaces": set(),
    "networks": {"spaces"},
    "data": set(),
    "metrics": {"spaces", "networks"},
    "training": {"spaces", "networks", "data", "devices"},
    "splitting": {"spaces", "networks", "data", "metrics", "training"},
    "search": {"spaces", "networks", "data", "training", "splitting"},
    "benchmark": {"spaces"},
    "analysis": {"spaces", "splitting", "search", "benchmark"},
    "plotting": {"spaces", "splitting", "analysis"},
    "lineage": {"metrics", "spaces", "splitting"},
    "artifacts": {"spaces", "networks", "data", "training", "splitting", "search", "benchmark"},
    "commands": {"spaces", "networks", "artifacts"},
    "inspecting": {"spaces", "data", "training", "splitting", "search", "benchmark", "analysis", "artifacts"},
}


def imported(path: Path) -> set[str]:
    """The names below fsnas that a file imports anywhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module] if node.module != "fsnas" else [f"fsnas.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("fsnas.")}
    return found


@pytest.mark.parametrize("package", BELOW)
def test_imports_run_one_way(package):
    files = sorted((ROOT / "fsnas" / package).rglob("*.py"))
    assert files
    for path in files:
        others = imported(path) - {package} - BASE
        assert others <= BELOW[package], f"{path.relative_to(ROOT)} imports {others - BELOW[package]}"


def test_every_package_has_its_place():
    packages = {path.parent.name for path in (ROOT / "fsnas").glob("*/__init__.py")}
    assert packages == set(BELOW)
