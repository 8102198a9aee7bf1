"""The file of a data set: its images are in chunks that fit a cache, and its extent is read without them."""

from dataclasses import replace

import h5py
import numpy as np

from fsnas.artifacts.dataset import Extent, read_dataset, read_extent, write_dataset
from tests.support.damage import DATA, lineage_of, made, plain


def test_images_of_more_than_a_chunk_come_back(tmp_path):
    big = replace(DATA, images=np.random.default_rng(0).integers(256, size=(6, 2, 300, 301), dtype=np.uint8))
    big = replace(big, mean=np.array([0.4, 0.5]), std=np.ones(2))
    write_dataset(tmp_path / "big.h5", big, key="", settings={})
    assert plain(read_dataset(tmp_path / "big.h5")) == plain(big)
    with h5py.File(tmp_path / "big.h5") as content:
        assert content["images"].chunks == (5, 2, 300, 301)


def test_the_extent_is_read_without_the_content(tmp_path):
    path = made("dataset", tmp_path)
    assert read_extent(path) == Extent(lineage_of("dataset")["settings"], train=3, valid=1, height=4, width=4)
    for damaged in (path.read_bytes()[:600], b"", b"no HDF5 file"):
        path.write_bytes(damaged)
        assert read_extent(path) is None
    assert read_extent(tmp_path / "nothing.h5") is None
