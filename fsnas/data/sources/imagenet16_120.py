"""ImageNet-16-120: the first 120 classes of ImageNet at 16x16 pixels, as in NAS-Bench-201."""

import hashlib
from pathlib import Path

import numpy as np

from fsnas.data.sources import Facts
from fsnas.data.splits import Images
from fsnas.errors import DataError
from fsnas.pickles import loads

CLASSES = 120
SIDE = 16
FACTS = Facts(train=75_850, valid=3_000, side=SIDE)  # half of 151,700; 3,000 in NAS-Bench-201
# Of the official files; the checksums are those of DownsampledImageNet.py in AutoDL-Projects.
TRAIN = {
    "train_data_batch_1": "27846dcaa50de8e21a7d1a35f30f0e91",
    "train_data_batch_2": "c7254a054e0e795c69120a5727050e3f",
    "train_data_batch_3": "4333d3df2e5ffb114b05d2ffc19b1e87",
    "train_data_batch_4": "1620cdf193304f4a92677b695d70d10f",
    "train_data_batch_5": "348b3c2fdbb3940c4e9e834affd3b18d",
    "train_data_batch_6": "6e765307c242a1b3d7d5ef9139b48945",
    "train_data_batch_7": "564926d8cbf8fc4818ba23d2faac7564",
    "train_data_batch_8": "f4755871f718ccb653440b9dd0ebac66",
    "train_data_batch_9": "bb6dd660c38c58552125b1a92f86b5d4",
    "train_data_batch_10": "8f03f34ac4b42271a294f91bf480f29b",
}
TEST = {"val_data": "3410e3017fdaefba8d5073aaa65e4bd6"}


def read(*, folder: str | Path) -> Images:
    """Return ImageNet-16-120: the images of ImageNet's classes 1 to 120, which become 0 to 119.

    The files are the official ones of ImageNet downsampled to 16x16 pixels, with their own order of classes;
    ``val_data`` is the test part. No file is opened whose MD5 is not the known one, and nothing that one names is run.

    Raises
    ------
    DataError
        If a file is missing, damaged or another one.

    References
    ----------
    Chrabaszcz, Loshchilov and Hutter 2017, "A Downsampled Variant of ImageNet as an Alternative to the CIFAR datasets".
    Dong and Yang 2020, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search".
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; set data.folder to the one that holds train_data_batch_1")
    parts = [_read_batch(folder / name, md5) for name, md5 in (TRAIN | TEST).items()]
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    test = np.arange(len(labels) - len(parts[-1][1]), len(labels))
    return Images(images, labels, tuple(str(number + 1) for number in range(CLASSES)), test)


def _read_batch(path: Path, md5: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of the first classes in one file."""
    where = "get the files of ImageNet downsampled to 16x16 (Imagenet16_train, Imagenet16_val), or correct data.folder"
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path}: missing; {where}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error}); {where}") from error
    found = hashlib.md5(content).hexdigest()
    if found != md5:
        raise DataError(f"{path}: damaged or another file, its md5 is {found}, expected {md5}; {where}")
    try:
        batch = loads(content)
        pixels, labels = np.asarray(batch["data"]), np.asarray(batch["labels"], dtype=np.int64)
        images = pixels.reshape(len(labels), 3, SIDE, SIDE)
        if images.dtype != np.uint8:
            raise TypeError(f"pixels are {images.dtype}, expected uint8")
    except Exception as error:  # unpickling bytes that are none raises anything
        raise DataError(
            f"{path}: cannot be read ({type(error).__name__}: {error}); expected 'data' with 3 times {SIDE}x{SIDE} "
            f"pixels, and 'labels'; {where}"
        ) from error
    kept = (labels >= 1) & (labels <= CLASSES)
    return images[kept], labels[kept] - 1
