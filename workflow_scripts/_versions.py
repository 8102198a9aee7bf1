"""The versions of what computes the results, and of Snakemake, which the workflow is bound to."""

import platform
from importlib.metadata import PackageNotFoundError, version

from packaging.specifiers import SpecifierSet
from snakemake.exceptions import WorkflowError

# Parts of Snakemake that its documentation does not promise are used. As in pyproject.toml; a test compares them.
SNAKEMAKE = ">=9.27,<10"
PACKAGES = ["fsnas", "torch", "torchvision", "numpy", "scipy", "scikit-learn", "pandas", "h5py", "optuna", "matplotlib"]


def check_snakemake(found: str | None = None) -> None:
    """Check that Snakemake is of a version that this workflow was tried with.

    Raises
    ------
    WorkflowError
        If it is not.
    """
    found = found or version("snakemake")
    if not SpecifierSet(SNAKEMAKE).contains(found, prereleases=True):
        raise WorkflowError(
            f"Snakemake: found {found}, expected {SNAKEMAKE}: this workflow uses parts of it that other versions may "
            f"lack; install one that fits: pip install 'snakemake{SNAKEMAKE}'"
        )


def versions() -> str:
    """Return the versions of Python, of Snakemake and of the packages that are installed, and the platform."""
    named = [f"{name} {found}" for name in [*PACKAGES, "snakemake"] if (found := _version(name))]
    return f"{', '.join(named)}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
