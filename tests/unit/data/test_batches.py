"""Batches of a data set: normalised, augmented, drawn."""

import numpy as np
import pytest
import torch

from fsnas.data.batches import (
    augment,
    comparison_batches,
    draw_augmentation,
    evaluation_batches,
    random_crops,
    scoring_batches,
    training_batches,
)
from fsnas.data.dataset import Dataset
from fsnas.errors import DataError
from fsnas.seeding import derive

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def numbered():
    """60 images of 4x4 pixels and two channels whose first pixel is their index; 40 of them train."""
    images = np.random.default_rng(0).integers(256, size=(60, 2, 4, 4), dtype=np.uint8)
    images[:, 0, 0, 0] = np.arange(60)
    splits = {"train": np.arange(40), "valid": np.arange(40, 50), "test": np.arange(50, 60)}
    return Dataset(
        "numbered", images, np.arange(60) % 3, ("a", "b", "c"), splits, np.array([0.4, 0.5]), np.array([0.2, 0.3])
    )


def drawn(batches, dataset):
    """The indices of the images in batches."""
    first = torch.cat([images for images, _ in batches])[:, 0, 0, 0].double() * dataset.std[0] + dataset.mean[0]
    return (first * 255).round().long().tolist()


def test_normalise_centres_and_scales_each_channel(numbered):
    ((found, labels),) = evaluation_batches(numbered, "test", batch_size=10, seed=0, device=CPU)
    expected = (numbered.images[50:] / 255 - numbered.mean[:, None, None]) / numbered.std[:, None, None]
    assert found.dtype == torch.float32 and labels.dtype == torch.int64
    order = np.array(drawn([(found, labels)], numbered)) - 50
    np.testing.assert_allclose(found.numpy(), expected[order], atol=1e-5)


def augmented(images, **how):
    drawn = torch.from_numpy(draw_augmentation(len(images), **how))
    return augment(torch.from_numpy(images), drawn, how["crop_padding"]).numpy()


@pytest.mark.parametrize("padding", [0, 1, 4])
@pytest.mark.parametrize("flip", [False, True])
def test_augment_equals_torchvision_for_the_same_draws(padding, flip):
    from torchvision.transforms import functional

    b, h, w = 40, 6, 5
    images = np.random.default_rng(1).integers(256, size=(b, 3, h, w), dtype=np.uint8)
    found = augmented(images, crop_padding=padding, flip=flip, rng=np.random.default_rng(2))
    rng = np.random.default_rng(2)
    top, left = rng.integers(0, 2 * padding + 1, size=(2, b)) if padding else np.zeros((2, b), dtype=int)
    mirrored = rng.integers(2, size=b) if flip else np.zeros(b)
    for i in range(b):
        expected = functional.crop(functional.pad(torch.from_numpy(images[i]), [padding]), top[i], left[i], h, w)
        expected = functional.hflip(expected) if mirrored[i] else expected
        np.testing.assert_array_equal(found[i], expected.numpy())
    assert len(set(zip(top, left, mirrored, strict=True))) > padding + flip  # the draws differ


def test_augment_draws_every_position_and_side():
    images = np.tile(np.arange(1, 10, dtype=np.uint8).reshape(1, 1, 3, 3), (2000, 1, 1, 1))
    found = augmented(images, crop_padding=1, flip=True, rng=np.random.default_rng(0))
    kinds, counts = np.unique(found.reshape(2000, 9), axis=0, return_counts=True)
    assert len(kinds) == 18 and counts.min() > 60  # 111 expected of each


def test_no_augmentation_leaves_the_images():
    images = np.random.default_rng(1).integers(256, size=(4, 3, 6, 5), dtype=np.uint8)
    assert (augmented(images, crop_padding=0, flip=False, rng=np.random.default_rng(2)) == images).all()


def epoch(dataset, epoch_seed, batch_size=16, **options):
    options = {"crop_padding": 0, "flip": False} | options
    return list(training_batches(dataset, batch_size=batch_size, epoch_seed=epoch_seed, device=CPU, **options))


def test_an_epoch_shuffles_the_training_part_and_drops_what_is_left_over(numbered):
    batches = epoch(numbered, 0)
    assert [len(labels) for _, labels in batches] == [16, 16]
    seen = drawn(batches, numbered)
    assert len(set(seen)) == 32 and set(seen) <= set(range(40)) and seen != sorted(seen)
    assert [label for _, labels in batches for label in labels.tolist()] == [index % 3 for index in seen]


