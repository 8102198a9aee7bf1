"""The job that reads images: what they are too few or too small for ends it, before anything is written."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from fsnas.artifacts.dataset import Extent, read_dataset, read_extent
from fsnas.errors import ConfigError
from tests.support.config import DEFAULT, laid_over
from tests.support.data import DEFAULTS
from tests.support.scripts import script

data = script("data")
PATHS = ("folder", "split_file", "download")


def draw(folder, count, seed):
    rng = np.random.default_rng(seed)
    for name in ("ant", "cat"):
        (folder / "train" / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            image = Image.fromarray(rng.integers(256, size=(9, 11, 3), dtype=np.uint8))
            image.save(folder / "train" / name / f"{seed}-{i}.png")


def job(tmp_path, **changes):
    """A job of the rule data for a folder of 11x9 images."""
    images = {"source": "imagefolder", "folder": str(tmp_path / "images"), "crop_padding": 8}
    small = {"supernet": {"batch_size": 10}, "method": {"batch_size": 4}, "proxies": {"batch_size": 10}}
    reading = {name: value for name, value in (DEFAULTS | images).items() if name in PATHS}
    deciding = {name: value for name, value in DEFAULTS.items() if name not in PATHS}
    settings = {"name": "mine", "source": "imagefolder", **deciding}
    return SimpleNamespace(
        rule="data",
        output=[str(tmp_path / "mine.h5")],
        params=SimpleNamespace(settings=settings, reading=reading, code=[], inputs=""),
        config=laid_over(laid_over(DEFAULT, small), {"data": images, **changes}),
    )


TOO_MUCH = {
    "proxies": (
        {"proxies": {"batch_size": 11}},
        r"proxies\.batch_size: found 11 .* of mine has 10; lower prox.*, or add",
    ),
    "a crop": ({"data": {"crop_padding": 9}}, r"data\.crop_padding: found 9, but the images have 9 pixels a side"),
}


@pytest.mark.parametrize(("changes", "message"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_config_that_the_images_are_not_enough_for_ends_the_job(changes, message, tmp_path):
    """24 images, of which one in 6 tests and half of the others train."""
    draw(tmp_path / "images", 12, seed=0)
    with pytest.raises(ConfigError, match=message):
        data.main(job(tmp_path, **changes))
    assert not (tmp_path / "mine.h5").exists()


def test_what_the_message_advises_helps(tmp_path):
    draw(tmp_path / "images", 12, seed=0)
    data.main(job(tmp_path))
    assert read_dataset(tmp_path / "mine.h5").images.shape == (24, 3, 9, 11)
    draw(tmp_path / "images", 2, seed=1)
    wide = job(tmp_path, proxies={"batch_size": 11})
    data.main(wide)
    assert read_extent(tmp_path / "mine.h5") == Extent(wide.params.settings, train=12, height=9, width=11)
