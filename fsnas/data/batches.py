"""Batches of a data set as normalised tensors: augmented for training, plain for validation and scoring.

All images lie on the device as bytes; what is drawn is drawn by numpy, the same on every device.
"""

import functools
import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from fsnas.data.dataset import Dataset
from fsnas.errors import DataError
from fsnas.seeding import derive, generator

Batch = tuple[Tensor, Tensor]
PARTS = {"train": "training", "valid": "validation"}  # what a training uses, in words


class _OnDevice(NamedTuple):
    """A data set on a device: uint8 ``[n, c, h, w]``, int64 ``[n]``; mean and spread float32 ``[1, c, 1, 1]``."""

    images: Tensor
    labels: Tensor
    centre: Tensor
    spread: Tensor

    def batch(self, indices: Tensor) -> Batch:
        """Return the images of ``indices`` as they are, and their labels."""
        return self.normalised(self.images[indices]), self.labels[indices]

    def normalised(self, images: Tensor) -> Tensor:
        """Return uint8 ``images [b, c, h, w]`` as float32, ``(pixel / 255 - mean) / std`` per channel."""
        return images.to(torch.float32).div_(255).sub_(self.centre).div_(self.spread)


@functools.lru_cache(maxsize=1)
@torch.inference_mode(False)  # what is kept is of use to a training, too
def _on_device(dataset: Dataset, device: torch.device) -> _OnDevice:
    images, labels = (torch.from_numpy(np.ascontiguousarray(of)).to(device) for of in (dataset.images, dataset.labels))
    moments = [torch.from_numpy(v).to(device, torch.float32).view(1, -1, 1, 1) for v in (dataset.mean, dataset.std)]
    return _OnDevice(images, labels, *moments)


def draw_augmentation(images: int, *, crop_padding: int, flip: bool, rng: np.random.Generator) -> np.ndarray:
    """Return what is drawn for so many ``images``: int64 ``[3, images]``.

    Top and left of the crop, and whether it is mirrored, as torchvision's RandomCrop with padding and
    RandomHorizontalFlip.
    """
    corners = rng.integers(0, 2 * crop_padding + 1, size=(2, images)) if crop_padding else np.zeros((2, images), int)
    mirrored = rng.integers(2, size=(1, images)) if flip else np.zeros((1, images), int)
    return np.concatenate([corners, mirrored])


def augment(images: Tensor, drawn: Tensor, crop_padding: int) -> Tensor:
    """Return uint8 ``images [b, c, h, w]`` cropped out of zero padding and mirrored, as ``drawn [3, b]`` says."""
    _, c, h, w = images.shape
    top, left, mirrored = (each[:, None, None, None] for each in drawn)
    rows, columns = (torch.arange(size, device=images.device) for size in (h, w))
    rows, columns = top + rows[:, None], left + torch.where(mirrored.bool(), columns.flip(0), columns)
    every, channels = torch.arange(len(images), device=images.device), torch.arange(c, device=images.device)
    return F.pad(images, [crop_padding] * 4)[every[:, None, None, None], channels[:, None, None], rows, columns]


def training_batches(
    dataset: Dataset,
    *,
    batch_size: int,
    epoch_seed: int,
    crop_padding: int,
    flip: bool,
    device: torch.device,
    part: str = "train",
) -> Iterator[Batch]:
    """Yield the training ``part`` once, shuffled and augmented by ``epoch_seed``: float32 images and int64 labels.

    A differentiable search trains its architecture on the part ``valid`` in the same way.

    An incomplete last batch is dropped; `DataError` if that would be the only one. All that is drawn for the epoch is
    copied to the device before the first batch.
    """
    rng = generator(epoch_seed, "training batches")
    indices = rng.permutation(dataset.splits[part])
    steps = len(indices) // batch_size
    if not steps:
        raise DataError(
            f"supernet.batch_size: found {batch_size} images, but the {PARTS[part]} part of {dataset.name} has "
            f"{len(indices)}; lower supernet.batch_size"
        )
    of_each = (draw_augmentation(batch_size, crop_padding=crop_padding, flip=flip, rng=rng) for _ in range(steps))
    drawn = np.stack(list(of_each))
    chosen = np.concatenate([indices[: steps * batch_size].reshape(steps, 1, batch_size), drawn], axis=1)
    data, every = _on_device(dataset, device), torch.from_numpy(chosen).to(device)
    for step in every:
        images = data.images[step[0]]
        if crop_padding or flip:
            images = augment(images, step[1:], crop_padding)
        yield data.normalised(images), data.labels[step[0]]


