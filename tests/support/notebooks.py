"""Notebooks, executed."""

import os

import nbformat
from nbclient import NotebookClient


def run(path, **environment):
    """Execute a notebook as it stands, and return what its cells printed or showed: as text, and as they are."""
    book = nbformat.read(path, as_version=4)
    client = NotebookClient(book, timeout=600, resources={"metadata": {"path": str(path.parent)}})
    client.execute(env={**os.environ, "OMP_NUM_THREADS": "1", **environment})
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    return [output.get("text") or output["data"].get("text/plain", "") for output in outputs], outputs
