"""What all formats share: a file appears whole or not at all, and says what it is."""

import json
import os
from contextlib import contextmanager

import pytest

from fsnas.artifacts.files import load_json, replacing, write_json, write_text
from fsnas.errors import ArtifactError


@contextmanager
def umask(value):
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "deep" / "er" / "table.csv"
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == path.parent  # a rename is atomic within one file system only
        assert temporary.name.startswith(".table.csv.")  # hidden from globs and from people
    assert path.read_text() == "new" and names(path.parent) == ["table.csv"]


@pytest.mark.parametrize("name", ["scores.h5", "figure.pdf", "archive.tar.gz"])
def test_the_temporary_name_keeps_the_suffix(name, tmp_path):
    with replacing(tmp_path / name) as temporary:
        assert temporary.suffix == (tmp_path / name).suffix  # what matplotlib and others tell the format by
        temporary.write_text("")
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", [None, "old"])
def test_a_failure_leaves_the_old_file_and_no_temporary(old, error, tmp_path):
    path = tmp_path / "tree.json"
    if old is not None:
        path.write_text(old)
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_text("half of the n")
        raise error
    assert names(tmp_path) == ([] if old is None else ["tree.json"])
    assert old is None or path.read_text() == old


def test_a_writer_that_removes_or_replaces_the_temporary_file_is_fine(tmp_path):
    path = tmp_path / "a.txt"
    with replacing(path) as temporary:
        temporary.unlink()
        temporary.write_text("by another inode")
    assert path.read_text() == "by another inode"
    with pytest.raises(FileNotFoundError), replacing(path) as temporary:
        temporary.unlink()
    assert path.read_text() == "by another inode" and names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
@pytest.mark.parametrize("old", [None, 0o400])
def test_permissions_are_those_of_a_new_file(mask, mode, old, tmp_path):
    path = tmp_path / "a.txt"
    if old is not None:
        path.write_text("old")
        path.chmod(old)
    with umask(mask):
        write_text(path, "new")
        assert os.umask(mask) == mask, "the umask is left alone"
    assert path.stat().st_mode & 0o777 == mode and path.read_text() == "new"


def test_two_writers_do_not_meet(tmp_path):
    path = tmp_path / "a.txt"
    with replacing(path) as first, replacing(path) as second:
        assert first != second
        first.write_text("one")
        second.write_text("two")
    assert path.read_text() == "one" and names(tmp_path) == ["a.txt"]  # the last to end wins, whole


def test_what_a_killed_job_left_goes_with_the_next_one(tmp_path):
    left, others = ".a.json.x1y2.json", [".a.json.x1y2.txt", ".ba.json.x1y2.json", "a.json.x1y2.json"]
    for name in (left, *others):
        (tmp_path / name).write_text("half")
    write_text(tmp_path / "a.json", "whole")
    assert names(tmp_path) == sorted(["a.json", *others])


def test_text_is_utf8_whatever_the_platform_says(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    write_text(tmp_path / "a.txt", "größe ±\n")
    assert (tmp_path / "a.txt").read_bytes() == b"gr\xc3\xb6\xc3\x9fe \xc2\xb1\n"


# JSON

CONTENT = {"format": "fsnas.tree", "version": 2, "numbers": [1, 0.1 + 0.2, -0.0, None, True], "names": {"größe": "±"}}


@pytest.fixture
def json_file(tmp_path):
    write_json(tmp_path / "a.json", CONTENT)
    return tmp_path / "a.json"


def test_json_comes_back_without_its_checksum(json_file):
    assert load_json(json_file, "fsnas.tree", 2) == load_json(json_file) == CONTENT
    assert sorted([*CONTENT, "checksum"]) == list(json.loads(json_file.read_text()))


def test_other_white_space_and_another_order_are_the_same_content(json_file):
    content = json.loads(json_file.read_text())
    json_file.write_text(json.dumps(dict(reversed(content.items())), indent=7, ensure_ascii=False))
    assert load_json(json_file) == CONTENT


CHANGES = {
    "another number": lambda content: content["numbers"].__setitem__(0, 2),
    "another type": lambda content: content["numbers"].__setitem__(0, 1.0),
    "the last digit": lambda content: content["numbers"].__setitem__(1, 0.3),
    "a sign of zero": lambda content: content["numbers"].__setitem__(2, 0.0),
    "another order": lambda content: content["numbers"].reverse(),
    "true for one": lambda content: content["numbers"].__setitem__(4, 1),
    "another name": lambda content: content.update(number=content.pop("numbers")),
    "one less": lambda content: content.pop("names"),
    "one more": lambda content: content.update(note=None),
    "no checksum": lambda content: content.pop("checksum"),
    "another checksum": lambda content: content.update(checksum="sha256:" + "0" * 64),
    "a number for a checksum": lambda content: content.update(checksum=0),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_other_content_is_refused(change, json_file):
    content = json.loads(json_file.read_text())
    change(content)
    json_file.write_text(json.dumps(content))
    message = r"a\.json: field 'checksum' is .* does not fit the other fields: .*; remove the file"
    with pytest.raises(ArtifactError, match=message):
        load_json(json_file)


@pytest.mark.parametrize(("text", "problem"), [("1e999", "1e999 is no"), ("-1e999", "-1e999 is no"), ("[" * 9999, "")])
def test_json_that_python_reads_as_no_number_or_not_at_all_is_refused(text, problem, json_file):
    json_file.write_text(json_file.read_text().replace("null", text))
    with pytest.raises(
        ArtifactError, match=rf"a\.json: cannot be read as JSON \({problem}.*\); remove the file and run"
    ):
        load_json(json_file)
