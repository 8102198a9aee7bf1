"""Where the workflow lies: around the library in a checkout, inside of it in an installed package."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
INSTALLED = PACKAGE / "workflow"  # what setup.py puts there: the files beside the Snakefile, as they lie in a checkout
WORKFLOW = INSTALLED if INSTALLED.is_dir() else PACKAGE.parent
SNAKEFILE = str(WORKFLOW / "Snakefile")
