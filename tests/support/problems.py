"""Random tiny supernets, spaces, gates and batches."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import mixing_gates, perturb
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.registry import taken
from fsnas.spaces import SearchSpace
from tests.support.space import SPACE

torch.set_num_threads(1)


@dataclass(frozen=True)
class Problem:
    """``models`` are the perturbed supernets of all operations of ``edge``."""

    models: list[GatedSupernet]
    edge: int
    batch: ScoringBatch


def supernet(
    *, channels: int, cells: int, classes: int, in_channels: int = 3, space=None, seed: int = 0, of: SearchSpace = SPACE
) -> Supernet:
    size = taken(of.Size.__dataclass_fields__, {"channels": channels, "cells": cells})
    return of.network(space, size, classes=classes, in_channels=in_channels, seed=seed)


def random_space(rng: np.random.Generator, of: SearchSpace = SPACE) -> np.ndarray:
    """Every edge holds at least one operation."""
    edges, operations = of.full().shape
    space = rng.random((edges, operations)) < 0.6
    space[np.arange(edges), rng.integers(operations, size=edges)] = True
    return space


def random_gates(rng: np.random.Generator, space: np.ndarray) -> np.ndarray:
    return space * rng.uniform(0.2, 1.5, space.shape)


def random_network(seed: int, space: np.ndarray | None = None, dtype: torch.dtype = torch.float32, **sizes) -> Supernet:
    """Weights of BatchNorm are drawn too, so that a twin which forgets them is found."""
    sizes = {"channels": 2, "cells": 1, "classes": 4, "in_channels": 1} | sizes
    network = supernet(space=space, seed=seed, **sizes)
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "bn" in name or "norm" in name:
                parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return network.to(dtype)


def draw_crops(samples: int, seed: int) -> Tensor:
    """Crops of few grey values, so that some make the same patterns."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(-1, 2, (samples, 1, 3, 3)).astype(np.float32))


def random_batch(
    seed: int,
    *,
    size: int = 6,
    classes: int = 4,
    in_channels: int = 1,
    pixels: int | tuple[int, int] = 8,
    dtype=torch.float32,
) -> ScoringBatch:
    """``pixels`` is one side, or height and width."""
    generator = torch.Generator().manual_seed(seed)
    sides = (pixels, pixels) if isinstance(pixels, int) else pixels
    images = torch.randn(size, in_channels, *sides, generator=generator).to(dtype)
    return ScoringBatch(images, torch.randint(classes, (size,), generator=generator), seed, draw_crops)


def random_problem(
    seed: int,
    perturbation: str,
    dtype: torch.dtype = torch.float32,
    batch_norm: str = "batch",
    of: SearchSpace = SPACE,
    pixels: int = 8,
) -> Problem:
    """A node of random depth: one edge holds all operations, the others some."""
    rng = np.random.default_rng(seed)
    space, edge = random_space(rng, of), int(rng.integers(len(of.edges)))
    space[edge] = of.full()[edge]
    gates = mixing_gates(space, str(rng.choice(["mean", "sum"])))
    network = random_network(seed, dtype=dtype, of=of)
    every = [perturb(gates, edge, o, perturbation) for o in range(len(of.operations))]
    models = [GatedSupernet(network, each, batch_norm) for each in every]
    return Problem(models, edge, random_batch(seed, dtype=dtype, pixels=pixels))
