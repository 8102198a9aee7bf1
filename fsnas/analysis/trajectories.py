"""What differentiable searches learned, as numbers of each epoch."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fsnas.search.result import SearchRecord
from fsnas.search.trajectory import entropy, share_of
from fsnas.spaces import SearchSpace

ENTROPY = "entropy"
TRAJECTORY_COLUMNS = ["method", "seed", "search", "epoch", "quantity", "value"]


def trajectory_table(records: Sequence[SearchRecord], space: SearchSpace) -> pd.DataFrame:
    """Return a row for every search of a tree, epoch and quantity: `TRAJECTORY_COLUMNS`.

    ``quantity`` is ``entropy`` (`entropy`) or an operation, whose share (`share_of`) is the ``value``: means over the
    leaves that have one, NaN where none has.
    """
    rows = []
    for record in records:
        for name in dict.fromkeys(one.search for one in record.trajectories):
            leaves = [one.epochs for one in record.trajectories if one.search == name]
            for together in zip(*leaves, strict=True):
                shares = [one.shares for one in together]
                of = {ENTROPY: [*map(entropy, shares)]}
                of |= {o: [share_of(each, i) for each in shares] for i, o in enumerate(space.operations)}
                about = (record.method, record.seed, name, together[0].epoch)
                rows += [(*about, quantity, _mean(values)) for quantity, values in of.items()]
    return pd.DataFrame(rows, columns=TRAJECTORY_COLUMNS)


def _mean(values: list[float]) -> float:
    held = [value for value in values if not np.isnan(value)]
    return float(np.mean(held)) if held else np.nan
