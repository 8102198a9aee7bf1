"""supernet.pt: weights, space and training record of a supernet, loadable with ``weights_only=True``."""

import io
import pickle
import textwrap
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fsnas.artifacts.files import check_format, damaged_part, replacing
from fsnas.errors import ArtifactError
from fsnas.networks.supernet import Supernet

FORMAT, VERSION = "fsnas.supernet", 1
FIELDS = ("format", "version", "key", "settings", "seed", "dataset", "space", "network", "record", "state_dict")
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
        "space": torch.from_numpy(network.space.copy()),
        "network": network.settings,
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


def read_checkpoint(path: str | Path) -> tuple[Supernet, dict[str, Any]]:
    """Return the supernet of a checkpoint and its other fields.

    Raises
    ------
    ArtifactError
        As `read_record`, and if the weights do not fit the network that the file describes.
    """
    content = read_record(path)
    try:
        network = Supernet(**content["network"], space=content["space"].numpy().astype(np.bool_))
    except (TypeError, AttributeError, IndexError, RuntimeError) as error:
        raise ArtifactError(f"{path}: fields 'network' and 'space' give no network{_why(error)}") from error
    try:
        network.load_state_dict(content["state_dict"])
    except RuntimeError as error:
        raise ArtifactError(f"{path}: field 'state_dict' does not fit field 'network'{_why(error)}") from error
    return network, content


def read_leaves(
    paths: Iterable[str | Path], leaves: Mapping[str, np.ndarray]
) -> dict[str, tuple[Supernet, dict[str, Any]]]:
    """Return the networks of a tree's leaves with the other fields of their checkpoints, by leaf.

    Parameters
    ----------
    paths
        Checkpoints; a later one of a leaf replaces an earlier one.
    leaves
        Space of every leaf by its path: bool ``[edges, operations]`` each.

    Raises
    ------
    ArtifactError
        As `read_checkpoint`, and if a checkpoint has a space that is no leaf's.
    """
    names = {space.tobytes(): leaf for leaf, space in leaves.items()}
    found = {}
    for path in paths:
        network, content = read_checkpoint(path)
        leaf = names.get(network.space.tobytes())
        if leaf is None:
            raise ArtifactError(
                f"{path}: field 'space' is none of the spaces of the leaves {list(leaves)}; it belongs to another "
                "tree: remove the file and run again"
            )
        found[leaf] = network, content
    return found


def _why(error: Exception) -> str:
    """Return torch's message without its lists of names, which fill screens, and what to do."""
    return f" ({textwrap.shorten(str(error), 200)}); remove the file and run again"
