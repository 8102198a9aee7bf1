"""supernet.pt: weights, space and training record of a supernet, loadable with ``weights_only=True``."""

import io
import pickle
import textwrap
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fsnas.artifacts.files import check_format, damaged_part, replacing, space_of
from fsnas.errors import ArtifactError
from fsnas.networks.supernet import Supernet
from fsnas.spaces import SearchSpace
from fsnas.splitting.trees import Tree

FORMAT, VERSION = "fsnas.supernet", 2
FIELDS = (
    "format",
    "version",
    "key",
    "settings",
    "seed",
    "dataset",
    "search_space",
    "space",
    "network",
    "record",
    "state_dict",
)
DAMAGE = (RuntimeError, EOFError, ValueError, OSError, pickle.UnpicklingError, zipfile.BadZipFile)


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
    content = {
        "format": FORMAT,
        "version": VERSION,
        "key": key,
        "settings": settings,
        "seed": seed,
        "dataset": dataset,
        "search_space": network.space.described(),
        "space": torch.from_numpy(network.sub_space.copy()),
        "network": network.dimensions,
        "record": record,
        "state_dict": {name: tensor.cpu() for name, tensor in network.state_dict().items()},
    }
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

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or holds something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = damaged_part(archive)
        content = None if damaged else torch.load(path, weights_only=True, map_location="cpu")
    except DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ArtifactError(f"{path}: not a readable checkpoint ({reason})") from error
    if damaged:
        raise ArtifactError(f"{path}: the checksum of its part {damaged!r} is wrong")
    if not isinstance(content, dict):
        raise ArtifactError(f"{path}: holds a {type(content).__name__}, expected a dict")
    return content


def read_record(path: str | Path) -> dict[str, Any]:
    """Return everything in a checkpoint, tensors included, without building a network.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or not a checkpoint of this format and version.
    """
    try:
        content = load_tensors(path)
    except ArtifactError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise ArtifactError(f"{path}: no such checkpoint; run snakemake to make it") from error
        raise ArtifactError(f"{error}; remove it and run again") from error
    check_format(path, content, FORMAT, VERSION)
    for field in FIELDS:
        if field not in content:
            raise ArtifactError(f"{path}: field {field!r} is missing; remove the file and run again")
    return content


def read_checkpoint(path: str | Path, space: SearchSpace) -> tuple[Supernet, dict[str, Any]]:
    """Return the supernet of a checkpoint, which must be of ``space``, and its other fields.

    Raises
    ------
    ArtifactError
        As `read_record`, and if the weights do not fit the network that the file describes.
    """
    content = read_record(path)
    space_of(path, content, space)
    try:
        numbers, mask = dict(content["network"]), content["space"].numpy().astype(np.bool_)
        of = {name: numbers.pop(name) for name in ("classes", "in_channels")}
        network = space.network(mask, numbers, **of)
    except (TypeError, AttributeError, LookupError, RuntimeError, ValueError) as error:
        raise ArtifactError(f"{path}: fields 'network' and 'space' give no network{_why(error)}") from error
    try:
        network.load_state_dict(content["state_dict"])
    except RuntimeError as error:
        raise ArtifactError(f"{path}: field 'state_dict' does not fit field 'network'{_why(error)}") from error
    return network, content


def read_leaves(paths: Iterable[str | Path], tree: Tree) -> dict[str, tuple[Supernet, dict[str, Any]]]:
    """Return the networks of a tree's leaves with the other fields of their checkpoints, by the path of the leaf.

    Parameters
    ----------
    paths
        Checkpoints; a later one of a leaf replaces an earlier one.
    tree
        Of the search space that is known, not only by its names.

    Raises
    ------
    ArtifactError
        As `read_checkpoint`, and if a checkpoint has a space that is no leaf's.
    """
    names = {mask.tobytes(): leaf for leaf, mask in tree.leaves.items()}
    found = {}
    for path in paths:
        network, content = read_checkpoint(path, tree.space)
        leaf = names.get(network.sub_space.tobytes())
        if leaf is None:
            raise ArtifactError(
                f"{path}: field 'space' is none of the spaces of the leaves {list(tree.leaves)}; it belongs to another "
                "tree: remove the file and run again"
            )
        found[leaf] = network, content
    return found


def _why(error: Exception) -> str:
    """Return torch's message without its lists of names, which fill screens, and what to do."""
    return f" ({textwrap.shorten(str(error), 200)}); remove the file and run again"