def test_a_batch_above_the_data_is_an_error(numbered):
    assert [len(labels) for _, labels in epoch(numbered, 0, batch_size=40)] == [40]
    with pytest.raises(DataError, match=r"supernet\.batch_size: found 41 images, but the training part of .* has 40"):
        epoch(numbered, 0, batch_size=41)


def test_the_epoch_seed_decides_order_and_augmentation(numbered):
    first, again, other = (epoch(numbered, seed, crop_padding=1, flip=True) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for (a, _), (b, _) in zip(first, again, strict=True))
    assert not any(torch.equal(a, b) for (a, _), (b, _) in zip(first, other, strict=True))


def test_evaluation_goes_through_the_whole_part_in_equal_mixed_batches(numbered):
    batches = list(evaluation_batches(numbered, "valid", batch_size=4, seed=0, device=CPU))
    assert [len(labels) for _, labels in batches] == [4, 3, 3]
    seen = drawn(batches, numbered)
    assert sorted(seen) == list(range(40, 50)) and seen != sorted(seen)
    assert all(images.dtype == torch.float32 and labels.dtype == torch.int64 for images, labels in batches)
    again, other = (evaluation_batches(numbered, "valid", batch_size=4, seed=seed, device=CPU) for seed in (0, 1))
    assert drawn(again, numbered) == seen != drawn(other, numbered)


def compared(dataset, batches, seed=0):
    return comparison_batches(dataset, batch_size=3, batches=batches, seed=seed, device=CPU)


def assert_equal_batches(found, expected):
    assert len(found) == len(expected)
    for batch, other in zip(found, expected, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(batch, other, strict=True))


@pytest.mark.parametrize(("batches", "expected"), [(1, 1), (3, 3), (4, 4), (9, 4), (0, 4)])
def test_what_is_compared_sees_the_first_validation_batches(batches, expected, numbered):
    """10 images validate, in 4 batches of nearly equal size."""
    own = derive(0, "evaluation")
    every = list(evaluation_batches(numbered, "valid", batch_size=3, seed=own, device=CPU))
    assert [len(labels) for _, labels in every] == [3, 3, 2, 2]
    found = compared(numbered, batches)
    assert type(found) is list
    assert_equal_batches(found, every[:expected])


def test_what_is_compared_sees_the_same_at_every_call_with_one_seed(numbered):
    assert_equal_batches(compared(numbered, 2), compared(numbered, 2))
    one, other = (drawn(compared(numbered, 2, seed=seed), numbered) for seed in (0, 1))
    assert len(set(one)) == 6 and one != other


def test_scoring_batches_never_repeat_an_image(numbered):
    batches = scoring_batches(numbered, batch_size=10, repetitions=4, seed=3, device=CPU)
    assert sorted(drawn(batches, numbered)) == list(range(40))
    again = scoring_batches(numbered, batch_size=10, repetitions=4, seed=3, device=CPU)
    other = scoring_batches(numbered, batch_size=10, repetitions=4, seed=4, device=CPU)
    assert all(torch.equal(a, b) for (a, _), (b, _) in zip(batches, again, strict=True))
    assert not torch.equal(batches[0][0], other[0][0])


def test_more_scoring_images_than_there_are_is_an_error(numbered):
    with pytest.raises(DataError, match=r"41 in all, .* numbered has 40; lower method\.batch_size or method\.repetit"):
        scoring_batches(numbered, batch_size=41, repetitions=1, seed=0, device=CPU)
    with pytest.raises(DataError, match=r"has 40; lower proxies\.batch_size$"):
        scoring_batches(numbered, batch_size=41, repetitions=1, seed=0, device=CPU, lower="proxies.batch_size")


def test_crops_are_patches_of_one_channel_of_training_images(numbered):
    crops = random_crops(numbered, samples=200, size=3, seed=0, device=CPU)
    assert crops.shape == (200, 1, 3, 3) and crops.dtype == torch.float32
    train = (numbered.images[:40] / 255 - numbered.mean[:, None, None]) / numbered.std[:, None, None]
    train = torch.from_numpy(train.astype(np.float32))
    patches = train.unfold(2, 3, 1).unfold(3, 3, 1).reshape(-1, 9)
    distances = (crops.reshape(200, 1, 9) - patches).abs().amax(dim=2)
    found = distances.argmin(dim=1)
    assert distances.amin(dim=1).max() < 1e-5
    assert len(set((found // 4 % 2).tolist())) == 2 and len(set((found % 4).tolist())) == 4  # channels and positions
    assert torch.equal(crops, random_crops(numbered, samples=200, size=3, seed=0, device=CPU))
