"""Data sets from every source, their splits and statistics, their errors, and the batches drawn from them."""

import hashlib
import io
import json
import pickle
import tarfile
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import fsnas.data
from fsnas.batches import (
    augment,
    evaluation_batches,
    normalise,
    random_crops,
    scoring_batches,
    training_batches,
)
from fsnas.data import NASBENCH201_START, Dataset, make_dataset
from fsnas.errors import DataError

CPU = torch.device("cpu")
DEFAULTS = {"folder": None, "download": False, "split": "balanced", "split_file": None, "seed": 0, "image_size": None}


def made(source, **options):
    return make_dataset("mine", source, **(DEFAULTS | options))


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
    "no such source": ({"source": "mnist"}, r"data\.source: found 'mnist', expected one of digits, cifar10"),
    "no such split": ({"source": "digits", "split": "half"}, r"data\.split: found 'half', expected one of balanced"),
    "resized digits": ({"source": "digits", "image_size": 16}, r"data\.image_size: found 16, but the images of digits"),
    "no folder": ({"source": "cifar10"}, r"'cifar10' needs data\.folder"),
    "cifar100 by nasbench201": (
        {"source": "cifar100", "split": "nasbench201", "split_file": "cifar-split.txt"},
        r"'nasbench201' is the split of source cifar10 .* found source 'cifar100' .* halves its test images",
    ),
    "no split file": ({"source": "cifar10", "split": "nasbench201"}, r"needs data\.split_file; found .* None"),
}


@pytest.mark.parametrize(("options", "message"), WRONG_OPTIONS.values(), ids=WRONG_OPTIONS)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(DataError, match=message):
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


def test_the_official_split_is_taken_as_it_stands(tmp_path):
    train, valid = official()
    file = tmp_path / "cifar-split.txt"
    file.write_text(split_text(train, valid))
    parts = fsnas.data._official_split(str(file))
    np.testing.assert_array_equal(parts["train"], train)
    np.testing.assert_array_equal(parts["valid"], valid)


def wrong_splits():
    train, valid = official()
    repeated = np.append(train[:-1], train[0])
    yield "missing", None, "cannot be read.*No such file"
    yield "no JSON", "0 5 7", "cannot be read as NAS-Bench-201's split.*JSON"
    yield "no valid", json.dumps({"train": ["int", ["0"]]}), "cannot be read.*'valid'"
    yield "no number", split_text(["a"], ["b"]), "cannot be read"
    yield "huge number", split_text([10**30], [0]), "cannot be read"
    yield (
        "too few",
        split_text(train[:-1], valid),
        "holds 24999 and 25000 indices, 49999 different ones; expected 25000",
    )
    yield (
        "repeated",
        split_text(repeated, valid),
        "holds 25000 and 25000 indices, 49999 different ones; expected .* each of 0 to 49999 once",
    )
    yield (
        "swapped",
        split_text(valid, train),
        r"the training part starts with \[1, 2, 3.*the official one with \[0, 5, 7",
    )


WRONG_SPLITS = {name: case for name, *case in wrong_splits()}


@pytest.mark.parametrize(("text", "message"), WRONG_SPLITS.values(), ids=WRONG_SPLITS)
def test_another_split_file_is_refused_before_images_are_read(text, message, tmp_path):
    file = tmp_path / "split.txt"
    if text is not None:
        file.write_text(text)
    with pytest.raises(DataError, match=f"split.txt: {message}"):
        made("cifar10", split="nasbench201", split_file=str(file), folder=str(tmp_path / "nowhere"))


# CIFAR: a small archive in its format, served on this machine; torchvision's own code downloads, checks and unpacks it


def md5(content):
    return hashlib.md5(content).hexdigest()


def pickled_batch(count, classes, rng, key):
    images = rng.integers(256, size=(count, 3072), dtype=np.uint8)
    return pickle.dumps({"data": images, key: [i % classes for i in range(count)]})


