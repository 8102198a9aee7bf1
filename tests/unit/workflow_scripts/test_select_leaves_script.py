"""The job that selects leaves: their order."""

from types import SimpleNamespace

import numpy as np
import torch

from tests.support.scripts import script
from tests.support.space import SPACE

select_leaves = script("select_leaves")
WORTH = {"0": ([3.0, 1.0], [0.25, 0.75]), "1": ([9.0, 9.0], [0.75, 1.0]), "2": ([1.0, 1.0], [0.5, 0.5])}


def test_leaves_come_by_mean_accuracy_then_by_mean_loss(monkeypatch):
    monkeypatch.setattr(select_leaves, "evaluate_architectures", lambda leaf, *_: map(np.array, WORTH[leaf]))
    leaves = {leaf: (SimpleNamespace(sub_space=SPACE.full(), to=lambda _, leaf=leaf: leaf), {}) for leaf in WORTH}
    found = select_leaves.judged(leaves, [], {"seed": 0, "sampled": 2}, torch.device("cpu"))
    ranking = [(one.leaf, one.number, one.accuracy, one.loss) for one in found]
    assert ranking == [("1", 1, 0.875, 9.0), ("2", 2, 0.5, 1.0), ("0", 0, 0.5, 2.0)]
