"""scores.h5: what is written is read back, named; a field that does not fit is named."""

import h5py
import numpy as np
import pytest
import xarray as xr

from fsnas.artifacts.scores import copy_scores, read_attributes, read_scores, write_scores
from fsnas.errors import ArtifactError
from fsnas.splitting.affinities import NodeScores
from tests.support.space import EDGES, OPERATIONS, SPACE

ATTRIBUTES = {
    "metric": "snip",
    "options": {},
    "perturbation": "disable",
    "seed": 3,
    "level": 1,
    "dataset": "digits",
    "key": "0123456789abcdef",
    "settings": {"warmup": {"epochs": 0}, "batch_size": 64, "folder": None},
    "device": "cpu",
    "seconds": 1.5,
    "peak_memory": 2**31,
}
WRITTEN = {"format": "fsnas.scores", "version": 2, "search_space": SPACE.described(), **ATTRIBUTES}


def node(seed, repetitions=2):
    """A node whose edge 2 is split and whose edge 4 has a score that is not finite."""
    rng = np.random.default_rng(seed)
    space = SPACE.restrict(SPACE.full(), 2, (1, 3))
    scores = rng.normal(size=(repetitions, 6, 5)) if repetitions else None
    affinity = rng.normal(size=(6, 5, 5))
    affinity[2] = np.nan
    if scores is not None:
        scores[:, 2] = np.nan
        scores[-1, 4, 0] = np.nan
    return NodeScores(SPACE, space, scores, affinity, ("edge 3<-1, none, repetition 1: the value is inf",))


def nodes(repetitions=2):
    return {"0": node(1, repetitions), "1": node(2, repetitions), "10": node(3, repetitions)}


def assert_equal(found, expected):
    assert list(found) == list(expected)
    for path, one in found.items():
        other = expected[path]
        assert one.reasons == other.reasons
        for name in ("sub_space", "scores", "affinity"):
            a, b = getattr(one, name), getattr(other, name)
            assert (a is None) == (b is None), name
            if a is not None:
                assert a.dtype == b.dtype
                np.testing.assert_array_equal(a, b)


@pytest.fixture
def file(tmp_path):
    write_scores(tmp_path / "scores.h5", nodes(), space=SPACE, attributes=ATTRIBUTES)
    return tmp_path / "scores.h5"


@pytest.mark.parametrize("repetitions", [0, 1, 4])
def test_scores_come_back_as_they_were(repetitions, tmp_path):
    path = tmp_path / "level-1" / "scores.h5"
    write_scores(path, nodes(repetitions), space=SPACE, attributes=ATTRIBUTES)
    found, attributes = read_scores(path)
    assert_equal(found, nodes(repetitions))
    assert attributes == {**WRITTEN} == read_attributes(path)
    kinds = {name: type(attributes[name]) for name in ("seed", "seconds", "metric", "options")}
    assert kinds == {"seed": int, "seconds": float, "metric": str, "options": dict}


@pytest.mark.parametrize("repetitions", [0, 2])
def test_xarray_opens_scores_with_named_axes(repetitions, tmp_path):
    values = np.arange(60.0).reshape(2, 6, 5) if repetitions else None
    affinity = np.arange(150.0).reshape(6, 5, 5)
    content = NodeScores(SPACE, SPACE.restrict(SPACE.full(), 2, (1, 3)), values, affinity, ("edge 3<-1: why",))
    write_scores(tmp_path / "scores.h5", {"01": content}, space=SPACE, attributes=ATTRIBUTES)
    path = tmp_path / "scores.h5"
    with xr.open_dataset(path, group="nodes/01", engine="h5netcdf") as found:
        assert found["edge"].values.tolist() == list(EDGES)
        assert found["operation"].values.tolist() == found["other_operation"].values.tolist() == list(OPERATIONS)
        assert found["space"].dtype == bool and not found["space"].sel(edge="2<-1", operation="none")
        assert found["affinity"].sel(edge="3<-0", operation="none", other_operation="avg_pool_3x3") == affinity[3, 0, 4]
        assert found.attrs["reasons"] == '["edge 3<-1: why"]'
        if repetitions:
            mean = found["scores"].mean("repetition").sel(edge="2<-0", operation="skip_connect")
            assert mean == values[:, 1, 1].mean()
    with xr.open_dataset(path, engine="h5netcdf") as root:
        assert root.attrs["metric"] == "snip"


def test_a_level_without_reasons_and_without_nodes(tmp_path):
    quiet = NodeScores(SPACE, SPACE.full(), None, np.zeros((6, 5, 5)), ())
    write_scores(tmp_path / "a.h5", {"root": quiet}, space=SPACE, attributes=ATTRIBUTES)
    assert read_scores(tmp_path / "a.h5")[0]["root"].reasons == ()


def test_a_copy_has_other_attributes_and_the_same_arrays_and_names(file, tmp_path):
    before, copy = file.read_bytes(), tmp_path / "level-1" / "scores.h5"
    changed = {"settings": {"batch_size": 32}, "code": ["fsnas/splitting/scoring.py 0123456789ab"], "inputs": "fedc"}
    copy_scores(file, copy, **changed)
    assert file.read_bytes() == before and [path.name for path in copy.parent.iterdir()] == ["scores.h5"]
    found, attributes = read_scores(copy)
    assert_equal(found, nodes())
    assert attributes == {**WRITTEN, **changed} == read_attributes(copy)
    with h5py.File(copy) as content:
        ((label, scale),) = content["nodes/10/scores"].dims[2].items()
        assert label == "operation" and scale.asstr()[()].tolist() == list(OPERATIONS)


def test_a_copy_has_the_bytes_of_a_file_that_was_written_so(file, tmp_path):
    copy_scores(file, tmp_path / "same.h5")
    assert (tmp_path / "same.h5").read_bytes() == file.read_bytes()
    copy_scores(file, tmp_path / "a.h5", inputs="fedc")
    write_scores(tmp_path / "b.h5", nodes(), space=SPACE, attributes={**ATTRIBUTES, "inputs": "fedc"})
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_damaged_file_is_not_copied(file, tmp_path):
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=r"scores\.h5: field 'checksum' .* does not fit the rest"):
        copy_scores(file, tmp_path / "copy.h5", inputs="fedc")
    assert list(tmp_path.iterdir()) == [file]
