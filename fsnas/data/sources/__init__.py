"""Sources of images, one file each: a file in this folder with a function ``read`` is a source of the config.

Its keyword-only arguments say what it takes of ``folder, download, split_file, image_size, resize, seed, progress``;
one without a default is needed. It returns `fsnas.data.splits.Images`.
"""

from dataclasses import dataclass

from fsnas.errors import ConfigError
from fsnas.registry import Registry


@dataclass(frozen=True)
class Facts:
    """What is known of the images of a source before they are read; its file may say it as ``FACTS``.

    How many train and validate at least, and pixels a side, where always the same; why they are not to be mirrored, if
    that is so.
    """

    train: int | None = None
    valid: int | None = None
    side: int | None = None
    unmirrored: str = ""


_registry = Registry(__name__, "data source", "read", hyphens=True)
known, path_of, load = _registry.known, _registry.path_of, _registry.load
options, taken = _registry.options, _registry.taken


def facts(source: str) -> Facts:
    """Return what is known of the images of a source before they are read."""
    return _registry.attribute(source, "FACTS", Facts())


def check(
    source: str, *, folder: str | None, split: str, split_file: str | None, image_size: int | None, flip: bool = False
) -> None:
    """Raise `ConfigError` for an option that a source needs and does not have, or has and does not take."""
    takes, mirrored = options(source), facts(source).unmirrored
    if split != "balanced" and not ("split_file" in takes and split_file):
        raise ConfigError(
            f"data.split: {split!r} is the split of data.source {_those_with('split_file')} in torchvision's order and "
            f"needs data.split_file, cifar-split.txt of AutoDL-Projects; found source {source!r} and split_file "
            f"{split_file!r}. NAS-Bench-201 trains on all training images of CIFAR-100 and halves its test images: "
            "take 'balanced' there"
        )
    if "folder" in takes and takes["folder"].needed and not folder:
        raise ConfigError(f"data.folder: found null, but data.source {source!r} needs the folder of its images")
    if image_size is not None and "image_size" not in takes:
        raise ConfigError(
            f"data.image_size: found {image_size}, but only data.source {_those_with('image_size')} is resized; use "
            f"null with source {source!r}"
        )
    if flip and mirrored:
        raise ConfigError(f"data.flip: found true, but {mirrored}; use false with source {source}")


def _those_with(option: str) -> str:
    return " or ".join(repr(name) for name in known() if option in options(name))
