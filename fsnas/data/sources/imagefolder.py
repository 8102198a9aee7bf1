"""Folders of images, one for each class, read into memory; what would be lost without a word is refused.

Nothing here imports torch.
"""

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from fsnas.data.splits import TEST_SHARE, Images, drawn_test_part
from fsnas.errors import DataError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp", ".gif")
FORMATS = ("JPEG", "MPO", "PNG", "PPM", "BMP", "TIFF", "WEBP", "GIF")  # MPO is a JPEG of some cameras
SMALLEST = 8  # pixels a side that a network takes: its stages halve them twice
Resize = Literal["squash", "centre_crop"]
RESIZES = get_args(Resize)
GREY = ("1", "L", "LA", "La")
BITS_PER_SAMPLE = 258  # tag of TIFF


@dataclass
class _Notes:
    """What was done to images on the way into memory."""

    turned: int = 0
    cmyk: int = 0
    ratios: list[float] = field(default_factory=list)  # longer to shorter side, where they differ


def read(
    *,
    folder: str | Path,
    image_size: int | None = None,
    resize: str = "squash",
    seed: int = 0,
    progress: Callable[[str], None] = lambda line: None,
) -> Images:
    """Read ``folder/train/CLASS/*`` and, if it is there, ``folder/test/CLASS/*``; without both, ``folder/CLASS/*``.

    Images come in the order of sorted classes and files, those of ``test/`` last; one channel where all are grey, else
    three. Without ``test/`` a sixth of each class, drawn by ``seed``, is the test part.

    Parameters
    ----------
    image_size
        Height and width in pixels that every image is resized to; None wants images of one size.
    resize
        ``squash`` changes the proportions of an image that is not square, ``centre_crop`` cuts off its ends.
    progress
        Gets a line for everything that was done to images, or was not read.

    Raises
    ------
    DataError
        If a file is no image that can be kept whole in 8 bits a channel, is smaller than `SMALLEST`, or classes do not
        fit; the message names the file or folder.
    """
    if resize not in RESIZES:
        raise DataError(f"data.resize: found {resize!r}, expected one of {', '.join(RESIZES)}")
    if image_size is not None and image_size < SMALLEST:
        raise DataError(f"data.image_size: found {image_size}, expected at least {SMALLEST}, which a network can take")
    folder = Path(folder).expanduser()
    parts = [_classes(part) for part in _parts(folder, progress)]
    _check_same_classes(folder, parts)
    classes = tuple(parts[0])
    files = [file for part in parts for name in classes for file in part[name]]
    counts = [len(part[name]) for part in parts for name in classes]
    labels = np.repeat(np.tile(np.arange(len(classes), dtype=np.int64), len(parts)), counts)
    notes = _Notes()
    images = _read_images(files, image_size, resize, notes)
    _tell(notes, len(files), image_size, resize, progress)
    _tell_duplicates(files, images, labels, progress)
    if len(parts) == 2:
        return Images(images, labels, classes, np.arange(sum(counts[: len(classes)]), len(files)))
    test = drawn_test_part(labels, seed)
    progress(
        f"{folder}: has no test/, so that one in {TEST_SHARE} images of each class tests, {len(test)} drawn by "
        f"data.seed {seed}"
    )
    return Images(images, labels, classes, test)


def _parts(folder: Path, progress: Callable[[str], None]) -> list[Path]:
    """Return the folders that hold classes: train/ and test/, train/ alone, or ``folder`` itself."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected train/ and test/ with one folder of images per class")
    train, test = folder / "train", folder / "test"
    if not train.is_dir() and not test.is_dir():
        progress(f"{folder}: has neither train/ nor test/, so that each of its folders is a class")
        return [folder]
    others = sorted(path.name for path in _visible(folder) if path.is_dir() and path not in (train, test))
    if others:
        progress(f"{folder}: only train/ and test/ are read, not {', '.join(f'{name}/' for name in others)}")
    return [train, test] if test.is_dir() else [train]


def _visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def _classes(folder: Path) -> dict[str, list[Path]]:
    """Return the image files of every class folder, both sorted; hidden files are passed over."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected train/ and test/ with one folder of images per class")
    names = []
    for path in sorted(_visible(folder)):
        if path.is_dir():
            names.append(path.name)
        elif path.suffix.lower() in EXTENSIONS or not path.exists():
            kind = "an image" if path.exists() else "a link to nothing"
            raise DataError(f"{path}: {kind} beside the class folders; move it into the folder of its class, or away")
    if not names:
        instead = "; without test/ a sixth of the images tests" if folder.name == "test" else ""
        raise DataError(f"{folder}: holds no class folders; expected one folder of images per class{instead}")
    _check_names(folder, names)
    return {name: _files(folder / name) for name in names}


