"""Pickles of others: numbers and texts are read, whatever wrote them, and nothing that a pickle names is run."""

import io
import os
import pickle
import re
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
import torch

from fsnas import pickles
from tests.support.config import ROOT
from tests.support.damage import Trap

PLAIN = {"a": [1, 2.5, None, True], ("b", 3): "text", 4: OrderedDict(x=1), "set": {1, 2}, "bytes": b"\x00\xff"}
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numbers_and_texts_come_as_they_were(protocol):
    assert pickles.loads(pickle.dumps(PLAIN, protocol)) == PLAIN


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["u1", "<i8", ">i4", "<f8", ">f4", "?"])
def test_arrays_and_numbers_of_numpy(kind, protocol):
    values = np.arange(6).reshape(2, 3).astype(kind)
    for array in (values, np.asfortranarray(values)):
        np.testing.assert_array_equal(np.asarray(pickles.loads(pickle.dumps(array, protocol))), array)
    number = pickles.loads(pickle.dumps(values[1, 2], protocol))
    assert number == values[1, 2] and type(number) in (bool, int, float)


def test_names_of_the_older_numpy_are_known():
    """What numpy 1 wrote; the names are of another length, so the text format is taken."""
    for value in (np.arange(3), np.float64(1.5)):
        old = pickle.dumps(value, 0).replace(b"numpy._core", b"numpy.core")
        assert b"numpy.core" in old
        np.testing.assert_array_equal(np.asarray(pickles.loads(old)), value)


def test_a_batch_of_python_2_is_read():
    """As cPickle of Python 2 writes it: the bytes of an array are a text."""
    pixels = bytes(range(250, 256))
    modern = pickle.dumps(np.frombuffer(pixels, np.uint8).reshape(2, 3), 2)
    start = modern.rindex(b"h\x03X")  # where the second array of bytes is encoded
    python_2 = modern[:start] + b"U\x06" + pixels + modern[modern.index(b"R", start) + 1 :]
    np.testing.assert_array_equal(np.asarray(pickles.loads(python_2)), [[250, 251, 252], [253, 254, 255]])


class Calls:
    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


REFUSED = {
    "a function": Calls(os.getcwd),
    "eval": Calls(eval, "1"),
    "getattr": Calls(getattr, "a", "upper"),
    "import": Calls(__import__, "os"),
    "a class": Calls(io.StringIO),
    "numpy's loader": Calls(np.load, "nowhere.npy"),
    "objects": np.array([{}], object),
    "records": np.zeros(1, [("a", "f8")]),
    "texts": np.array(["a"]),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_what_is_not_listed_is_refused_by_name(value, protocol):
    with pytest.raises(pickle.UnpicklingError, match=r"names \S+, which is not read: it could|holds numbers of the ty"):
        pickles.loads(pickle.dumps({"a": [value]}, protocol))


def test_a_trap_is_not_sprung(tmp_path):
    content, sprung = pickle.dumps([Trap(tmp_path / "sprung")]), tmp_path / "sprung"
    with pytest.raises(pickle.UnpicklingError):
        pickles.loads(content)
    assert not sprung.exists()
    pickle.loads(content)
    assert sprung.exists(), "the trap is none"


def test_files_of_torch_are_read_without_their_weights(tmp_path):
    content = {"weights": OrderedDict(a=torch.ones(2), b=torch.nn.Parameter(torch.ones(1).half())), "kept": [1, "two"]}
    for new in (True, False):
        torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=new)
        assert pickles.load_torch(tmp_path / "a.pth") == {"weights": {"a": None, "b": None}, "kept": [1, "two"]}
    (tmp_path / "plain.pth").write_bytes(pickle.dumps({}))
    with pytest.raises(pickle.UnpicklingError, match="none of torch.save"):
        pickles.load_torch(tmp_path / "plain.pth")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(ValueError):
        pickles.load_torch(tmp_path / "other.zip")


def test_nothing_unpickles_freely():
    """Files of users go through `fsnas.pickles`; torch reads our own with ``weights_only``."""
    for path in (path for folder in ("fsnas", "workflow_scripts") for path in (ROOT / folder).rglob("*.py")):
        found = re.search(r"weights_only=False|pickle\.loads?\(|allow_pickle=True", path.read_text(encoding="utf-8"))
        assert not found, (path, found)
