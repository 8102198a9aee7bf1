"""Architectures with the weights of a supernet: a plain network each, with copied weights, image by image."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from fsnas.networks.gates import path_gates
from fsnas.networks.supernet import GatedSupernet, Supernet
from tests.reference.plain import plain_network


def evaluate_architecture(
    network: Supernet, architecture: tuple[int, ...], batches: list[tuple[Tensor, Tensor]]
) -> tuple[float, float]:
    """Loss and accuracy over all images of ``batches``; BatchNorm sees one batch of one architecture at a time."""
    plain = plain_network(GatedSupernet(network, path_gates(np.array(architecture), len(network.space.operations))))
    losses, hits = [], []
    for images, labels in batches:
        with torch.no_grad():
            logits = plain(images)
        for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
            losses.append(math.log(sum(math.exp(value) for value in row)) - row[label])
            hits.append(row.index(max(row)) == label)
    return sum(losses) / len(losses), sum(hits) / len(hits)


def evaluate_in_leaves(
    networks: Mapping[str, Supernet], architecture: tuple[int, ...], batches: list[tuple[Tensor, Tensor]]
) -> tuple[float, float]:
    (network,) = [n for n in networks.values() if all(n.sub_space[k, o] for k, o in enumerate(architecture))]
    return evaluate_architecture(network, architecture, batches)
