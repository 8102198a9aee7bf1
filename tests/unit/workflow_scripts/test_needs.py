"""What a config needs of its images: found when they are read, under the name of the right key."""

import pytest

from fsnas.errors import ConfigError
from tests.support.config import DEFAULT, laid_over
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


TOO_MUCH = {
    "supernet": ({"supernet": {"batch_size": 101}}, {r"supernet\.batch_size: found 101 images"}),
    "method": (
        {"method": {"batch_size": 51, "repetitions": 2}},
        {r"method\.batch_size and method\.repetitions: found 102 images"},
    ),
    "proxies": ({"proxies": {"batch_size": 101}}, {r"proxies\.batch_size: found 101 images"}),
    "two at once": (
        {"proxies": {"batch_size": 101}, "data": {"crop_padding": 9}},
        {r"proxies\.batch_size: found 101", r"data\.crop_padding: found 9, but the images have 9 pixels a side"},
    ),
}


@pytest.mark.parametrize(("change", "expected"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_all_that_the_images_are_too_few_or_too_small_for_is_named(change, expected):
    config = laid_over(DEFAULT, FOLDER)
    found = {"train": 100, "side": 9, "of": "mine", "more": ", or add images"}
    check_images(config, **found)
    with pytest.raises(ConfigError) as error:
        check_images(laid_over(config, change), **found)
    lines = str(error.value).splitlines()
    assert len(lines) == len(expected)
    for line in lines:
        if "images" in line and "crop" not in line:
            assert "but the training part of mine has 100; lower " in line and line.endswith(", or add images")
    for message in expected:
        assert pytest.RaisesExc(ConfigError, match=message).matches(error.value)


def test_what_is_not_known_yet_is_not_checked():
    check_images(laid_over(DEFAULT, {"supernet": {"batch_size": 10**6}}), train=None, side=None, of="mine")
