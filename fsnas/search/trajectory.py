"""What a differentiable search learns, epoch by epoch."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le, MinLen

from fsnas.splitting.trees import Name, NodePath

Rows = tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class Learned:
    """The architecture parameters after an epoch.

    Attributes
    ----------
    epoch
        From 1.
    parameters
        ``[edges, operations]``; None where an operation is disabled.
    shares
        How much they favour each operation, ``[edges, operations]``: rows that add up to 1; None where it is disabled.
    architecture
        The operation of the largest parameter on every edge.
    loss, accuracy
        Of this architecture with the shared weights, on validation batches.
    """

    epoch: Annotated[int, Ge(1)]
    parameters: Rows
    shares: Rows
    architecture: Name
    loss: float
    accuracy: Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True)
class Trajectory:
    """A search of a sub-space by an algorithm; ``key`` is that of the weights. Which leaf it is, trees say."""

    algorithm: Name
    epochs: Annotated[tuple[Learned, ...], MinLen(1)]
    key: str

    @property
    def architecture(self) -> str:
        """Return the architecture that was found: that of the last epoch."""
        return self.epochs[-1].architecture


@dataclass(frozen=True)
class LeafTrajectory:
    """The epochs of a leaf of a tree, by the name that the config gives the search."""

    search: Name
    leaf: NodePath
    epochs: Annotated[tuple[Learned, ...], MinLen(1)]


def as_array(rows: Rows) -> np.ndarray:
    """Return parameters or shares as float64 ``[edges, operations]``, NaN where there is None."""
    return np.array(rows, dtype=np.float64)


def entropy(shares: Rows) -> float:
    """Return the mean entropy of the edges that have a choice, on each over its largest: from 0 (decided) to 1.

    NaN where no edge has one.
    """
    found = []
    for row in as_array(shares):
        held = row[~np.isnan(row)]
        if len(held) > 1:
            some = held[held > 0]
            found.append(-(some * np.log(some)).sum() / np.log(len(held)))
    return float(np.mean(found)) if found else float("nan")


def share_of(shares: Rows, operation: int) -> float:
    """Return the mean share of an operation over the edges that hold it beside others; NaN where none does."""
    every = as_array(shares)
    choice = (~np.isnan(every)).sum(axis=1) > 1
    held = every[choice, operation]
    return float(np.nanmean(held)) if (~np.isnan(held)).any() else float("nan")
