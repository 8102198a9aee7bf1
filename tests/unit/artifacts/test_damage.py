"""Damaged files of every kind: a reader refuses them by name and says what to do, or gives what was written."""

import os
from contextlib import contextmanager

import pytest
import torch

from fsnas.artifacts.origin import read_origin
from fsnas.errors import ArtifactError
from tests.support.damage import KINDS, accepted, attribute, cut, edit, flipped, made, plain, refusal

CUTS, FLIPS = 20, 100
READERS = [pytest.param(kind, read, id=f"{kind}-{read.__name__}") for kind in KINDS for read in KINDS[kind].readers]
JSON = [kind for kind in KINDS if KINDS[kind].file.endswith(".json")]
# Flips that are refused at least: of JSON, white space may be another one; of a checkpoint nobody reads what lies
# between the parts, or what is twice in the archive.
REFUSED = dict.fromkeys(KINDS, FLIPS) | dict.fromkeys(JSON, 95) | {"checkpoint": 75}


@pytest.mark.parametrize(("kind", "read"), READERS)
def test_a_truncated_file_is_refused(kind, read, tmp_path):
    path = made(kind, tmp_path)
    whole = plain(read(path))
    found = accepted(path, cut(path.read_bytes(), CUTS), read)
    assert [plain(one) for one in found] == [whole] * (kind in JSON), "what lacks the line break at its end is whole"


@pytest.mark.parametrize(("kind", "read"), READERS)
def test_another_byte_is_refused_or_changes_nothing(kind, read, tmp_path):
    path = made(kind, tmp_path)
    whole = plain(read(path))
    found = accepted(path, flipped(path.read_bytes(), FLIPS), read)
    assert all(plain(one) == whole for one in found) and FLIPS - len(found) >= REFUSED[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_never_says_that_it_was_made_from_something_else(kind, tmp_path):
    path = made(kind, tmp_path)
    whole, content = plain(read_origin(path)), path.read_bytes()
    found = accepted(path, [*cut(content, CUTS), *flipped(content, FLIPS)], read_origin, remedies="")
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
        for found in accepted(path, [other.read_bytes()], read_origin, remedies=""):
            assert path.suffix == other.suffix and plain(found) == plain(read_origin(other))


@pytest.mark.parametrize(("kind", "read"), [each for each in READERS if each.values[0] != "table"])
def test_a_file_of_a_later_version_is_refused(kind, read, tmp_path):
    path = made(kind, tmp_path)
    origin = plain(read_origin(path))
    if path.suffix == ".pt":
        torch.save(torch.load(path) | {"version": 9}, path)
    else:
        edit(path, {"version": 9} if path.suffix == ".json" else attribute("version", 9))
    with pytest.raises(ArtifactError, match="field .version. is 9, this fsnas reads [12]"), refusal(path):
        read(path)
    assert plain(read_origin(path)) == origin


@pytest.mark.parametrize(("kind", "read"), READERS)
@pytest.mark.parametrize("folder", [False, True], ids=["nothing", "a folder"])
def test_what_is_no_file_is_refused(folder, kind, read, tmp_path):
    path = made(kind, tmp_path)
    path.unlink()
    if folder:
        path.mkdir()
    for reader, remedies in ((read, {}), (read_origin, {"remedies": ""})):
        with pytest.raises(ArtifactError), refusal(path, **remedies):
            reader(path)


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
    whole = plain(read(path)), plain(read_origin(path))
    for reader in (read, read_origin):
        message = rf"/{path.stem}\.\w+: .*Permission denied"  # or the file beside it
        with pytest.raises(ArtifactError, match=message), closed(path.parent if above else path):
            reader(path)
    assert (plain(read(path)), plain(read_origin(path))) == whole