def _check_names(folder: Path, names: list[str]) -> None:
    """Raise `DataError` for a class that no file can name, and for two that read the same."""
    seen: dict[str, str] = {}
    for name in names:
        if any("\ud800" <= letter <= "\udfff" for letter in name):  # what Python makes of such a byte
            raise DataError(f"{folder}: the name of the class folder {ascii(name)} is not UTF-8; rename the folder")
        twin = seen.setdefault(unicodedata.normalize("NFC", name), name)
        if twin != name:
            raise DataError(
                f"{folder}: the class folders {_spelt(twin)} and {_spelt(name)} have one name in two Unicode forms; "
                "expected one folder a class; put them together, or rename one"
            )


def _spelt(name: str) -> str:
    """Return a name for a message, with its code points where two that look the same may differ."""
    return repr(name) if name.isascii() else f"{name!r} ({ascii(name)})"


def _files(folder: Path) -> list[Path]:
    """Return the sorted images of one class."""
    files = sorted(_visible(folder))
    for file in files:
        if file.is_dir():
            raise DataError(f"{file}: a folder inside a class; expected image files only; move its images up, or away")
        if not file.is_file():
            raise DataError(f"{file}: a link to nothing, or no regular file; expected an image; replace or remove it")
        if file.suffix.lower() not in EXTENSIONS:
            raise DataError(f"{file}: not an image; expected files ending in {', '.join(EXTENSIONS)}; remove it")
    if not files:
        raise DataError(f"{folder}: the class has no images; add some or remove the folder")
    return files


def _check_same_classes(folder: Path, parts: list[dict[str, list[Path]]]) -> None:
    """Raise `DataError` unless all parts hold the same classes, at least two."""
    for part, other, found, others in (("test", "train", parts[-1], parts[0]), ("train", "test", parts[0], parts[-1])):
        forms = {unicodedata.normalize("NFC", name): name for name in others}
        for name in (name for name in found if name not in others):
            twin, do = forms.get(unicodedata.normalize("NFC", name)), f"add {folder / other / name} or remove this one"
            if twin:
                do = f"there it is {_spelt(twin)}, one name in two Unicode forms: rename one of the folders"
            raise DataError(
                f"{folder / part / name}: the class {_spelt(name)} is in {part}, but not in {other}; expected the "
                f"same classes in both; {do}"
            )
    if len(parts[0]) < 2:
        raise DataError(
            f"{folder}: holds images of one class, {_spelt(next(iter(parts[0])))}; expected at least two; add another"
        )


def _read_images(files: list[Path], size: int | None, resize: str, notes: _Notes) -> np.ndarray:
    """Return all images as uint8 ``[n, c, h, w]``: one channel where all are grey, else three."""
    arrays: list[np.ndarray] = []
    for file in files:
        array = _read_image(file, size, resize, notes)
        (h, w), (first_h, first_w) = array.shape[:2], (arrays or [array])[0].shape[:2]
        if min(h, w) < SMALLEST:
            raise DataError(
                f"{file}: {w}x{h} pixels; expected at least {SMALLEST} a side; remove it, or set data.image_size to "
                "resize all images"
            )
        if (h, w) != (first_h, first_w):
            raise DataError(
                f"{file}: {w}x{h} pixels, but {files[0]} has {first_w}x{first_h}; expected images of one size, or "
                "set data.image_size to resize them"
            )
        arrays.append(array)
    channels = 1 if all(array.ndim == 2 for array in arrays) else 3
    images = np.empty((len(arrays), channels, *arrays[0].shape[:2]), dtype=np.uint8)
    for index, array in enumerate(arrays):
        images[index] = array if array.ndim == 2 else array.transpose(2, 0, 1)
    return images


def _read_image(file: Path, size: int | None, resize: str, notes: _Notes) -> np.ndarray:
    """Return one image, uint8 ``[h, w]`` if grey, else ``[h, w, 3]``."""
    from PIL import Image

    problem = ""
    try:
        with Image.open(file) as image:
            problem = _problem(image)
            array = np.empty(0) if problem else np.asarray(_decoded(image, size, resize, notes))
    except Exception as error:  # each of Pillow's decoders raises its own
        empty = "; the file is empty" if file.stat().st_size == 0 else ""
        raise DataError(
            f"{file}: cannot be read as an 8-bit image ({type(error).__name__}: {error}{empty}); replace or remove it"
        ) from error
    if problem:
        raise DataError(f"{file}: {problem}, or remove it")
    return array


