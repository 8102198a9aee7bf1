"""supernet.pt: weights, space and training record of a supernet, loadable with ``weights_only=True``."""

import io
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fsnas.artifacts.archive import FORMAT, VERSION, check_fields, whole_archive
from fsnas.artifacts.files import check_format, replacing, space_of, unfit
from fsnas.errors import ArtifactError
from fsnas.networks.supernet import Supernet
from fsnas.spaces import SearchSpace
from fsnas.splitting.trees import Tree


def write_checkpoint(
    path: str | Path,
    network: Supernet,
    *,
    record: dict[str, list],
    key: str,
    settings: dict[str, Any],
    seed: int,
    dataset: str,
) -> None:
    """Write ``network`` to ``path``, whole or not at all; the same content gives the same bytes."""
    content = {"format": FORMAT, "version": VERSION, "key": key, "settings": settings, "seed": seed, "dataset": dataset}
    content |= {"search_space": network.space.described(), "space": torch.from_numpy(network.sub_space.copy())}
    content |= {"network": network.dimensions, "record": record}
    content["state_dict"] = {name: tensor.cpu() for name, tensor in network.state_dict().items()}
    write_tensors(path, content)


def write_tensors(path: str | Path, content: dict[str, Any]) -> None:
    """Write ``content`` as `torch.save` does, whole or not at all.

    It is made in memory: torch writes the name of its file into it, and ours is a temporary one; and on a full disk it
    does not say so.
    """
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load_tensors(path: str | Path) -> dict[str, Any]:
    """Return the dict that `torch.save` wrote, on the CPU, after a check of every checksum (torch checks none).

    Errors as `whole_archive`, and if it holds something else.
    """
    with whole_archive(path):
        content = torch.load(path, weights_only=True, map_location="cpu")
    if not isinstance(content, dict):
        raise ArtifactError(f"{path}: holds a {type(content).__name__}, expected a dict")
    return content


def read_record(path: str | Path) -> dict[str, Any]:
    """Return everything in a checkpoint, tensors included, without building a network.

    Errors as `load_tensors`, `check_format` and `check_fields`.
    """
    try:
        content = load_tensors(path)
    except ArtifactError as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        remedy = "run snakemake to make it" if missing else "remove it and run again"
        raise ArtifactError(f"{error}; {remedy}") from error
    check_format(path, content, FORMAT, VERSION)
    check_fields(path, content)
    return content


def read_checkpoint(path: str | Path, space: SearchSpace) -> tuple[Supernet, dict[str, Any]]:
    """Return the supernet of a checkpoint, which must be of ``space``, and its other fields.

    Errors as `read_record`, and if the weights do not fit the network that the file describes.
    """
    content = read_record(path)
    space_of(path, content, space)
    try:
        numbers, mask = dict(content["network"]), content["space"].numpy().astype(np.bool_)
        of = {name: numbers.pop(name) for name in ("classes", "in_channels")}
        network = space.network(mask, numbers, **of)
    except (TypeError, AttributeError, LookupError, RuntimeError, ValueError) as error:
        raise unfit(path, f"fields 'network' and 'space' give no network ({_short(error)})") from error
    try:
        network.load_state_dict(content["state_dict"])
    except RuntimeError as error:
        raise unfit(path, f"field 'state_dict' does not fit field 'network' ({_short(error)})") from error
    return network, content


def read_leaves(paths: Iterable[str | Path], tree: Tree) -> dict[str, tuple[Supernet, dict[str, Any]]]:
    """Return the networks of a tree's leaves with the other fields of their checkpoints, by the path of the leaf.

    A later one of a leaf replaces an earlier one; the search space of ``tree`` is known, not only by its names. Errors
    as `read_checkpoint`, and if a checkpoint has a space that is no leaf's.
    """
    names = {mask.tobytes(): leaf for leaf, mask in tree.leaves.items()}
    found = {}
    for path in paths:
        network, content = read_checkpoint(path, tree.space)
        leaf = names.get(network.sub_space.tobytes())
        if leaf is None:
            problem = f"field 'space' is none of the spaces of the leaves {list(tree.leaves)}"
            raise unfit(path, f"{problem}; it belongs to another tree")
        found[leaf] = network, content
    return found


def _short(error: Exception) -> str:
    """Return torch's message without its lists of names, which fill screens."""
    return textwrap.shorten(str(error), 200)
