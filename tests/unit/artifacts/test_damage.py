"""Files of every kind: whole or not at all, the same bytes for the same content; a damaged one is refused by name."""

import os
import pickle
import time
from contextlib import contextmanager

import pytest
import torch

from fsnas.artifacts.lineage import read_lineage
from fsnas.errors import ArtifactError
from tests.support.damage import KINDS, accepted, attribute, cut, edit, flipped, lineage_of, made, plain, refusal

CUTS, FLIPS = 20, 100
READERS = [pytest.param(kind, read, id=f"{kind}-{read.__name__}") for kind in KINDS for read in KINDS[kind].readers]
JSON = [kind for kind in KINDS if KINDS[kind].file.endswith(".json")]
OBJECTS = [each for each in READERS if each.values[0] in JSON and each.values[0] != "record"]
# Flips that are refused at least: of JSON, white space may be another one; of a checkpoint nobody reads what lies
# between the parts, or what is twice in the archive.
REFUSED = dict.fromkeys(KINDS, FLIPS) | dict.fromkeys(JSON, 95) | {"figure": 95, "supernet": 75}


# Writing


def turned(value):
    """The same content, given in another order."""
    return {name: turned(value[name]) for name in reversed(value)} if isinstance(value, dict) else value


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """Two folders with the files of every kind, of which the second were written later and from another order."""
    first, again = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("again") / "deep"
    for kind in KINDS:
        made(kind, first / kind)
    time.sleep(1.1)  # HDF5 and archives keep times in seconds
    for kind in KINDS:
        lineage = lineage_of(kind) if kind == "supernet" else turned(lineage_of(kind))  # a pickle keeps the order
        made(kind, again / kind, turned(KINDS[kind].content), **lineage)
    return first, again


def bytes_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_content_gives_the_same_bytes(kind, twice):
    first, again = (bytes_in(folder / kind) for folder in twice)
    assert first == again and KINDS[kind].file in first


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_leaves_the_old_file_where_it_fails_and_else_replaces_it(kind, tmp_path):
    path = made(kind, tmp_path)
    before, unfit = bytes_in(tmp_path), {**lineage_of(kind), "settings": {"seed": lambda: 1}}
    with pytest.raises((ArtifactError, TypeError, AttributeError, pickle.PicklingError)) as error:
        made(kind, tmp_path, **unfit)
    assert bytes_in(tmp_path) == before
    assert path.suffix != ".json" or str(error.value).endswith("expected finite numbers and text")
    kept = tmp_path / "kept"
    kept.hardlink_to(path)  # the second name, under which results are kept, stays that of the old one
    made(kind, tmp_path)
    assert not path.samefile(kept), "written in place"


# Reading


@pytest.mark.parametrize(("kind", "read"), READERS)
def test_a_truncated_file_is_refused(kind, read, tmp_path):
    path = made(kind, tmp_path)
    whole = plain(read(path))
    found = accepted(path, cut(path.read_bytes(), CUTS), read)
    assert [plain(one) for one in found] == [whole] * (kind in (*JSON, "figure")), "its last byte may be missing"


