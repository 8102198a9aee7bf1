"""The truth about architectures: which numbers of a table it is, and which architectures are compared with it."""

import math
from collections.abc import Sequence

import numpy as np

from fsnas.artifacts.architectures import ArchitectureTable
from fsnas.errors import ConfigError, DataError
from fsnas.seeding import generator
from fsnas.spaces import architecture_string, architectures, full_space


def sample_architectures(strings: Sequence[str] | None, count: int, *, seed: int, name: str) -> list[str]:
    """Return ``count`` different architectures in the order of their source; all, if ``count`` is 0 or too large.

    Parameters
    ----------
    strings
        Architectures to draw from; None for all 15,625.
    seed, name
        Of the stream that draws.
    """
    if strings is None:
        strings = [architecture_string(architecture) for architecture in architectures(full_space())]
    if not 0 < count < len(strings):
        return list(strings)
    chosen = generator(seed, "architectures", name).choice(len(strings), count, replace=False)
    return [strings[i] for i in np.sort(chosen)]


def default_column(source: str, columns: Sequence[str]) -> str:
    """Return the column that is the truth where the config names none.

    Raises
    ------
    ConfigError
        If there is not exactly one candidate.
    """
    if source == "nasbench201":
        return "cifar10_ori-test_accuracy_200_epochs_mean"
    tests = [name for name in columns if "test" in name.lower()]
    if len(tests) != 1:
        raise ConfigError(
            f"truth.column: found null, but {len(tests)} columns have 'test' in their names; set truth.column to one "
            f"of {', '.join(columns)}"
        )
    return tests[0]


def truth_of(table: ArchitectureTable, source: str, column: str | None) -> dict[str, float]:
    """Return the accuracy in percent of every architecture that has one, in `default_column` if ``column`` is None.

    Raises
    ------
    FsnasError
        If there is no such column; the message lists the known ones.
    """
    values = map(float, table.column(column or default_column(source, list(table.columns))))
    return {name: value for name, value in zip(table.architectures, values, strict=True) if math.isfinite(value)}


def compared_architectures(
    table: ArchitectureTable, source: str, column: str | None, *, count: int, seed: int
) -> ArchitectureTable:
    """Return the architectures that are compared with the truth: a seeded sample of those that have one.

    Raises
    ------
    DataError
        If none has one.
    """
    chosen = sample_architectures(list(truth_of(table, source, column)), count, seed=seed, name="compared")
    if not chosen:
        raise DataError("no architecture has a truth; set truth.column to a column with numbers")
    return ArchitectureTable(tuple(chosen), {}, {})
