"""What a run has read from the code of fsnas serves the next run, and only what is still true of it."""

import json

import pytest

from fsnas.lineage import dependencies
from fsnas.lineage.dependencies import digest, reached
from tests.support.users import forget
from tests.workflow.conftest import ROOT
from workflow_scripts import _lineage

FILE = ROOT / "fsnas/metrics/snip.py"


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(dependencies, "KNOWN", {})
    monkeypatch.setattr(dependencies, "KEPT", {})
    forget()
    yield
    forget()


def read():
    forget()
    return digest(FILE), reached(FILE)


def test_a_second_run_reads_no_code_again(tmp_path, monkeypatch):
    expected = read()
    _lineage.keep(tmp_path / "read.json")
    dependencies.KNOWN.clear()
    _lineage.take_over(tmp_path / "read.json")
    monkeypatch.delattr(dependencies, "decisive")
    monkeypatch.delattr(dependencies, "imports")
    assert read() == expected


def test_what_no_file_has_any_more_is_not_kept_for_ever(tmp_path):
    read()
    used = dict(dependencies.KNOWN)
    dependencies.KNOWN["digest of an older content"] = "0123"
    _lineage.keep(tmp_path / "read.json")
    dependencies.KNOWN.clear()
    _lineage.take_over(tmp_path / "read.json")
    read()
    _lineage.keep(tmp_path / "read.json")
    assert json.loads((tmp_path / "read.json").read_text())["known"] == used


@pytest.mark.parametrize("kept", ["", "[]", "{}", '{"reader": "another", "known": {"digest 0": "0"}}'])
def test_what_was_read_by_other_code_or_is_damaged_is_forgotten(kept, tmp_path):
    (tmp_path / "read.json").write_text(kept)
    _lineage.take_over(tmp_path / "read.json")
    assert dependencies.KNOWN == dependencies.KEPT == {}
    read()
    _lineage.keep(tmp_path / "read.json")
    assert json.loads((tmp_path / "read.json").read_text())["known"] == dependencies.KNOWN


def test_where_nobody_may_write_nothing_is_kept(tmp_path):
    (tmp_path / "file").write_text("")
    _lineage.take_over(tmp_path / "file/read.json")
    _lineage.keep(tmp_path / "file/read.json")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
