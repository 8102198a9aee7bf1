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


def test_a_config_that_the_images_are_not_enough_for_ends_the_job_and_what_is_advised_helps(tmp_path):
    """24 images, of which one in 6 tests and half of the others train."""
    draw(tmp_path / "images", 12, seed=0)
    wide = job(tmp_path, proxies={"batch_size": 11})
    with pytest.raises(ConfigError, match=r"proxies\.batch_size: found 11 .* of mine has 10; lower prox.*, or add"):
        data.main(wide)
    assert not (tmp_path / "mine.h5").exists()
    draw(tmp_path / "images", 2, seed=1)
    data.main(wide)
    assert read_dataset(tmp_path / "mine.h5").images.shape == (28, 3, 9, 11)
    assert read_extent(tmp_path / "mine.h5") == Extent(wide.params.settings, train=12, valid=12, height=9, width=11)
