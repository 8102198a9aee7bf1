"""The environment is stated four times (pyproject, pins, two conda files): here they agree, and bind to no machine."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from snakemake.exceptions import WorkflowError

from tests.support.config import ROOT
from workflow_scripts._versions import SNAKEMAKE, check_snakemake, missing_parts

CONDA_NAMES = {"matplotlib-base": "matplotlib", "pytorch": "torch", "snakemake-minimal": "snakemake"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINNED = [
    Requirement(line)
    for line in (ROOT / "requirements.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]
VERSIONS = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in PINNED if pin.specifier}

# Written so that the patterns do not match themselves.
REGISTRY = re.compile(
    r"\b(pypi|pythonhosted|npmjs|anaconda|conda)\.(org|com|io)\b|--?(extra-)?(index|find)-(url|links)\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.~}])/(root|work|home|opt|mnt|Users)/\w|(?<![\w.~}])/tmp/\w")


def project_files():
    """Every file that git tracks, as text; binary files are left out."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode("utf-8", errors="replace")


def found_in_project(pattern):
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in project_files()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_snakemake_is_bound_to_the_versions_it_was_tried_with():
    """In pyproject, in the Snakefile, which older ones read first, and before anything undocumented is used."""
    (stated,) = [r.specifier for r in map(Requirement, PROJECT["dependencies"]) if r.name == "snakemake"]
    assert stated == SpecifierSet(SNAKEMAKE) and VERSIONS["snakemake"] in stated
    assert f'min_version("{next(s.version for s in stated if s.operator == ">=")}")' in (ROOT / "Snakefile").read_text()
    check_snakemake()
    check_snakemake("9.99.1")
    for found in ("9.26.1", "8.0.0", "10.0.0", "11.2"):
        with pytest.raises(WorkflowError, match=rf"found {found}, expected .*; install .*: pip install 'snakemake>="):
            check_snakemake(found)
    assert missing_parts() == [], "what fsnas uses of Snakemake beyond its documentation: correct _snakemake.py"
    others = {"snakemake.dag:DAG": "needrun_jobs jobs_of_tomorrow", "snakemake.nowhere:X": "x"}
    assert missing_parts(others) == ["snakemake.dag:DAG.jobs_of_tomorrow", "snakemake.nowhere:X"]
    text = (ROOT / "rules/common.smk").read_text()
    others = re.findall("from workflow_scripts.*", text)[1:]
    assert len(others) > 5 and text.index("\ncheck_snakemake()\n") < min(map(text.index, others))


def test_every_pin_is_exact_and_unique():
    assert [str(pin) for pin in PINNED if [s.operator for s in pin.specifier] != ["=="] or pin.url] == []
    assert len(VERSIONS) == len(PINNED)


@pytest.mark.parametrize("line", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]])
def test_pins_satisfy_pyproject(line):
    wanted = Requirement(line)
    version = VERSIONS.get(canonicalize_name(wanted.name))
    assert version is not None, f"{wanted.name} is not in requirements.txt: make pins"
    assert wanted.specifier.contains(version), f"requirements.txt has {wanted.name} {version}, pyproject.toml {line}"


@pytest.mark.parametrize("name", ["cpu", "gpu"])
def test_conda_environment_agrees_with_the_pins(name):
    dependencies = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())["dependencies"]
    packages = [d for d in dependencies if isinstance(d, str) and d != "pip"]
    packages += [p for d in dependencies if isinstance(d, dict) for p in d["pip"]]
    wanted = {r.name: r.specifier for r in map(Requirement, packages)}
    assert wanted.pop("python") == SpecifierSet(PROJECT["requires-python"])
    found = {CONDA_NAMES.get(conda_name, conda_name): str(specifier) for conda_name, specifier in wanted.items()}
    assert found == {pip_name: f"=={VERSIONS[canonicalize_name(pip_name)]}" for pip_name in found}


def test_makefile_takes_the_pythons_of_pyproject():
    bounds = re.search(r"\((\d+), (\d+)\) <= sys\.version_info < \((\d+), (\d+)\)", (ROOT / "Makefile").read_text())
    low, high = f"{bounds[1]}.{bounds[2]}", f"{bounds[3]}.{bounds[4]}"
    assert SpecifierSet(PROJECT["requires-python"]) == SpecifierSet(f">={low},<{high}")


def test_citation_has_the_version_of_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert Version(citation["version"]) == Version(PROJECT["version"])
    released = re.findall(r"^## \[([\d.]+)\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert released[0] == (citation["version"], citation["date-released"])


def test_no_file_names_a_package_registry():
    assert found_in_project(REGISTRY) == []


def test_no_file_names_a_path_of_a_machine():
    assert found_in_project(MACHINE_PATH) == []


def test_the_metric_shown_in_contributing_is_the_real_one():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = text.partition("`fsnas/metrics/snip.py`:\n\n")[2].partition("\n- `direction`")[0]
    code = (ROOT / "fsnas/metrics/snip.py").read_text(encoding="utf-8")
    assert "\n".join(line[4:] for line in shown.rstrip().splitlines()) == code.rstrip()


def test_scripts_of_the_cpu_environment_import_neither_torch_nor_optuna():
    rules = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
    blocks = re.split(r"^ *rule ", rules, flags=re.M)[1:]
    scripts = {re.search(r"workflow_scripts/(\w+)\.py", block).group(1) for block in blocks if "envs/cpu.yaml" in block}
    assert {"splits", "tree", "comparison", "proxies"} <= scripts
    code = (
        "import importlib, sys; sys.path[:0] = ['workflow_scripts', '.']\n"
        f"for name in {sorted(scripts)}: importlib.import_module(name)\n"
        "print({'torch', 'optuna'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
