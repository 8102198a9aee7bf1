"""The job of the scores: what every repetition sees."""

import numpy as np
import torch

from fsnas.data.dataset import Dataset
from tests.support.scripts import script

scores = script("scores")


def test_every_repetition_has_images_and_a_seed_of_its_own():
    images = np.arange(48, dtype=np.uint8).reshape(12, 1, 2, 2)
    data = Dataset("counted", images, np.arange(12) % 2, ("a", "b"), {"train": np.arange(12)}, np.zeros(1), np.ones(1))
    settings = {"batch_size": 4, "repetitions": 3}
    found = [
        scores.repetitions(data, settings | {"seed": seed}, node, torch.device("cpu"))
        for seed in (0, 1)
        for node in ("root", "0")
    ]
    assert len({batch.seed for batches in found for batch in batches}) == 12
    assert all(torch.cat([batch.images for batch in batches]).unique().numel() == 48 for batches in found)
