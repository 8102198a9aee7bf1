"""Image folders: what is read, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from fsnas.errors import DataError
from tests.data import made


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
