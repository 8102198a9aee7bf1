"""The notebook of the library runs from its first cell to its last, and both are kept without outputs."""

import nbformat
import pytest

from tests.support.config import ROOT
from tests.support.notebooks import run

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path):
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert code and not any(cell.outputs or cell.execution_count for cell in code)
    width = max(len(line) for cell in book.cells for line in cell.source.splitlines())
    assert width <= 120


def test_the_library_by_itself_from_digits_to_a_split_distance():
    texts, outputs = run(ROOT / "notebooks/library.ipynb")
    assert any("edge " in text and "cost" in text for text in texts)
    (picture,) = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(picture["data"]["image/png"]) > 10_000
    assert "gradnorm" in texts[-1] and "random" in texts[-1]