@pytest.mark.parametrize(("kind", "read"), READERS)
def test_another_byte_is_refused_or_changes_nothing(kind, read, tmp_path):
    path = made(kind, tmp_path)
    whole = plain(read(path))
    found = accepted(path, flipped(path.read_bytes(), FLIPS), read)
    assert all(plain(one) == whole for one in found) and FLIPS - len(found) >= REFUSED[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_never_says_that_it_was_made_from_something_else(kind, tmp_path):
    path = made(kind, tmp_path)
    whole, content = plain(read_lineage(path)), path.read_bytes()
    found = accepted(path, [*cut(content, CUTS), *flipped(content, FLIPS)], read_lineage, remedies="")
    assert all(plain(one) == whole for one in found) and len(found) < FLIPS / 2


def others(kind, folder):
    """The files of all other kinds."""
    return [made(other, folder / other) for other in KINDS if other != kind]


@pytest.mark.parametrize(("kind", "read"), READERS)
def test_a_file_of_another_kind_is_refused(kind, read, tmp_path):
    path = made(kind, tmp_path)
    assert accepted(path, [other.read_bytes() for other in others(kind, tmp_path)], read) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_says_what_itself_was_made_from(kind, tmp_path):
    path = made(kind, tmp_path)
    for other in others(kind, tmp_path):
        for found in accepted(path, [other.read_bytes()], read_lineage, remedies=""):
            assert path.suffix == other.suffix and plain(found) == plain(read_lineage(other))


@pytest.mark.parametrize("version", [9, 0, None])
@pytest.mark.parametrize(("kind", "read"), [each for each in READERS if each.values[0] not in ("table", "figure")])
def test_a_file_of_another_version_is_refused(kind, read, version, tmp_path):
    path = made(kind, tmp_path)
    lineage = plain(read_lineage(path))
    if path.suffix == ".pt":
        torch.save(torch.load(path) | {"version": version}, path)
    else:
        edit(path, {"version": version} if path.suffix == ".json" else attribute("version", version))
    message = f"field .version. is {version!r}, this fsnas reads [1-4]; remove .* or use the fsnas that wrote it$"
    with pytest.raises(ArtifactError, match=message), refusal(path):
        read(path)
    assert plain(read_lineage(path)) == lineage


@pytest.mark.parametrize(("kind", "read"), READERS)
def test_a_missing_file_says_how_it_is_made(kind, read, tmp_path):
    path = made(kind, tmp_path)
    path.unlink()
    message = "no such file beside record.csv; remove the table" if kind == "record" else "no such .*; run snakemake"
    with pytest.raises(ArtifactError, match=message), refusal(path):
        read(path)
    with pytest.raises(ArtifactError), refusal(path, remedies=""):
        read_lineage(path)


@pytest.mark.parametrize(("kind", "read"), READERS)
def test_what_is_no_file_of_ours_is_refused(kind, read, tmp_path):
    path = made(kind, tmp_path)
    what = {".json": "JSON", ".h5": "HDF5", ".csv": "a table", ".png": "a figure of fsnas"}.get(path.suffix)
    message = f": cannot be read as {what} (.+); remove (the file|it) and" if what else ": not a readable checkpoint"
    path.unlink()
    path.mkdir()
    for reader, remedies in ((read, {}), (read_lineage, {"remedies": ""})):
        with pytest.raises(ArtifactError, match=message if reader is read else None), refusal(path, **remedies):
            reader(path)
    path.rmdir()
    for content in (b"", b"no such thing", b"\xff\xfe{}"):
        path.write_bytes(content)
        match = {".h5": "does not begin with the checksum of an", ".csv": "does not have the checksum"}
        with pytest.raises(ArtifactError, match=match.get(path.suffix, message)), refusal(path):
            read(path)


@pytest.mark.parametrize(("kind", "read"), OBJECTS)
@pytest.mark.parametrize(("content", "found"), [("[1]", "list"), ('"text"', "str"), ("3", "int"), ("null", "NoneType")])
def test_json_that_is_no_object_is_refused(content, found, kind, read, tmp_path):
    path = made(kind, tmp_path)
    path.write_text(content)
    with pytest.raises(ArtifactError, match=f"expected a JSON object, found a {found}; remove the file"), refusal(path):
        read(path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize(("kind", "read"), OBJECTS)
def test_json_of_a_number_that_is_not_finite_is_refused(kind, read, number, tmp_path):
    path = made(kind, tmp_path)
    path.write_text(path.read_text().replace('"seed": 3', f'"seed": {number}'))
    with pytest.raises(ArtifactError, match=rf"cannot be read as JSON \({number} is no JSON number\)"), refusal(path):
        read(path)


@contextmanager
def closed(path):
    """Nobody may open ``path``; root, who may open everything, is somebody else for a while."""
    mode, user = path.stat().st_mode, os.geteuid()
    if user == 0:
        try:
            os.seteuid(65534)
        except OSError as error:
            pytest.skip(f"root cannot become somebody else here ({error})")
        os.seteuid(user)
    path.chmod(0)
    try:
        os.seteuid(user or 65534)
        yield
    finally:
        os.seteuid(user)
        path.chmod(mode)


@pytest.mark.parametrize(("kind", "read"), READERS)
@pytest.mark.parametrize("above", [False, True], ids=["the file", "its folder"])
def test_a_file_that_may_not_be_read_is_refused(above, kind, read, tmp_path):
    path = made(kind, tmp_path)
    whole = plain(read(path)), plain(read_lineage(path))
    for reader in (read, read_lineage):
        message = rf"/{path.stem}\.\w+: .*Permission denied"  # or the file beside it
        with pytest.raises(ArtifactError, match=message), closed(path.parent if above else path):
            reader(path)
    assert (plain(read(path)), plain(read_lineage(path))) == whole