def evaluation_batches(
    dataset: Dataset, part: str, *, batch_size: int, seed: int, device: torch.device
) -> Iterator[Batch]:
    """Yield the part ``train``, ``valid`` or ``test`` once, not augmented, in batches of at most ``batch_size``.

    The order is drawn by ``seed`` and the sizes differ by at most one: BatchNorm uses the statistics of a batch, and a
    batch of one class (a folder of images lists them class by class) or of a few images has statistics of its own.
    """
    indices = generator(seed, "evaluation batches").permutation(dataset.splits[part])
    every = torch.from_numpy(indices).to(device)
    yield from map(_on_device(dataset, device).batch, every.tensor_split(-(-len(indices) // batch_size)))


def comparison_batches(
    dataset: Dataset,
    *,
    batch_size: int = 128,
    batches: int = 0,
    seed: int = 0,
    device: torch.device = torch.device("cpu"),  # noqa: B008 - a constant
) -> list[Batch]:
    """Return the first ``batches`` (0: all) of the validation part, mixed by ``seed``.

    The same for every architecture, leaf, method and sampler of a seed, so that their accuracies can be compared.
    """
    own = derive(seed, "evaluation")
    every = evaluation_batches(dataset, "valid", batch_size=batch_size, seed=own, device=device)
    return list(itertools.islice(every, batches or None))


def scoring_batches(
    dataset: Dataset,
    *,
    batch_size: int,
    repetitions: int,
    seed: int,
    device: torch.device,
    lower: str = "method.batch_size or method.repetitions",
) -> list[Batch]:
    """Return ``repetitions`` disjoint batches drawn from the training part without replacement, not augmented.

    `DataError` if there are too few images; it says to ``lower`` the keys that the numbers come from.
    """
    train = dataset.splits["train"]
    if batch_size * repetitions > len(train):
        raise DataError(
            f"scoring wants {repetitions} batches of {batch_size} images, {batch_size * repetitions} in all, but the "
            f"training part of {dataset.name} has {len(train)}; lower {lower}"
        )
    drawn = generator(seed, "scoring batches").permutation(train)[: batch_size * repetitions]
    parts = torch.from_numpy(drawn.reshape(repetitions, batch_size)).to(device)
    return list(map(_on_device(dataset, device).batch, parts))


def random_crops(dataset: Dataset, *, samples: int, size: int = 3, seed: int, device: torch.device) -> Tensor:
    """Return float32 ``[samples, 1, size, size]``: crops of training images, one random channel each, normalised.

    What TE-NAS counts linear regions on (Chen et al. 2021); images are drawn with replacement.
    """
    rng = generator(seed, "crops")
    _, c, h, w = dataset.images.shape
    image = rng.choice(dataset.splits["train"], samples)
    channel = rng.integers(c, size=samples)
    rows = rng.integers(h - size + 1, size=samples)[:, None] + np.arange(size)
    columns = rng.integers(w - size + 1, size=samples)[:, None] + np.arange(size)
    crops = dataset.images[image[:, None, None], channel[:, None, None], rows[:, :, None], columns[:, None, :]]
    centre, spread = (v[channel][:, None, None] for v in (dataset.mean, dataset.std))
    normalised = (crops / 255 - centre) / spread
    return torch.from_numpy(normalised.astype(np.float32)[:, None]).to(device)
