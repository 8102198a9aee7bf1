"""Batches of a data set as normalised tensors: augmented for training, plain for validation and scoring."""

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from fsnas.data.dataset import Dataset
from fsnas.errors import DataError
from fsnas.seeding import derive, generator

Batch = tuple[Tensor, Tensor]


def normalise(images: np.ndarray, mean: np.ndarray, std: np.ndarray, *, device: torch.device) -> Tensor:
    """Return uint8 ``images [b, c, h, w]`` as float32 on ``device``, ``(pixel / 255 - mean) / std`` per channel.

    ``mean`` and ``std`` are ``[c]``, of pixels in [0, 1].
    """
    raw = torch.from_numpy(np.ascontiguousarray(images)).to(device)  # a quarter of the bytes of float32
    centre, spread = (torch.from_numpy(v).to(device, torch.float32).view(1, -1, 1, 1) for v in (mean, std))
    return raw.to(torch.float32).div_(255).sub_(centre).div_(spread)


def augment(images: np.ndarray, *, crop_padding: int, flip: bool, rng: np.random.Generator) -> np.ndarray:
    """Return uint8 ``images [b, c, h, w]`` cropped at random out of zero padding, half of them mirrored.

    As torchvision's RandomCrop with padding and RandomHorizontalFlip, on raw pixels, vectorised over the batch; padding
    0 and no flip return the images unchanged. Drawn by numpy: the same on every device.
    """
    b, c, h, w = images.shape
    if crop_padding:
        padded = np.pad(images, [(0, 0)] * 2 + [(crop_padding, crop_padding)] * 2)
        top, left = rng.integers(0, 2 * crop_padding + 1, size=(2, b))
        rows = (top[:, None] + np.arange(h))[:, None, :, None]
        columns = (left[:, None] + np.arange(w))[:, None, None, :]
        images = padded[np.arange(b)[:, None, None, None], np.arange(c)[None, :, None, None], rows, columns]
    if flip:
        mirrored = rng.integers(2, size=b).astype(bool)
        images = np.where(mirrored[:, None, None, None], images[..., ::-1], images)
    return images


def _tensors(dataset: Dataset, images: np.ndarray, indices: np.ndarray, device: torch.device) -> Batch:
    labels = torch.from_numpy(dataset.labels[indices])
    return normalise(images, dataset.mean, dataset.std, device=device), labels.to(device)


def training_batches(
    dataset: Dataset, *, batch_size: int, epoch_seed: int, crop_padding: int, flip: bool, device: torch.device
) -> Iterator[Batch]:
    """Yield the training part once, shuffled and augmented by ``epoch_seed``: float32 images and int64 labels.

    An incomplete last batch is dropped; `DataError` if that would be the only one.
    """
    rng = generator(epoch_seed, "training batches")
    indices = rng.permutation(dataset.splits["train"])
    if batch_size > len(indices):
        raise DataError(
            f"supernet.batch_size: found {batch_size} images, but the training part of {dataset.name} has "
            f"{len(indices)}; lower supernet.batch_size"
        )
    for start in range(0, len(indices) - batch_size + 1, batch_size):
        chosen = indices[start : start + batch_size]
        images = augment(dataset.images[chosen], crop_padding=crop_padding, flip=flip, rng=rng)
        yield _tensors(dataset, images, chosen, device)


def evaluation_batches(
    dataset: Dataset, part: str, *, batch_size: int, seed: int, device: torch.device
) -> Iterator[Batch]:
    """Yield the part ``train``, ``valid`` or ``test`` once, not augmented, in batches of at most ``batch_size``.

    The order is drawn by ``seed`` and the sizes differ by at most one: BatchNorm uses the statistics of a batch, and a
    batch of one class (a folder of images lists them class by class) or of a few images has statistics of its own.
    """
    indices = generator(seed, "evaluation batches").permutation(dataset.splits[part])
    for chosen in np.array_split(indices, -(-len(indices) // batch_size)):
        yield _tensors(dataset, dataset.images[chosen], chosen, device)


def comparison_batches(
    dataset: Dataset, *, batch_size: int, batches: int, seed: int, device: torch.device
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
    parts = drawn.reshape(repetitions, batch_size)
    return [_tensors(dataset, dataset.images[part], part, device) for part in parts]


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