class Cifar:
    """A CIFAR of 50 training and 10 test images: its files and its archive, whose checksums torchvision now expects."""

    def __init__(self, source, patch, served):
        from torchvision.datasets import CIFAR10, CIFAR100

        self.source, self.patch, self.served = source, patch, served
        self.kind = {"cifar10": CIFAR10, "cifar100": CIFAR100}[source]
        rng = np.random.default_rng(0)
        key = "labels" if source == "cifar10" else "fine_labels"
        names = [name for name, _ in self.kind.train_list]
        self.files = {name: pickled_batch(50 // len(names), 10, rng, key) for name in names}
        self.files |= {name: pickled_batch(10, 10, rng, key) for name, _ in self.kind.test_list}
        self.files[self.kind.meta["filename"]] = pickle.dumps(
            {self.kind.meta["key"]: [f"class {i}" for i in range(10)]}
        )
        sums = {name: md5(content) for name, content in self.files.items()}
        patch.setattr(self.kind, "train_list", [[name, sums[name]] for name in names])
        patch.setattr(self.kind, "test_list", [[name, sums[name]] for name, _ in self.kind.test_list])
        meta = self.kind.meta["filename"]
        patch.setattr(self.kind, "meta", {**self.kind.meta, "md5": sums[meta]})
        self.serve(self.archive(), trusted=True)

    def archive(self, **changes):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, content in (self.files | changes).items():
                entry = tarfile.TarInfo(f"{self.kind.base_folder}/{name}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        return buffer.getvalue()

    def serve(self, content, *, trusted=False):
        (self.served / self.kind.filename).write_bytes(content)
        if trusted:
            self.patch.setattr(self.kind, "tgz_md5", md5(content))

    def unpack(self, folder, **changes):
        (folder / self.kind.base_folder).mkdir(parents=True)
        for name, content in (self.files | changes).items():
            (folder / self.kind.base_folder / name).write_bytes(content)

    def read(self, folder, *, download):
        return made(self.source, folder=str(folder), download=download)


@pytest.fixture(params=["cifar10", "cifar100"])
def cifar(request, monkeypatch, tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    found = Cifar(request.param, monkeypatch, served)
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    with serving(partial(SimpleHTTPRequestHandler, directory=str(served))) as address:
        monkeypatch.setattr(found.kind, "url", f"{address}/{found.kind.filename}")
        yield found


class serving:  # noqa: N801 - reads as a function
    """Serve with ``handler`` on a free port of this machine while the block runs."""

    def __init__(self, handler):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def assert_is(dataset, cifar):
    batches = [pickle.loads(cifar.files[name]) for name, _ in [*cifar.kind.train_list, *cifar.kind.test_list]]
    np.testing.assert_array_equal(dataset.images.reshape(60, 3072), np.concatenate([b["data"] for b in batches]))
    np.testing.assert_array_equal(dataset.labels, np.arange(60) % 10)
    np.testing.assert_array_equal(dataset.splits["test"], np.arange(50, 60))
    assert dataset.images.shape == (60, 3, 32, 32) and dataset.images.flags.c_contiguous
    assert dataset.classes == tuple(f"class {i}" for i in range(10))
    assert len(dataset.splits["valid"]) == 20 and len(dataset.splits["train"]) == 30


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_cifar_is_downloaded_once(cifar, tmp_path):
    folder = tmp_path / "images"
    assert_is(cifar.read(folder, download=True), cifar)
    assert tree(folder) == sorted(f"{cifar.kind.base_folder}/{name}" for name in cifar.files)
    (cifar.served / cifar.kind.filename).unlink()
    assert_is(cifar.read(folder, download=True), cifar)
    assert_is(cifar.read(folder, download=False), cifar)


def test_an_archive_that_lies_there_is_enough(cifar, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / cifar.kind.filename).write_bytes(cifar.archive())
    cifar.patch.setattr(cifar.kind, "tgz_md5", md5((folder / cifar.kind.filename).read_bytes()))
    assert_is(cifar.read(folder, download=False), cifar)
    assert tree(folder) == [cifar.kind.filename]


def test_a_damaged_file_is_named_and_a_download_repairs_it(cifar, tmp_path):
    folder = tmp_path / "images"
    name = cifar.kind.test_list[0][0]
    cifar.unpack(folder, **{name: cifar.files[name][:-1]}, notes=b"mine")
    with pytest.raises(DataError, match=f"{name}: damaged, its md5 is .*, expected .*; remove .* data.download"):
        cifar.read(folder, download=False)
    assert_is(cifar.read(folder, download=True), cifar)
    assert (folder / cifar.kind.base_folder / "notes").read_bytes() == b"mine"


def test_a_missing_file_is_named(cifar, tmp_path):
    cifar.unpack(tmp_path)
    (tmp_path / cifar.kind.base_folder / cifar.kind.meta["filename"]).unlink()
    with pytest.raises(DataError, match=f"{cifar.kind.meta['filename']}: missing"):
        cifar.read(tmp_path, download=False)


def test_a_damaged_archive_is_named(cifar, tmp_path):
    (tmp_path / cifar.kind.filename).write_bytes(cifar.archive()[:-100])
    with pytest.raises(
        DataError, match=f"{cifar.kind.filename}: damaged, its md5 is .*, expected {cifar.kind.tgz_md5}"
    ):
        cifar.read(tmp_path, download=False)


def test_a_folder_without_cifar_says_what_belongs_there(cifar, tmp_path):
    with pytest.raises(DataError, match=r"nowhere: no such folder; .*set data\.download to true, or set data\.folder"):
        cifar.read(tmp_path / "nowhere", download=False)
    with pytest.raises(DataError, match=f"holds neither {cifar.kind.base_folder}/ nor {cifar.kind.filename}"):
        cifar.read(tmp_path, download=False)


def test_a_file_in_the_place_of_the_folder_is_an_error(cifar, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file: .* cannot be read or written there .*set data\.folder"):
        cifar.read(tmp_path / "file", download=True)


class Trap:
    """Whoever unpickles this runs a command: it leaves a file."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


def failing_downloads():
    def absent(cifar, trap):
        (cifar.served / cifar.kind.filename).unlink()

    def half(cifar, trap):
        content = cifar.archive()
        cifar.serve(content[: len(content) // 2])

    def other(cifar, trap):
        cifar.serve(cifar.archive(**{cifar.kind.test_list[0][0]: trap}))

    def other_file(cifar, trap):
        cifar.serve(cifar.archive(**{cifar.kind.test_list[0][0]: trap}), trusted=True)

    def other_meta(cifar, trap):
        cifar.serve(cifar.archive(**{cifar.kind.meta["filename"]: trap}), trusted=True)

    def no_archive(cifar, trap):
        cifar.serve(b"<html>Log in to this network</html>", trusted=True)

    def no_server(cifar, trap):
        cifar.patch.setattr(cifar.kind, "url", f"http://127.0.0.1:1/{cifar.kind.filename}")

    return [absent, half, other, other_file, other_meta, no_archive, no_server]


@pytest.mark.parametrize("failure", failing_downloads(), ids=lambda failure: failure.__name__)
def test_a_failed_download_leaves_nothing_and_runs_nothing(failure, cifar, tmp_path):
    folder, trap = tmp_path / "images", tmp_path / "trapped"
    failure(cifar, pickle.dumps(Trap(trap)))
    with pytest.raises(DataError, match=r"could not be downloaded from http://.* into .*images .*; nothing was kept"):
        cifar.read(folder, download=True)
    assert list(folder.iterdir()) == [] and not trap.exists()
    cifar.serve(cifar.archive(), trusted=True)
    if failure.__name__ != "no_server":
        assert_is(cifar.read(folder, download=True), cifar)


@pytest.mark.parametrize("cifar", ["cifar10"], indirect=True)
def test_a_stalled_download_ends(cifar, tmp_path, monkeypatch):
    released = threading.Event()

    class Stalled(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 - the name that http.server calls
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            released.wait(20)

        def log_message(self, *_):
            pass

    monkeypatch.setattr(fsnas.data, "STALLED", 0.2)
    with serving(Stalled) as address:
        monkeypatch.setattr(cifar.kind, "url", f"{address}/{cifar.kind.filename}")
        with pytest.raises(DataError, match="could not be downloaded .*timed out"):
            cifar.read(tmp_path / "images", download=True)
        released.set()
    assert list((tmp_path / "images").iterdir()) == []


# Image folders


def image(size=(6, 5), mode="RGB", seed=0):
    width, height = size
    shape = (height, width, 3) if mode == "RGB" else (height, width)
    return Image.fromarray(np.random.default_rng(seed).integers(256, size=shape, dtype=np.uint8))


@pytest.fixture
def folder(tmp_path):
    """Two classes with three training images and one test image each; 6 pixels wide, 5 high."""
    for part, count in (("train", 3), ("test", 1)):
        for name in ("cat", "ant"):
            (tmp_path / part / name).mkdir(parents=True)
            for i in range(count):
                image(seed=i).save(tmp_path / part / name / f"{i}.png")
    return tmp_path


def read(folder, **options):
    return made("imagefolder", folder=str(folder), **options)


def test_an_image_folder_is_read_in_sorted_order(folder):
    dataset = read(folder)
    assert dataset.classes == ("ant", "cat") and dataset.images.shape == (8, 3, 5, 6)
    np.testing.assert_array_equal(dataset.labels, [0, 0, 0, 1, 1, 1, 0, 1])
    np.testing.assert_array_equal(dataset.splits["test"], [6, 7])
    for index, seed in enumerate([0, 1, 2, 0, 1, 2, 0, 0]):
        np.testing.assert_array_equal(dataset.images[index].transpose(1, 2, 0), np.asarray(image(seed=seed)))


def test_hidden_files_and_folders_are_passed_over(folder):
    (folder / "train" / "cat" / ".DS_Store").write_bytes(b"")
    (folder / "train" / ".cache").mkdir()
    assert len(read(folder).images) == 8


def test_grey_images_have_one_channel_and_three_beside_coloured_ones(folder):
    for file in folder.rglob("*.png"):
        image(mode="L").save(file)
    assert read(folder).images.shape == (8, 1, 5, 6)
    image().save(folder / "test" / "cat" / "0.png")
    images = read(folder).images
    assert images.shape == (8, 3, 5, 6)
    np.testing.assert_array_equal(images[0], np.repeat(np.asarray(image(mode="L"))[None], 3, axis=0))


@pytest.mark.parametrize(("mode", "suffix"), [("RGBA", "png"), ("P", "png"), ("RGB", "jpeg"), ("RGB", "BMP")])
def test_other_kinds_of_images_are_read(mode, suffix, folder):
    colour = (200, 30, 90)
    (folder / "test" / "cat" / "0.png").unlink()
    Image.new("RGB", (6, 5), colour).convert(mode).save(folder / "test" / "cat" / f"0.{suffix}")
    np.testing.assert_allclose(read(folder).images[7].mean(axis=(1, 2)), colour, atol=0 if mode == "RGBA" else 20)


def test_images_are_resized_when_asked(folder):
    image(size=(16, 8)).save(folder / "test" / "cat" / "0.png")
    dataset = read(folder, image_size=4)
    assert dataset.images.shape == (8, 3, 4, 4)
    blocks = np.asarray(image(size=(16, 8)), dtype=float).transpose(2, 0, 1)
    assert abs(dataset.images[7].mean() - blocks.mean()) < 8  # antialiased: the mean stays


def bad_folders():
    def truncated(folder):
        file = folder / "train" / "ant" / "0.png"
        file.write_bytes(file.read_bytes()[:60])
        return r"train/ant/0\.png: cannot be read as an 8-bit image .*; replace or remove it"

    def truncated_jpeg(folder):
        file = folder / "train" / "ant" / "0.jpg"
        image(size=(64, 64)).save(file)
        file.write_bytes(file.read_bytes()[:-100])
        return r"train/ant/0\.jpg: cannot be read as an 8-bit image .*truncated"

    def empty_file(folder):
        (folder / "test" / "cat" / "0.png").write_bytes(b"")
        return r"test/cat/0\.png: cannot be read as an 8-bit image"

    def text_in_disguise(folder):
        (folder / "train" / "cat" / "1.png").write_text("no image")
        return r"train/cat/1\.png: cannot be read as an 8-bit image"

    def text(folder):
        (folder / "train" / "cat" / "notes.txt").write_text("no image")
        return r"train/cat/notes\.txt: not an image; expected files ending in \.jpg"

    def sixteen_bits(folder):
        Image.fromarray(np.full((5, 6), 40_000, dtype=np.uint16)).save(folder / "test" / "cat" / "0.png")
        return r"test/cat/0\.png: .*'I;16' has more than 8 bits a channel"

    def only_in_test(folder):
        (folder / "test" / "dog").mkdir()
        image().save(folder / "test" / "dog" / "0.png")
        return r"test/dog: the class 'dog' is in test, but not in train"

    def only_in_train(folder):
        (folder / "test" / "cat" / "0.png").unlink()
        (folder / "test" / "cat").rmdir()
        return r"train/cat: the class 'cat' is in train, but not in test"

    def empty_class(folder):
        (folder / "test" / "cat" / "0.png").unlink()
        return r"test/cat: the class has no images"

    def one_training_image(folder):
        for i in (0, 1):
            (folder / "train" / "ant" / f"{i}.png").unlink()
        return r"class 'ant' has 1 training images; expected at least 2"

    def no_test(folder):
        (folder / "test").rename(folder / "tests")
        return r"test: no such folder; expected train/ and test/"

    def no_train(folder):
        (folder / "train").rename(folder / "training")
        return r"train: no such folder; expected train/ and test/"

    def no_classes(folder):
        (folder / "train").rename(folder / "training")
        (folder / "train").mkdir()
        return r"train: holds no class folders"

    def other_size(folder):
        image(size=(7, 5)).save(folder / "train" / "cat" / "2.png")
        return r"train/cat/2\.png: 7x5 pixels, but .*train/ant/0\.png has 6x5; .* data\.image_size"

    def constant_channel(folder):
        for file in folder.rglob("*.png"):
            Image.merge("RGB", [*image().split()[:2], Image.new("L", (6, 5), 9)]).save(file)
        return r"channel 2 has the same value in all training images"

    return [value for value in locals().values() if callable(value)]


@pytest.mark.parametrize("spoil", bad_folders(), ids=lambda spoil: spoil.__name__)
def test_a_bad_image_folder_is_refused(spoil, folder):
    message = spoil(folder)
    with pytest.raises(DataError, match=message):
        read(folder)


# Batches


@pytest.fixture(scope="module")
def numbered():
    """60 images of 4x4 pixels and two channels whose first pixel is their index; 40 of them train."""
    images = np.random.default_rng(0).integers(256, size=(60, 2, 4, 4), dtype=np.uint8)
    images[:, 0, 0, 0] = np.arange(60)
    splits = {"train": np.arange(40), "valid": np.arange(40, 50), "test": np.arange(50, 60)}
    return Dataset(
        "numbered", images, np.arange(60) % 3, ("a", "b", "c"), splits, np.array([0.4, 0.5]), np.array([0.2, 0.3])
    )


def indices_of(images, dataset):
    first = images[:, 0, 0, 0].double() * dataset.std[0] + dataset.mean[0]
    return (first * 255).round().long().tolist()


def test_normalise_centres_and_scales_each_channel(numbered):
    found = normalise(numbered.images, numbered.mean, numbered.std, device=CPU)
    expected = (numbered.images / 255 - numbered.mean[:, None, None]) / numbered.std[:, None, None]
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("padding", [0, 1, 4])
@pytest.mark.parametrize("flip", [False, True])
def test_augment_equals_torchvision_for_the_same_draws(padding, flip):
    from torchvision.transforms import functional

    b, h, w = 40, 6, 5
    images = np.random.default_rng(1).integers(256, size=(b, 3, h, w), dtype=np.uint8)
    found = augment(images, crop_padding=padding, flip=flip, rng=np.random.default_rng(2))
    rng = np.random.default_rng(2)
    top, left = rng.integers(0, 2 * padding + 1, size=(2, b)) if padding else np.zeros((2, b), dtype=int)
    mirrored = rng.integers(2, size=b) if flip else np.zeros(b)
    for i in range(b):
        expected = functional.crop(functional.pad(torch.from_numpy(images[i]), [padding]), top[i], left[i], h, w)
        expected = functional.hflip(expected) if mirrored[i] else expected
        np.testing.assert_array_equal(found[i], expected.numpy())
    assert len(set(zip(top, left, mirrored, strict=True))) > padding + flip  # the draws differ


def test_augment_draws_every_position_and_side():
    images = np.tile(np.arange(1, 10, dtype=np.uint8).reshape(1, 1, 3, 3), (2000, 1, 1, 1))
    found = augment(images, crop_padding=1, flip=True, rng=np.random.default_rng(0))
    kinds, counts = np.unique(found.reshape(2000, 9), axis=0, return_counts=True)
    assert len(kinds) == 18 and counts.min() > 60  # 111 expected of each


def test_no_augmentation_leaves_the_images():
    images = np.random.default_rng(1).integers(256, size=(4, 3, 6, 5), dtype=np.uint8)
    assert augment(images, crop_padding=0, flip=False, rng=np.random.default_rng(2)) is images


def epoch(dataset, epoch_seed, batch_size=16, **options):
    options = {"crop_padding": 0, "flip": False} | options
    return list(training_batches(dataset, batch_size=batch_size, epoch_seed=epoch_seed, device=CPU, **options))


def test_an_epoch_shuffles_the_training_part_and_drops_what_is_left_over(numbered):
    batches = epoch(numbered, 0)
    assert [len(labels) for _, labels in batches] == [16, 16]
    seen = [index for images, _ in batches for index in indices_of(images, numbered)]
    assert len(set(seen)) == 32 and set(seen) <= set(range(40)) and seen != sorted(seen)
    assert [label for _, labels in batches for label in labels.tolist()] == [index % 3 for index in seen]


def test_a_single_incomplete_batch_is_kept(numbered):
    assert [len(labels) for _, labels in epoch(numbered, 0, batch_size=64)] == [40]


def test_the_epoch_seed_decides_order_and_augmentation(numbered):
    first, again, other = (epoch(numbered, seed, crop_padding=1, flip=True) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for (a, _), (b, _) in zip(first, again, strict=True))
    assert not any(torch.equal(a, b) for (a, _), (b, _) in zip(first, other, strict=True))


def test_evaluation_goes_through_the_whole_part_in_equal_mixed_batches(numbered):
    batches = list(evaluation_batches(numbered, "valid", batch_size=4, seed=0, device=CPU))
    assert [len(labels) for _, labels in batches] == [4, 3, 3]
    seen = [i for images, _ in batches for i in indices_of(images, numbered)]
    assert sorted(seen) == list(range(40, 50)) and seen != sorted(seen)
    assert all(images.dtype == torch.float32 and labels.dtype == torch.int64 for images, labels in batches)
    again, other = (
        [
            i
            for images, _ in evaluation_batches(numbered, "valid", batch_size=4, seed=seed, device=CPU)
            for i in indices_of(images, numbered)
        ]
        for seed in (0, 1)
    )
    assert again == seen != other


def test_scoring_batches_never_repeat_an_image(numbered):
    batches = scoring_batches(numbered, batch_size=10, repetitions=4, seed=3, device=CPU)
    assert sorted(i for images, _ in batches for i in indices_of(images, numbered)) == list(range(40))
    again = scoring_batches(numbered, batch_size=10, repetitions=4, seed=3, device=CPU)
    other = scoring_batches(numbered, batch_size=10, repetitions=4, seed=4, device=CPU)
    assert all(torch.equal(a, b) for (a, _), (b, _) in zip(batches, again, strict=True))
    assert not torch.equal(batches[0][0], other[0][0])


def test_more_scoring_images_than_there_are_is_an_error(numbered):
    with pytest.raises(DataError, match=r"41 in all, .* numbered has 40; lower method\.batch_size or method\.repetit"):
        scoring_batches(numbered, batch_size=41, repetitions=1, seed=0, device=CPU)


def test_crops_are_patches_of_one_channel_of_training_images(numbered):
    crops = random_crops(numbered, samples=200, size=3, seed=0, device=CPU)
    assert crops.shape == (200, 1, 3, 3) and crops.dtype == torch.float32
    train = normalise(numbered.images[:40], numbered.mean, numbered.std, device=CPU)
    patches = train.unfold(2, 3, 1).unfold(3, 3, 1).reshape(-1, 9)
    distances = (crops.reshape(200, 1, 9) - patches).abs().amax(dim=2)
    found = distances.argmin(dim=1)
    assert distances.amin(dim=1).max() < 1e-5
    assert len(set((found // 4 % 2).tolist())) == 2 and len(set((found % 4).tolist())) == 4  # channels and positions
    assert torch.equal(crops, random_crops(numbered, samples=200, size=3, seed=0, device=CPU))
