"""Splits and statistics of data sets, and NAS-Bench-201's own split."""

import json

import numpy as np
import pytest

from fsnas.data.sources.cifar10 import NASBENCH201_START, official_split
from fsnas.errors import DataError, FsnasError
from tests.support.data import made
from tests.support.messages import pattern


@pytest.fixture(scope="module")
def digits():
    return made("digits")


# Splits and statistics


def test_digits_are_scikit_learns_with_the_full_range_of_a_byte(digits):
    from sklearn.datasets import load_digits

    bunch = load_digits()
    assert digits.images.shape == (1797, 1, 8, 8) and digits.images.dtype == np.uint8
    np.testing.assert_allclose(digits.images[:, 0] * (16 / 255), bunch.images, atol=0.5 * 16 / 255)
    np.testing.assert_array_equal(digits.labels, bunch.target)
    assert (digits.images.min(), digits.images.max()) == (0, 255) and digits.classes == tuple("0123456789")


def test_parts_are_disjoint_sorted_and_balanced(digits):
    parts = [digits.splits[part] for part in ("train", "valid", "test")]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(1797))
    counts = np.array([np.bincount(digits.labels[part], minlength=10) for part in parts])
    np.testing.assert_array_equal(counts[2], np.bincount(digits.labels) // 6)
    assert set(counts[0] - counts[1]) <= {0, 1}
    assert all(part.dtype == np.int64 and (np.diff(part) > 0).all() for part in parts)


def test_the_seed_decides_the_split(digits):
    again, other = made("digits"), made("digits", seed=1)
    for part in ("train", "valid", "test"):
        np.testing.assert_array_equal(digits.splits[part], again.splits[part])
        assert not np.array_equal(digits.splits[part], other.splits[part])


def test_statistics_are_those_of_the_training_part(digits):
    pixels = digits.images[digits.splits["train"]] / 255
    np.testing.assert_allclose(digits.mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(digits.std, pixels.std(axis=(0, 2, 3)), rtol=1e-12)
    assert digits.mean.dtype == digits.std.dtype == np.float64


WRONG_OPTIONS = {
    "no such source": ({"source": "mnist"}, "no data source 'mnist'. Known data sources: cifar10, cifar100, dig"),
    "no such split": ({"source": "digits", "split": "half"}, "data.split: found 'half', expected one of balanced"),
    "resized digits": (
        {"source": "digits", "image_size": 16},
        "data.image_size: found 16, but only data.source 'imagefol",
    ),
    "no folder": ({"source": "cifar10"}, "data.folder: found null, but data.source 'cifar10' needs the folder"),
    "cifar100": (
        {"source": "cifar100", "split": "nasbench201", "split_file": "x"},
        "the split of data.source 'cifar10' .* found source 'cifar100' .* halves its test images",
    ),
    "no split file": ({"source": "cifar10", "split": "nasbench201"}, "needs data.split_file, .*; found .* None"),
}


@pytest.mark.parametrize(("options", "message"), WRONG_OPTIONS.values(), ids=WRONG_OPTIONS)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(FsnasError, match=pattern(message)):
        made(**options)


# NAS-Bench-201's split


def split_text(train, valid):
    """Return the indices in the format of NAS-Bench-201's file."""
    return json.dumps({name: ["int", [str(i) for i in part]] for name, part in (("train", train), ("valid", valid))})


def official():
    rest = np.setdiff1d(np.arange(50_000), NASBENCH201_START)
    late = rest[rest > NASBENCH201_START[-1]]
    train = np.sort(np.concatenate([NASBENCH201_START, late[:24_990]]))
    return train, np.setdiff1d(np.arange(50_000), train)


TRAIN, VALID = official()


def test_the_official_split_is_taken_as_it_stands(tmp_path):
    (tmp_path / "cifar-split.txt").write_text(split_text(TRAIN, VALID))
    parts = official_split(str(tmp_path / "cifar-split.txt"))
    np.testing.assert_array_equal(parts["train"], TRAIN)
    np.testing.assert_array_equal(parts["valid"], VALID)


REPEATED = np.append(TRAIN[:-1], TRAIN[0])
WRONG_SPLITS = {
    "missing": (None, "cannot be read.*No such file"),
    "no JSON": ("0 5 7", "cannot be read as NAS-Bench-201's split.*JSON"),
    "no valid": (json.dumps({"train": ["int", ["0"]]}), "cannot be read.*'valid'"),
    "no number": (split_text(["a"], ["b"]), "cannot be read"),
    "huge number": (split_text([10**30], [0]), "cannot be read"),
    "too few": (split_text(TRAIN[:-1], VALID), "holds 24999 and 25000 indices, 49999 different.*; expected 25000"),
    "repeated": (split_text(REPEATED, VALID), "25000 and 25000 indices, 49999 different.* each of 0 to 49999 once"),
    "swapped": (split_text(VALID, TRAIN), r"those to train from \[1, 2, 3.*those to train from \[0, 5, 7"),
}


@pytest.mark.parametrize(("text", "message"), WRONG_SPLITS.values(), ids=WRONG_SPLITS)
def test_another_split_file_is_refused_before_images_are_read(text, message, tmp_path):
    file = tmp_path / "split.txt"
    if text is not None:
        file.write_text(text)
    with pytest.raises(DataError, match=f"split.txt: .*{message}"):
        made("cifar10", split="nasbench201", split_file=str(file), folder=str(tmp_path / "nowhere"))
