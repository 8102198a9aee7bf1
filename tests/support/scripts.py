"""The scripts of the workflow as modules, so that their functions can be called."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

FOLDER = str(Path(__file__).resolve().parents[2] / "workflow_scripts")


def script(name: str) -> ModuleType:
    """Import a script, which finds its neighbours as it does in a job: by their folder on the path."""
    sys.path.insert(0, FOLDER)
    try:
        return importlib.import_module(f"workflow_scripts.{name}")
    finally:
        sys.path.remove(FOLDER)
