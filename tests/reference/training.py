"""Training spelled out by hand: the plain network, Nesterov's momentum and the schedule as formulas, no optimizer."""

import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.data.batches import evaluation_batches, training_batches
from fsnas.data.dataset import Dataset
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.seeding import derive, generator
from fsnas.training.paths import sample_gates
from fsnas.training.recipe import Recipe
from tests.reference.plain import plain_network

CPU = torch.device("cpu")
COLUMNS = ("epoch", "loss", "accuracy", "valid_loss", "valid_accuracy", "samples")


def learning_rate(recipe: Recipe, epoch: int) -> float:
    return recipe.lr * (1 + math.cos(math.pi * epoch / recipe.epochs)) / 2


def loss_and_hits(model: GatedSupernet, images: Tensor, labels: Tensor) -> tuple[float, int, dict[str, Tensor]]:
    """The mean loss of one pass, the number of right answers, and the gradients by name."""
    network = plain_network(model)
    logits = network(images)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    hits = sum(int(row.argmax() == label) for row, label in zip(logits, labels, strict=True))
    return loss.item(), hits, {name: p.grad for name, p in network.named().items() if p.grad is not None}


def clipped(gradients: dict[str, Tensor], largest: float) -> dict[str, Tensor]:
    norm = math.sqrt(sum((gradient**2).sum().item() for gradient in gradients.values()))
    return {name: gradient * min(1.0, largest / (norm + 1e-6)) for name, gradient in gradients.items()}


def step(
    network: Supernet, gradients: dict[str, Tensor], velocity: dict[str, Tensor], recipe: Recipe, lr: float
) -> None:
    """SGD with Nesterov's momentum. A weight that no path executes is left alone: no decay, no momentum."""
    for name, weight in network.named_parameters():
        if name in gradients:
            change = gradients[name] + recipe.weight_decay * weight.detach()
            velocity[name] = recipe.momentum * velocity[name] + change if name in velocity else change
            weight.data -= lr * (change + recipe.momentum * velocity[name])


def train(network: Supernet, dataset: Dataset, recipe: Recipe, *, space: np.ndarray, seed: int) -> dict[str, list]:
    """Train ``network`` in place (its own dtype) and return the columns of its record."""
    dtype = network.stem.weight.dtype
    velocity: dict[str, Tensor] = {}
    record: dict[str, list] = {name: [] for name in COLUMNS}
    for epoch in range(recipe.epochs):
        rng = generator(seed, "paths", epoch)
        losses, hits, seen, samples = 0.0, 0.0, 0, 0
        how = {"crop_padding": recipe.crop_padding, "flip": recipe.flip, "device": CPU}
        epoch_seed = derive(seed, "epoch", epoch)
        for images, labels in training_batches(dataset, batch_size=recipe.batch_size, epoch_seed=epoch_seed, **how):
            total: dict[str, Tensor] = {}
            paths = sample_gates(space, recipe, rng)
            for gates in paths:
                loss, right, gradients = loss_and_hits(GatedSupernet(network, gates), images.to(dtype), labels)
                losses += loss * len(labels) / len(paths)
                hits += right / len(paths)
                samples += len(labels)
                for name, gradient in gradients.items():
                    total[name] = total[name] + gradient if name in total else gradient
            seen += len(labels)
            step(network, clipped(total, recipe.grad_clip), velocity, recipe, learning_rate(recipe, epoch))
        row = (epoch + 1, losses / seen, hits / seen, *evaluate(network, dataset, recipe, space, seed), samples)
        for name, value in zip(COLUMNS, row, strict=True):
            record[name].append(value)
    return record


def evaluate(
    network: Supernet, dataset: Dataset, recipe: Recipe, space: np.ndarray, seed: int, part: str = "valid"
) -> tuple[float, float]:
    dtype = network.stem.weight.dtype
    rng = generator(seed, "valid paths")
    losses, hits, seen = 0.0, 0, 0
    batches = list(evaluation_batches(dataset, part, batch_size=recipe.batch_size, seed=seed, device=CPU))
    for images, labels in batches[: (recipe.valid_batches or None) if part == "valid" else None]:
        gates = sample_gates(space, recipe, rng)[0]
        loss, right, _ = loss_and_hits(GatedSupernet(network, gates), images.to(dtype), labels)
        losses, hits, seen = losses + loss * len(labels), hits + right, seen + len(labels)
    return losses / seen, hits / seen
