"""The versions of what computes the results, for the summary."""

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ["fsnas", "torch", "torchvision", "numpy", "scipy", "scikit-learn", "pandas", "h5py", "optuna", "matplotlib"]


def versions() -> str:
    """Return the versions of Python, of Snakemake and of the packages that are installed, and the platform."""
    named = [f"{name} {found}" for name in [*PACKAGES, "snakemake"] if (found := _version(name))]
    return f"{', '.join(named)}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
