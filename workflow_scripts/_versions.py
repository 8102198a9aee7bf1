"""The versions of what computes the results, and of Snakemake, which the workflow is bound to."""

import platform
from importlib.metadata import PackageNotFoundError, version

from packaging.specifiers import SpecifierSet
from snakemake.exceptions import WorkflowError

from fsnas.lineage.commit import version_and_commit

# Parts of Snakemake that its documentation does not promise are used. As in pyproject.toml; a test compares them.
SNAKEMAKE = ">=9.27,<10"
PACKAGES = ["torch", "torchvision", "numpy", "scipy", "scikit-learn", "pandas", "h5py", "optuna", "matplotlib"]


def check_snakemake(found: str | None = None) -> None:
    """Raise a `WorkflowError` unless Snakemake is of a version that this workflow was tried with."""
    found = found or version("snakemake")
    if not SpecifierSet(SNAKEMAKE).contains(found, prereleases=True):
        raise WorkflowError(
            f"Snakemake: found {found}, expected {SNAKEMAKE}: this workflow uses parts of it that other versions may "
            f"lack; install one that fits: pip install 'snakemake{SNAKEMAKE}'"
        )


def versions() -> str:
    """Return the versions of fsnas (with its commit), Python, Snakemake and installed packages, and the platform."""
    named = [f"{name} {found}" for name in [*PACKAGES, "snakemake"] if (found := _version(name))]
    named += [f"Python {platform.python_version()}", f"{platform.system()} {platform.machine()}"]
    return ", ".join([f"fsnas {version_and_commit()}", *named])


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
