"""Data sets as a config asks for them."""

from fsnas.data.dataset import Dataset
from fsnas.data.making import make_dataset

DEFAULTS = {"folder": None, "download": False, "split": "balanced", "split_file": None, "seed": 0}
DEFAULTS |= {"image_size": None, "resize": "squash"}


def made(source, **options) -> Dataset:
    return make_dataset("mine", source, **(DEFAULTS | options))
