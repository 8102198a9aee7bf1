"""The file of a data set: what is written is read back; a field that does not fit is named."""

import time

import h5py
import numpy as np
import pytest

from fsnas.artifacts.dataset import Extent, read_dataset, read_extent, read_key, write_dataset
from fsnas.data.dataset import Dataset
from fsnas.data.making import make_dataset

SETTINGS = {"source": "digits", "seed": 3, "folder": None}
ARRAYS = ("images", "labels", "mean", "std")


def small():
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(20, 2, 5, 4), dtype=np.uint8)
    splits = {"train": np.arange(9), "valid": np.arange(9, 15), "test": np.arange(15, 20)}
    return Dataset("small", images, np.arange(20) % 3, ("a", "b", "c"), splits, np.array([0.4, 0.5]), np.ones(2))


def assert_equal(one, other):
    assert (one.name, one.classes) == (other.name, other.classes)
    for name in ARRAYS:
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    for part in ("train", "valid", "test"):
        np.testing.assert_array_equal(one.splits[part], other.splits[part])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.h5"
    write_dataset(path, small(), key="a key", settings=SETTINGS)
    return path


def test_a_data_set_comes_back_as_it_was(file):
    assert_equal(read_dataset(file), small())
    assert read_key(file) == "a key"
    with h5py.File(file) as content:
        assert content.attrs["settings"] == '{"folder": null, "seed": 3, "source": "digits"}'
        assert (content.attrs["format"], content.attrs["version"]) == ("fsnas.dataset", 1)


def test_images_of_more_than_a_chunk_come_back(tmp_path):
    dataset = small()
    big = Dataset(
        "big",
        np.random.default_rng(0).integers(256, size=(20, 2, 300, 301), dtype=np.uint8),
        dataset.labels,
        dataset.classes,
        dataset.splits,
        dataset.mean,
        dataset.std,
    )
    write_dataset(tmp_path / "big.h5", big, key="", settings={})
    assert_equal(read_dataset(tmp_path / "big.h5"), big)
    with h5py.File(tmp_path / "big.h5") as content:
        assert content["images"].chunks == (5, 2, 300, 301)


def test_digits_are_read_at_once(tmp_path):
    options = {"folder": None, "download": False, "split": "balanced", "split_file": None, "image_size": None}
    dataset = make_dataset("digits", "digits", seed=0, **options)
    write_dataset(tmp_path / "digits.h5", dataset, key="", settings={})
    start = time.perf_counter()
    found = read_dataset(tmp_path / "digits.h5")
    assert time.perf_counter() - start < 0.5
    assert_equal(found, dataset)


def test_the_extent_is_read_without_the_content(file, tmp_path):
    assert read_extent(file) == Extent(SETTINGS, len(small().splits["train"]), *small().images.shape[2:])
    for damaged in (file.read_bytes()[:600], b"", b"no HDF5 file"):
        file.write_bytes(damaged)
        assert read_extent(file) is None
    assert read_extent(tmp_path / "nothing.h5") is None
