"""Image folders: what is read, and what is refused."""

import os
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from fsnas.errors import DataError
from tests.support.data import made


def image(size=(12, 10), mode="RGB", seed=0):
    width, height = size
    shape = (height, width, 3) if mode == "RGB" else (height, width)
    return Image.fromarray(np.random.default_rng(seed).integers(256, size=shape, dtype=np.uint8))


@pytest.fixture
def folder(tmp_path):
    """Two classes with three training images and one test image each; 12 pixels wide, 10 high."""
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
    assert dataset.classes == ("ant", "cat") and dataset.images.shape == (8, 3, 10, 12)
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
    assert read(folder).images.shape == (8, 1, 10, 12)
    image().save(folder / "test" / "cat" / "0.png")
    images = read(folder).images
    assert images.shape == (8, 3, 10, 12)
    np.testing.assert_array_equal(images[0], np.repeat(np.asarray(image(mode="L"))[None], 3, axis=0))


@pytest.mark.parametrize(("mode", "suffix"), [("RGBA", "png"), ("P", "png"), ("RGB", "jpeg"), ("RGB", "BMP")])
def test_other_kinds_of_images_are_read(mode, suffix, folder):
    colour = (200, 30, 90)
    (folder / "test" / "cat" / "0.png").unlink()
    Image.new("RGB", (12, 10), colour).convert(mode).save(folder / "test" / "cat" / f"0.{suffix}")
    np.testing.assert_allclose(read(folder).images[7].mean(axis=(1, 2)), colour, atol=0 if mode == "RGBA" else 20)


def test_links_to_files_and_folders_are_followed(folder, tmp_path):
    shutil.move(folder / "train" / "cat", tmp_path / "elsewhere")
    (folder / "train" / "cat").symlink_to(tmp_path / "elsewhere")
    shutil.move(folder / "test" / "ant" / "0.png", tmp_path / "image")
    (folder / "test" / "ant" / "0.png").symlink_to(tmp_path / "image")
    assert len(read(folder).images) == 8


def test_without_a_test_folder_a_seeded_sixth_of_each_class_tests(folder):
    shutil.rmtree(folder / "test")
    for i in range(3, 13):
        image(seed=i).save(folder / "train" / "cat" / f"{i}.png")
    for i in range(3, 7):
        image(seed=i).save(folder / "train" / "ant" / f"{i}.png")
    said = []
    dataset = read(folder, progress=said.append)
    parts = [dataset.splits[part] for part in ("train", "valid", "test")]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(20))
    assert [np.bincount(dataset.labels[part]).tolist() for part in parts] == [[3, 6], [3, 5], [1, 2]]
    assert any(
        re.search(r"has no test/, so that one in 6 images of each class tests, 3 drawn by data\.seed 0", s)
        for s in said
    )
    assert said[-1] == "20 images of 2 classes, 12x10 pixels, channels: 3; 9 train, 8 valid, 3 test"
    again, other = read(folder), read(folder, seed=1)
    np.testing.assert_array_equal(again.splits["test"], parts[2])
    assert not np.array_equal(other.splits["test"], parts[2])


def test_of_a_small_class_one_image_tests(folder):
    shutil.rmtree(folder / "test")
    dataset = read(folder)
    assert [dataset.labels[dataset.splits[part]].tolist() for part in ("train", "valid", "test")] == [[0, 1]] * 3


def test_without_train_and_test_each_folder_is_a_class(folder):
    shutil.rmtree(folder / "test")
    for name in ("ant", "cat"):
        shutil.move(folder / "train" / name, folder / name)
        for i in range(3, 6):
            image(seed=i).save(folder / name / f"{i}.png")
    (folder / "train").rmdir()
    said = []
    dataset = read(folder, progress=said.append)
    assert dataset.classes == ("ant", "cat") and len(dataset.splits["test"]) == 2
    assert "has neither train/ nor test/, so that each of its folders is a class" in said[0]


def test_folders_that_are_not_read_are_named(folder):
    (folder / "val").mkdir()
    said = []
    read(folder, progress=said.append)
    assert f"{folder}: only train/ and test/ are read, not val/" in said


def test_images_that_are_there_twice_are_named(folder):
    """The fixture draws images 0 to 2 of both classes, and those that test, from the same seeds."""
    said = []
    read(folder, progress=said.append)
    found = "; ".join(said)
    assert "5 of 8 images have the same pixels as another one (4 of them one of another class), e.g. " in found
    assert f"{folder / 'train/ant/0.png'} and {folder / 'train/cat/0.png'}" in found


