"""Images of the user's own, through Snakemake: what they are too few for is found when they are read."""

import numpy as np
import pytest
from PIL import Image

from fsnas.artifacts.dataset import read_dataset
from tests.workflow.conftest import copy_checkout, snakemake

CONFIG = """
outdir: results
seeds: [0]
data: {name: mine, source: imagefolder, folder: images, crop_padding: 2, flip: true}
supernet: {channels: 2, epochs: 1, batch_size: 8, valid_batches: 1}
method: {batch_size: 4, repetitions: 2, max_leaves: 2}
methods: [gm, ntk]
metrics: {ntk: {samples: 4}}
leaves: {methods: [gm], total_epochs: 2}
evaluation: {batch_size: 8, batches: 1, architectures: 2}
search: {samplers: [random], evaluations: 4}
truth: {architectures: 2, epochs: 1}
proxies: {metrics: [synflow, naswot], batch_size: 8}
distances: {resamples: 100}
"""
DATA = "results/data/mine.h5"


@pytest.fixture
def checkout(tmp_path):
    """A checkout with 12 images of each of two classes, 50 pixels wide and 30 high, and no test part."""
    folder = copy_checkout(tmp_path)
    (folder / "mine.yaml").write_text(CONFIG, encoding="utf-8")
    rng = np.random.default_rng(0)
    for name, brightest in (("ant", 100), ("cat", 255)):
        (folder / "images" / "train" / name).mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(brightest, size=(30, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "images" / "train" / name / f"{i}.png")
    return folder


def run(checkout, *arguments, config=(), expect=0):
    given = ["--config", *config] if config else []
    return snakemake(checkout, DATA, "--cores", "1", *arguments, "--configfile", "mine.yaml", *given, expect=expect)


def test_what_the_images_are_too_few_for_is_found_before_anything_is_trained(checkout):
    """The job says so when it reads them (tests/unit/workflow_scripts/test_data_script.py); here they were read."""
    run(checkout)
    said = (checkout / DATA).parents[1].joinpath("logs/data.log").read_text(encoding="utf-8")
    assert "one in 6 images of each class tests, 4 drawn by data.seed 0" in said
    assert read_dataset(checkout / DATA).images.shape == (24, 3, 30, 50)
    wanted = ("proxies={batch_size: 11}", "data={crop_padding: 30}")
    said = run(checkout, "-n", config=wanted, expect=1)
    assert "proxies.batch_size: found 11 images, but the training part of mine has 10; lower proxies.batch_size" in said
    assert f", or add images, remove {DATA} and run again" in said and "Traceback" not in said
    assert "data.crop_padding: found 30, but the images have 30 pixels a side" in said
    # Images that are to be read anew may be enough.
    assert "Prepare the data set" in run(checkout, "-n", config=("data={seed: 1, crop_padding: 30}",))


@pytest.mark.long
def test_images_with_sides_of_any_length_go_all_the_way(checkout):
    said = snakemake(checkout, "--cores", "2", "--configfile", "mine.yaml")
    assert (checkout / "results/summary.txt").read_text(encoding="utf-8") in said
