"""Figures, one file each: a function takes plain tables, dicts or arrays and returns a matplotlib `Figure`.

By keyword it takes what `_style.Options` lists, and ``style``, as `_style.styled` says. What figures share lies in
files with an underscore in front. The columns of tables are those that the functions of `fsnas.analysis` return. A
figure that is drawn from tables alone says so with `@from_tables(...)`, and has a rule by that (`_registry`).
"""

from collections.abc import Callable
from typing import Any


def from_tables(
    name: str, *, category: str, label: str, over_seeds: bool = True, **arguments: Any
) -> Callable[[Callable], Callable]:
    """Declare a figure that is drawn from tables, the first arguments of its function, each named as its table.

    The arguments must be literals (`figures` reads them without importing the file).

    Parameters
    ----------
    name
        Of its files, and of its caption in ``rules/report/figures``.
    category, label
        Its place in the report.
    over_seeds
        Whether its intervals draw seeds; its caption then says how little those over a few are worth.
    arguments
        For the function, where it draws several figures.
    """
    return lambda function: function
