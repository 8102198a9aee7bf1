"""The truth about architectures: which numbers of a table it is, and which architectures are compared with it."""

import math
from collections.abc import Sequence

from fsnas.benchmark.table import ArchitectureTable
from fsnas.errors import DataError
from fsnas.seeding import generator


def sample_architectures(strings: Sequence[str], count: int, *, seed: int, name: str) -> list[str]:
    """Return ``count`` different ones of ``strings``; all in their order, if ``count`` is 0 or too large.

    A larger sample begins with the smaller one, so that what is known of an architecture stays true of its place.
    ``seed`` and ``name`` are of the stream that draws.
    """
    if not 0 < count < len(strings):
        return list(strings)
    drawn = generator(seed, "architectures", name).permutation(len(strings))[:count]
    return [strings[i] for i in drawn]


def ground_truth_of(table: ArchitectureTable, column: str) -> dict[str, float]:
    """Return the accuracy in percent of every architecture that has one in ``column``; errors as `table.column`."""
    values = map(float, table.column(column))
    return {name: value for name, value in zip(table.architectures, values, strict=True) if math.isfinite(value)}


def compared_architectures(table: ArchitectureTable, column: str, *, count: int, seed: int) -> list[str]:
    """Return the architectures that are compared with the truth: a seeded sample of those that have one.

    Errors as `table.column`, and `DataError` if none has one.
    """
    chosen = sample_architectures(list(ground_truth_of(table, column)), count, seed=seed, name="compared")
    if not chosen:
        raise DataError(f"no architecture has a number in the column {column}; set truth.column to another one")
    return chosen
