"""Loss and accuracy of many architectures with the weights of one supernet.

Architectures with the same active operations are one network, evaluated once.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.errors import FsnasError
from fsnas.networks.gates import path_gates
from fsnas.networks.supernet import Supernet
from fsnas.spaces import SearchSpace, held_edges


def different_networks(space: SearchSpace, architectures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different networks that ``architectures`` int ``[n, edges]`` are: architectures of active operations.

    An operation that cannot matter (`SearchSpace.active_gates`) is -1. The networks int64 ``[m, edges]`` are in
    lexicographic order, the index of every architecture's network is int64 ``[n]``. Of the 15,625 architectures of
    NAS-Bench-201 9,445 are different networks.
    """
    indices = space.as_indices(architectures)
    active = [space.active_gates(path_gates(architecture, len(space.operations))) for architecture in indices]
    chosen = [np.where(gates.any(axis=1), gates.argmax(axis=1), -1) for gates in active]
    networks, of = np.unique(np.array(chosen, dtype=np.int64).reshape(indices.shape), axis=0, return_inverse=True)
    return networks, of.reshape(-1)


@torch.no_grad()
def evaluate_architectures(
    network: Supernet,
    architectures: np.ndarray,
    batches: Sequence[tuple[Tensor, Tensor]],
    *,
    together: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean loss and the accuracy of each architecture over ``batches``, with the weights of ``network``.

    float64 ``[n]`` each, the accuracy in [0, 1]; cross-entropy, gates 1. BatchNorm uses the statistics of each
    architecture and batch. The same call gives the same bits; another ``together``, or other architectures in the
    call, change a loss by rounding only.

    Parameters
    ----------
    architectures
        int ``[n, edges]``: one operation index per edge; any may be repeated.
    batches
        Images ``[b, c, h, w]`` in the dtype of the weights, and labels int64 ``[b]``.
    together
        Networks that are evaluated at once, where the space can; by default as many as fit into a cache.

    Raises
    ------
    FsnasError
        If an architecture is not in the space of ``network``, or there is no batch.
    """
    indices = network.space.as_indices(architectures)
    _check_held(network, indices)
    if together is not None and together < 1:
        raise FsnasError(f"together is {together}, expected at least 1 network in a stack")
    if not batches:
        raise FsnasError("there is no batch to evaluate architectures on, expected at least one")
    if not len(indices):
        return np.empty(0), np.empty(0)
    networks, of = different_networks(network.space, indices)
    totals = np.zeros((len(networks), 2))
    for images, labels in batches:
        totals += _sums(network, networks, images, labels, together)
    loss, accuracy = (totals / sum(len(labels) for _, labels in batches))[of].T
    return loss, accuracy


def evaluate_in_leaves(
    networks: Mapping[str, Supernet], architectures: np.ndarray, batches: Sequence[tuple[Tensor, Tensor]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return loss and accuracy of each architecture with the weights of the leaf that holds it, by the leaf's path.

    As `evaluate_architectures`, in the order of ``architectures``.

    Raises
    ------
    FsnasError
        If an architecture is in none of the leaves, or in several.
    """
    if not len(architectures):
        return np.empty(0), np.empty(0)
    space = next(iter(networks.values())).space
    indices = space.as_indices(architectures)
    leaves = space.owner({path: network.sub_space for path, network in networks.items()}, indices)
    loss, accuracy = np.empty(len(indices)), np.empty(len(indices))
    for path, network in networks.items():
        held = leaves == path
        loss[held], accuracy[held] = evaluate_architectures(network, indices[held], batches)
    return loss, accuracy


def _check_held(network: Supernet, indices: np.ndarray) -> None:
    space, held = network.space, held_edges(network.sub_space, indices)
    if not held.all():
        row, edge = np.argwhere(~held)[0]
        raise FsnasError(
            f"the architecture {space.architecture_string(indices[row])} is not in the space of the supernet: edge "
            f"{space.edges[edge]} has {space.operations[indices[row, edge]]}, expected one of "
            f"{space.named(network.sub_space)[space.edges[edge]]}; evaluate it in the leaf that holds it"
        )


def _sums(network: Supernet, networks: np.ndarray, images: Tensor, labels: Tensor, together: int | None) -> np.ndarray:
    """Return the sum of the losses and the number of right answers of every network: float64 ``[networks, 2]``."""
    sums = []
    for logits in network.logits_of_each(images, networks, together):
        loss = F.cross_entropy(logits.flatten(0, 1), labels.repeat(len(logits)), reduction="none")
        right = logits.argmax(2) == labels
        sums.append(torch.stack([loss.view(right.shape).double().sum(1), right.double().sum(1)], dim=1))
    return torch.cat(sums).cpu().numpy()
