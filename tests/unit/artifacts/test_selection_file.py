"""rung-1/selection.json: what is written is read back; each damage is an error that names file and field."""

import pytest

from fsnas.artifacts.selection import read_selection, write_selection
from fsnas.search.selection import LeafScore, Selection

RANKING = (LeafScore("10", 2, 0.75, 0.1 + 0.2), LeafScore("0", 0, 0.5, 1.5), LeafScore("11", 1, 0.5, 2.5))
SETTINGS = {"seed": 3, "sampled": 16, "machine": {"device": "cpu"}}


def write(path, ranking=RANKING, keep=2):
    write_selection(path, ranking, keep=keep, key="0123456789abcdef", settings=SETTINGS)


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "rung-1" / "selection.json")
    return tmp_path / "rung-1" / "selection.json"


def test_a_selection_reads_back(path):
    found = read_selection(path)
    assert found == Selection(RANKING, 2, "0123456789abcdef")
    assert found.kept == RANKING[:2]
    types = [(str, int, float, float)] * 3
    assert [tuple(map(type, (j.leaf, j.number, j.accuracy, j.loss))) for j in found.ranking] == types


@pytest.mark.parametrize("keep", [1, 3])
def test_the_best_go_on_one_at_least_and_all_at_most(keep, path):
    write(path, keep=keep)
    assert read_selection(path).kept == RANKING[:keep]
