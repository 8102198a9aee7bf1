"""What a config needs of its images: found when they are read, under the name of the right key."""

import re

import pytest

from fsnas.errors import ConfigError
from tests.support.config import DEFAULT, laid_over
from tests.support.messages import pattern
from workflow_scripts._needs import check_images, needed_images

FOLDER = {"data": {"source": "imagefolder", "folder": "images", "crop_padding": 4}}


def test_each_number_of_images_has_its_keys():
    methods = ["snip", {"wide": {"metric": "snip", "repetitions": 5}}, {"gm": None}]
    config = laid_over(DEFAULT, {"methods": methods, "method": {"batch_size": 7, "repetitions": 2}})
    assert needed_images(config) == {
        "supernet.batch_size": 64,
        "method.batch_size and method.repetitions": 14,
        "method.batch_size and methods.wide.repetitions": 35,
        "proxies.batch_size": 32,
    }
    assert "proxies.batch_size" not in needed_images(laid_over(config, {"proxies": {"metrics": []}}))


def test_all_that_the_images_are_too_few_or_too_small_for_is_named():
    config = laid_over(DEFAULT, FOLDER)
    found = {"train": 100, "valid": 90, "side": 9, "of": "mine", "more": ", or add images"}
    check_images(config, **found)
    wanted = {"supernet": {"batch_size": 101}, "method": {"batch_size": 51, "repetitions": 2}}
    wanted |= {"proxies": {"batch_size": 101}, "data": {"crop_padding": 9}}
    with pytest.raises(ConfigError) as error:
        check_images(laid_over(config, wanted), **found)
    few = "but the training part of mine has 100; lower .*, or add images"
    expected = [
        f"supernet.batch_size: found 101 images, {few}",
        f"method.batch_size and method.repetitions: found 102 images.*, {few}",
        f"proxies.batch_size: found 101 images, {few}",
        "data.crop_padding: found 9, but the images have 9 pixels a side.*",
    ]
    for line, message in zip(str(error.value).splitlines(), expected, strict=True):
        assert re.fullmatch(pattern(message), line.strip())


def test_what_is_not_known_yet_is_not_checked():
    check_images(laid_over(DEFAULT, {"supernet": {"batch_size": 10**6}}), train=None, valid=None, side=None, of="mine")


def test_a_differentiable_search_needs_a_batch_of_the_validation_part():
    found = {"train": 100, "valid": 63, "side": 9, "of": "mine"}
    check_images(DEFAULT, **found)
    searched = laid_over(DEFAULT, {"search": {"algorithms": {"gdas": {}}}})
    said = "supernet.batch_size: found 64 images, but search.algorithms .* validation part of mine, too, which has 63; "
    with pytest.raises(ConfigError, match=said + "lower supernet.batch_size, or .* methods: ..$"):
        check_images(searched, **found)
    check_images(laid_over(searched, {"search": {"algorithms": {"gdas": {"methods": []}}}}), **found)
    check_images(laid_over(searched, {"leaves": {"methods": []}}), **found)
    check_images(laid_over(searched, {"supernet": {"batch_size": 63}}), **found)