NFC, NFD = "caf\u00e9", "cafe\u0301"


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

    def text(folder):
        (folder / "train" / "cat" / "notes.txt").write_text("no image")
        return r"train/cat/notes\.txt: not an image; expected files ending in \.jpg"

    def image_beside_classes(folder):
        image().save(folder / "train" / "lost.png")
        return r"train/lost\.png: an image beside the class folders; move it into the folder of its class"

    def link_to_no_class(folder):
        (folder / "test" / "dog").symlink_to(folder / "nowhere")
        return r"test/dog: a link to nothing beside the class folders"

    def link_to_no_image(folder):
        (folder / "test" / "cat" / "1.png").symlink_to(folder / "nowhere")
        return r"test/cat/1\.png: a link to nothing, or no regular file; .*replace or remove it"

    def pipe(folder):
        os.mkfifo(folder / "test" / "cat" / "1.png")
        return r"test/cat/1\.png: .*no regular file"

    def nested(folder):
        (folder / "train" / "cat" / "tabby.png").mkdir()
        return r"train/cat/tabby\.png: a folder inside a class; .*move its images up"

    def one_class(folder):
        for part in ("train", "test"):
            shutil.rmtree(folder / part / "ant")
        return r"holds images of one class, 'cat'; expected at least two; add another"

    def no_utf8(folder):
        (folder / "train" / "cat").rename(os.fsdecode(os.fsencode(folder) + b"/train/caf\xe9"))
        return r"train: the name of the class folder 'caf\\udce9' is not UTF-8; rename the folder"

    def another_unicode_form(folder):
        (folder / "train" / "cat").rename(folder / "train" / NFC)
        (folder / "test" / "cat").rename(folder / "test" / NFD)
        return (
            r"the class .* \('cafe\\u0301'\) is in test, but not in train; expected the same classes in both; "
            r"there it is .* \('caf\\xe9'\), one name in two Unicode forms: rename one"
        )

    def two_unicode_forms(folder):
        for part in ("train", "test"):
            (folder / part / "cat").rename(folder / part / NFC)
            (folder / part / "ant").rename(folder / part / NFD)
        return r"the class folders .* \('cafe\\u0301'\) and .* \('caf\\xe9'\) have one name in two Unicode forms"

    def looks_the_same(folder):
        (folder / "test" / "cat").rename(folder / "test" / "c\u0430t")  # a Cyrillic a
        return r"the class .* \('c\\u0430t'\) is in test, but not in train"

    def too_few_for_a_test_part(folder):
        shutil.rmtree(folder / "test")
        (folder / "train" / "ant" / "0.png").unlink()
        return r"the class 'ant' has 1 training images; expected at least 2, one to train and one to validate; add"

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

    def no_train(folder):
        (folder / "train").rename(folder / "training")
        return r"train: no such folder; expected train/ and test/"

    def no_classes(folder):
        (folder / "train").rename(folder / "training")
        (folder / "train").mkdir()
        return r"train: holds no class folders"

    def other_size(folder):
        image(size=(13, 10)).save(folder / "train" / "cat" / "2.png")
        return r"train/cat/2\.png: 13x10 pixels, but .*train/ant/0\.png has 12x10; .* data\.image_size"

    def constant_channel(folder):
        for file in folder.rglob("*.png"):
            Image.merge("RGB", [*image().split()[:2], Image.new("L", (12, 10), 9)]).save(file)
        return r"channel 2 has the same value in all training images; .*; save images without colours as grey ones"

    return [value for value in locals().values() if callable(value)]


@pytest.mark.parametrize("spoil", bad_folders(), ids=lambda spoil: spoil.__name__)
def test_a_bad_image_folder_is_refused(spoil, folder):
    message = spoil(folder)
    with pytest.raises(DataError, match=message):
        read(folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resize": "crop"}, r"data\.resize: found 'crop', expected one of squash, centre_crop"),
        ({"image_size": 7}, r"data\.image_size: found 7, expected at least 8"),
    ],
)
def test_a_way_to_resize_that_there_is_not_is_refused(options, message, folder):
    with pytest.raises(DataError, match=message):
        read(folder, **options)


RENAMED = {
    "no UTF-8": (os.fsdecode(b"caf\xe9"), "cat", "is not UTF-8; rename the folder"),
    "another Unicode form": (NFD, NFC, "rename one of the folders"),
}


@pytest.mark.parametrize(("found", "expected", "message"), RENAMED.values(), ids=RENAMED)
def test_a_class_that_was_renamed_as_advised_is_read(found, expected, message, folder):
    (folder / "train" / "cat").rename(folder / "train" / expected)
    (folder / "test" / "cat").rename(folder / "test" / found)
    with pytest.raises(DataError, match=message):
        read(folder)
    (folder / "test" / found).rename(folder / "test" / expected)
    assert expected in read(folder).classes
