"""Official files of images in small: pickles in their form, with made images, and their checksums."""

import hashlib
import pickle
from pathlib import Path

import numpy as np

from fsnas.data.sources import imagenet16_120


def write_cifar100(folder: Path, per_class: int = 6) -> dict[str, str]:
    """Write the unpacked files of CIFAR-100 with so many images of each class to train and one to test.

    Their MD5s are returned.
    """
    folder = folder / "cifar-100-python"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    contents = {"meta": {"fine_label_names": [f"class {i}" for i in range(100)]}}
    for name, count in (("train", per_class), ("test", 1)):
        labels = rng.permutation(np.repeat(np.arange(100), count))
        pixels = rng.integers(256, size=(len(labels), 3 * 32 * 32), dtype=np.uint8)
        contents[name] = {"data": pixels, "fine_labels": labels.tolist()}
    for name, content in contents.items():
        (folder / name).write_bytes(pickle.dumps(content, 2))
    return {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in contents}


def write_imagenet16(folder: Path, per_class: int = 2, classes: int = 125) -> dict[str, str]:
    """Write the files of ImageNet at 16x16 with so many images of each class in all, as many to test.

    Their MD5s are returned.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    names = [*imagenet16_120.TRAIN]
    labels = rng.permutation(np.repeat(np.arange(1, classes + 1), per_class))
    parts = dict(zip(names, np.array_split(labels, len(names)), strict=True))
    parts |= {name: rng.permutation(np.arange(1, classes + 1)) for name in imagenet16_120.TEST}
    for name, held in parts.items():
        pixels = rng.integers(256, size=(len(held), 3 * 16 * 16), dtype=np.uint8)
        batch = {"data": pixels, "labels": held.tolist()}
        if name in imagenet16_120.TRAIN:
            batch["mean"] = pixels.mean(axis=0)
        (folder / name).write_bytes(pickle.dumps(batch, 2))
    return {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in parts}
