"""What a config needs of its images: enough of them for every batch, and sides that a crop cannot miss.

Known before anything runs where the images of a source are always the same, else as soon as they are read.
"""

from collections.abc import Mapping
from typing import Any

from fsnas.errors import ConfigError


def needed_images(config: Mapping[str, Any]) -> dict[str, int]:
    """Return how many training images a step takes at once, by the keys of the config that say so."""
    needed = {"supernet.batch_size": config["supernet"]["batch_size"]}
    for entry in config["methods"]:
        name, own = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
        choices = {**config["method"], **(own or {})}
        places = {key: f"methods.{name}" if key in (own or {}) else "method" for key in ("batch_size", "repetitions")}
        keys = " and ".join(f"{place}.{key}" for key, place in places.items())
        needed[keys] = choices["batch_size"] * choices["repetitions"]
    if config["proxies"]["metrics"]:
        needed["proxies.batch_size"] = config["proxies"]["batch_size"]
    return needed


def _searched_by_gradients(config: Mapping[str, Any]) -> bool:
    """Return whether any differentiable search has a leaf to train."""
    entries = [entry if isinstance(entry, Mapping) else {} for entry in config["search"]["algorithms"].values()]
    return bool(config["leaves"]["methods"]) and any(entry.get("methods", "all") for entry in entries)


def check_images(
    config: Mapping[str, Any], *, train: int | None, valid: int | None, side: int | None, of: str, more: str = ""
) -> None:
    """Check that the parts ``of`` a data set that are trained on have enough images, and that a crop cannot miss them.

    Parameters
    ----------
    train, valid, side
        Images of the training and the validation part, and pixels of their shorter side; None where not known yet.
    more
        What else helps, besides to lower a number.

    Raises
    ------
    ConfigError
        If not; the message names every key that wants too much.
    """
    problems = [
        f"{keys}: found {images} images, but the training part of {of} has {train}; lower {keys}{more}"
        for keys, images in needed_images(config).items()
        if train is not None and images > train
    ]
    batch = config["supernet"]["batch_size"]
    if _searched_by_gradients(config) and valid is not None and batch > valid:
        problems.append(
            f"supernet.batch_size: found {batch} images, but search.algorithms train on the validation part of {of}, "
            f"too, which has {valid}; lower supernet.batch_size, or give each of them methods: []"
        )
    padding = config["data"]["crop_padding"]
    if side is not None and padding >= side:
        problems.append(
            f"data.crop_padding: found {padding}, but the images have {side} pixels a side, and a crop could miss "
            f"them; expected at most {side - 1}"
        )
    if problems:
        raise ConfigError("\n  ".join(problems))
