"""The files of a figure: whole or not at all, as PDF or PNG."""

import pytest
from matplotlib.figure import Figure

from fsnas.artifacts.figure import write_figure
from fsnas.errors import FsnasError


def test_another_format_is_refused_with_those_that_are_written(tmp_path):
    with pytest.raises(FsnasError, match=r"figure\.svg: figures are written as \.png or \.pdf"):
        write_figure([tmp_path / "figure.svg"], Figure())
