"""ImageNet-16-120 from made files in the official form: the first 120 classes of ImageNet at 16x16."""

import pickle

import numpy as np
import pytest

from fsnas.data.sources import imagenet16_120
from fsnas.errors import ConfigError, DataError
from tests.support.damage import Trap
from tests.support.data import made
from tests.support.official_images import write_imagenet16

FILES = [*imagenet16_120.TRAIN, *imagenet16_120.TEST]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    trust(write_imagenet16(tmp_path / "images"), monkeypatch)
    return tmp_path / "images"


def trust(sums, monkeypatch):
    monkeypatch.setattr(imagenet16_120, "TRAIN", {name: sums[name] for name in imagenet16_120.TRAIN})
    monkeypatch.setattr(imagenet16_120, "TEST", {name: sums[name] for name in imagenet16_120.TEST})


def put(folder, name, content, monkeypatch):
    """Write a file whose checksum is the expected one."""
    (folder / name).write_bytes(content)
    monkeypatch.setitem(imagenet16_120.TRAIN, name, imagenet16_120.hashlib.md5(content).hexdigest())


def test_the_first_120_classes_are_read_in_order(folder):
    dataset = made("imagenet16-120", folder=str(folder))
    batches = [pickle.loads((folder / name).read_bytes()) for name in FILES]
    labels = np.concatenate([batch["labels"] for batch in batches])
    pixels = np.concatenate([batch["data"] for batch in batches])[labels <= 120]
    np.testing.assert_array_equal(dataset.images, pixels.reshape(-1, 3, 16, 16))
    np.testing.assert_array_equal(dataset.labels, labels[labels <= 120] - 1)
    assert dataset.classes == tuple(map(str, range(1, 121))) and dataset.images.dtype == np.uint8
    assert {part: len(held) for part, held in dataset.splits.items()} == {"train": 120, "valid": 120, "test": 120}
    assert dataset.splits["test"].min() == 240, "val_data"
    train = dataset.images[dataset.splits["train"]] / 255
    np.testing.assert_allclose(dataset.mean, train.mean(axis=(0, 2, 3)), rtol=1e-10)
    np.testing.assert_allclose(dataset.std, train.std(axis=(0, 2, 3)), rtol=1e-10)


def test_the_checksums_are_the_published_ones():
    """Spot checks against DownsampledImageNet.py of AutoDL-Projects."""
    assert len(FILES) == 11 and imagenet16_120.TRAIN["train_data_batch_1"] == "27846dcaa50de8e21a7d1a35f30f0e91"
    assert imagenet16_120.TEST == {"val_data": "3410e3017fdaefba8d5073aaa65e4bd6"}


def test_a_missing_and_a_damaged_file_are_named(folder, tmp_path):
    content = (folder / FILES[3]).read_bytes()
    (folder / FILES[3]).write_bytes(content[:-1])
    with pytest.raises(DataError, match=rf"{FILES[3]}: damaged or another file, its md5 is \w+, expected \w+; get"):
        made("imagenet16-120", folder=str(folder))
    (folder / FILES[3]).unlink()
    with pytest.raises(DataError, match=rf"{FILES[3]}: missing; get the files .* or correct data\.folder"):
        made("imagenet16-120", folder=str(folder))
    with pytest.raises(DataError, match=r"nowhere: no such folder; set data\.folder"):
        made("imagenet16-120", folder=str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=r"data\.folder: found null"):
        made("imagenet16-120")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 2]}, "cannot reshape"),
        ({"data": np.zeros((1, 768)), "labels": [1]}, "pixels are float64, expected uint8"),
        ({"data": np.zeros((1, 768), np.uint8)}, "KeyError: 'labels'"),
        ([1], "TypeError"),
    ],
    ids=["32x32", "floats", "no labels", "a list"],
)
def test_other_content_is_refused(content, message, folder, monkeypatch):
    put(folder, FILES[0], pickle.dumps(content, 2), monkeypatch)
    with pytest.raises(
        DataError, match=rf"{FILES[0]}: cannot be read \(.*{message}.*; expected 'data' with 3 times 16x"
    ):
        made("imagenet16-120", folder=str(folder))


def test_a_trap_with_the_right_checksum_is_not_sprung(folder, tmp_path, monkeypatch):
    """MD5 can be forged."""
    content = pickle.dumps({"data": Trap(tmp_path / "sprung"), "labels": [1]})
    put(folder, FILES[0], content, monkeypatch)
    with pytest.raises(DataError, match=rf"{FILES[0]}: cannot be read .*which is not read: it could run any code"):
        made("imagenet16-120", folder=str(folder))
    assert not (tmp_path / "sprung").exists()
    pickle.loads(content)
    assert (tmp_path / "sprung").exists(), "the trap is none"
