"""The parts of fsnas inspect and diff that know no format: labelled arrays, plain values, tensors without torch."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fsnas.artifacts.checkpoint import read_record, write_checkpoint
from fsnas.errors import ArtifactError
from fsnas.inspecting.comparing import by_part, changed, is_measured
from fsnas.inspecting.facts import plain
from fsnas.inspecting.parts import Labelled
from fsnas.inspecting.tensors import _tensor, load_tensors
from tests.support.problems import random_network
from tests.support.space import SPACE

NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.dictionaries(st.text(), inner)
)


@given(st.dictionaries(st.text(), NESTED))
def test_plain_values_are_strict_json(value):
    json.dumps(plain(value), allow_nan=False)
    assert changed(value, value) == {}


def test_plain_values_keep_what_json_can_hold():
    value = {"a": np.float64(0.1), 3: np.arange(2), "b": (True, None, np.nan, -np.inf), "c": np.bool_(True)}
    assert plain(value) == {"a": 0.1, "3": [0, 1], "b": [True, None, None, "-inf"], "c": True}


def test_what_is_missing_differs_from_null():
    assert changed({"a": None}, {}) == {"a": {"before": None, "after": None}}
    assert changed({"a": np.nan}, {"a": np.nan}) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("seconds", True), ("leaf_seconds", True), ("peak_memory", True), ("cifar10_train_seconds_seed_1", False)],
)
def test_measured_things_are_known_by_name(name, expected):
    assert is_measured(name) is expected


# Labelled arrays


def axes(*labels):
    return dict(zip(("edge", "operation"), labels, strict=True))


def test_arrays_are_compared_where_both_have_a_label():
    a = Labelled(np.array([[1.0, 2.0], [3.0, 4.0]]), axes("xy", ("p", "q")))
    b = Labelled(np.array([[9.0, 4.0, 0.0], [8.0, 2.0, 0.0]]), axes("yx", ("r", "q", "s")))
    assert by_part({"one": a}, {"one": b}, "part") == {
        "only": {"operation": {"before": ["p"], "after": ["r", "s"]}},
        "differences": {},
    }


def test_the_largest_differences_are_found_with_their_places():
    a = Labelled(np.array([[1.0, 100.0], [np.nan, np.inf]]), axes("xy", "pq"))
    b = Labelled(np.array([[2.0, 110.0], [np.nan, 3.0]]), axes("xy", "pq"))
    (row,) = by_part({"one": a}, {"one": b}, "part")["differences"].values()
    largest = {"largest": 10.0, "at": "edge x, operation q", "before": 100.0, "after": 110.0}
    relative = {"relative": 0.5, "relative_at": "edge x, operation p"}
    assert row == {"differ": 3, "of": 4, "not_finite": 1, **largest, **relative}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.array([np.nan, 1.0]), np.array([1.0, 1.0])),
        (np.array([True, False]), np.array([False, False])),
        (np.array(["x", "y"], object), np.array(["z", "y"], object)),
    ],
)
def test_what_is_no_number_on_both_sides_has_a_first_place(a, b):
    (row,) = by_part({"one": Labelled(a)}, {"one": Labelled(b)}, "part")["differences"].values()
    assert row["differ"] == 1 and row["at"] == "[0]" and "largest" not in row
    np.testing.assert_equal((row["before"], row["after"]), (a[0], b[0]))


def test_whole_numbers_do_not_overflow():
    a, b = Labelled(np.array([0], np.uint8)), Labelled(np.array([255], np.uint8))
    assert by_part({"one": a}, {"one": b}, "part")["differences"]["one"]["largest"] == 255


def test_other_shapes_without_labels_are_told_and_not_compared():
    a, b = Labelled(np.zeros((2, 3))), Labelled(np.zeros((3, 2)))
    found = by_part({"one": a, "two": a}, {"one": b}, "part")
    assert found["differences"] == {"one": {"shape_before": [2, 3], "shape_after": [3, 2]}}
    assert found["only"] == {"part": {"before": ["two"], "after": []}}


@given(st.lists(st.floats(), min_size=1, max_size=6), st.lists(st.floats(), min_size=1, max_size=6))
def test_counts_and_largest_are_those_of_a_loop(x, y):
    n = min(len(x), len(y))
    pairs = [(a, b) for a, b in zip(x, y, strict=False) if not (a == b or (np.isnan(a) and np.isnan(b)))]
    found = by_part({"one": Labelled(np.array(x[:n]))}, {"one": Labelled(np.array(y[:n]))}, "part")["differences"]
    assert found.get("one", {}).get("differ", 0) == len(pairs)
    finite = [abs(a - b) for a, b in pairs if np.isfinite(a) and np.isfinite(b)]
    assert found.get("one", {}).get("largest") == (max(finite) if finite else None)


# Splits and checkpoints


@pytest.fixture
def file(tmp_path):
    space = SPACE.restrict(SPACE.full(), 0, (1,))
    about = {"record": {"epoch": [1], "loss": [0.1 + 0.2]}, "key": "k", "settings": {"a": [1, None, True]}}
    write_checkpoint(tmp_path / "supernet.pt", random_network(3, space), seed=3, dataset="digits", **about)
    return tmp_path / "supernet.pt"


def test_checkpoints_are_read_as_torch_reads_them(file):
    found, expected = load_tensors(file), read_record(file)
    for content in (found, expected):
        content |= {"space": np.asarray(content["space"])} | {
            f"w {n}": np.asarray(w) for n, w in content["state_dict"].items()
        }
        del content["state_dict"]
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert type(found[name]) is type(value)
        np.testing.assert_array_equal(found[name], value)
        assert getattr(found[name], "dtype", None) == getattr(value, "dtype", None)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.int64, torch.int32, torch.uint8, torch.bool])
def test_tensors_that_are_views_are_read(dtype, tmp_path):
    whole = torch.arange(24).reshape(4, 6).to(dtype)
    views = [whole, whole.T, whole[1:, ::2], whole[0, 3], whole[:0]]
    torch.save(views, tmp_path / "views.pt")
    for found, expected in zip(load_tensors(tmp_path / "views.pt"), views, strict=True):
        assert found.dtype == expected.numpy().dtype and found.shape == tuple(expected.shape)
        np.testing.assert_array_equal(found, expected.numpy())


class Trap:
    def __reduce__(self):
        return (print, ("code ran",))


@pytest.mark.parametrize("content", [Trap(), [torch.nn.Linear(1, 1)], torch.zeros(2, dtype=torch.bfloat16)])
def test_no_code_is_run(content, tmp_path, capsys):
    torch.save(content, tmp_path / "trap.pt")
    with pytest.raises(ArtifactError, match=r"trap\.pt: not a readable checkpoint \(it holds .*no checkpoint of fsnas"):
        load_tensors(tmp_path / "trap.pt")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("offset", "shape", "strides"), [(0, (5,), (1,)), (1, (4,), (1,)), (0, (2,), (4,)), (-1, (1,), (1,))]
)
def test_a_tensor_cannot_reach_outside_of_its_storage(offset, shape, strides):
    with pytest.raises((TypeError, ValueError)):
        _tensor(np.zeros(4, np.float32), offset, shape, strides)