def _problem(image: Any) -> str:
    """Return what Pillow would drop of an image that it has opened, and what to do; nothing where all is kept."""
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)  # MPO: the others are previews
    if image.format not in FORMATS:
        return f"in the format {image.format}; expected {', '.join(FORMATS)}; save it as one of them"
    if frames > 1:
        return f"holds {frames} pictures (pages or frames); expected one; save each as a file of its own"
    if _bits(image) > 8:
        return (
            f"its mode {image.mode!r} has more than 8 bits a channel in the file, and those beyond would be cut off; "
            "save it with 8 bits a channel"
        )
    if image.has_transparency_data and image.convert("RGBA").getchannel("A").getextrema()[0] < 255:
        return "has transparent pixels; expected opaque ones; put it on a background and save it without transparency"
    return ""


def _bits(image: Any) -> int:
    """Return how many bits a channel has in the file; in coloured images Pillow keeps the first 8."""
    if image.mode == "F" or image.mode.startswith("I"):
        return 32
    if image.format == "TIFF":
        return max(image.tag_v2.get(BITS_PER_SAMPLE, (1,)))
    layout = image.tile[0][3] if image.tile else ""
    if image.format == "PPM":  # its decoder gets the largest value, where that is not 255
        return int(layout[1]).bit_length() if isinstance(layout, tuple) and image.tile[0][0] != "raw" else 8
    return 16 if image.format == "PNG" and ";16" in str(layout) else 8


def _decoded(image: Any, size: int | None, resize: str, notes: _Notes) -> Any:
    """Return an image upright, in mode L where it is grey, else RGB, and resized where a ``size`` is given."""
    from PIL import ExifTags, ImageOps

    grey = image.mode in GREY
    notes.cmyk += image.mode == "CMYK"
    if image.getexif().get(ExifTags.Base.Orientation) in range(2, 9):
        notes.turned += 1
        image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:  # nothing is transparent
        image = image.convert("RGBA")
    image = image.convert("L" if grey else "RGB")
    return image if size is None else _resized(image, size, resize, notes)


def _resized(image: Any, size: int, resize: str, notes: _Notes) -> Any:
    """Return the whole image, or the square in its centre, with ``size`` pixels a side."""
    from PIL import Image

    w, h = image.size
    if w != h:
        notes.ratios.append(max(w, h) / min(w, h))
    side = min(w, h)
    left, top = (w - side) // 2, (h - side) // 2
    if resize == "centre_crop":
        image = image.crop((left, top, left + side, top + side))
    return image.resize((size, size), Image.Resampling.BILINEAR)


def _tell(notes: _Notes, count: int, size: int | None, resize: str, progress: Callable[[str], None]) -> None:
    """Say what was done to images."""
    if notes.turned:
        progress(f"{notes.turned} of {count} images are turned, as their EXIF orientation says")
    if notes.cmyk:
        progress(f"{notes.cmyk} of {count} images are CMYK, and become RGB without their colour profile")
    if notes.ratios:
        done = (
            "cut to the square in their centre (data.resize: centre_crop)"
            if resize == "centre_crop"
            else f"squashed to {size}x{size} (data.resize: centre_crop takes the square in their centre instead)"
        )
        longest = f"the longer side up to {max(notes.ratios):.2f} times the shorter one"
        progress(f"{len(notes.ratios)} of {count} images are not square, {longest}: they are {done}")


def _tell_duplicates(
    files: list[Path], images: np.ndarray, labels: np.ndarray, progress: Callable[[str], None]
) -> None:
    """Say which images are there more than once: in training and test part, or in two classes, they are mistakes."""
    first: dict[bytes, int] = {}
    digests = (hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images)
    twins = [(first.setdefault(digest, i), i) for i, digest in enumerate(digests)]
    twins = [(one, other) for one, other in twins if one != other]
    if twins:
        mixed = sum(bool(labels[one] != labels[other]) for one, other in twins)
        one, other = twins[0]
        progress(
            f"{len(twins)} of {len(files)} images have the same pixels as another one ({mixed} of them one of another "
            f"class), e.g. {files[one]} and {files[other]}; they can be in the training and the test part"
        )
