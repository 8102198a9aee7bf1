"""Figures, one file each: a function takes plain tables, dicts or arrays and returns a matplotlib `Figure`.

What most of them are told is said here, and in a figure only what is its own: ``caption``, written below the axes;
``metrics``, the metric of each method, in the order of drawing, which gives colours (a method that no table names is
not drawn); ``methods``, those that are drawn, all if None (the band of `random` is drawn all the same); ``width`` in
inches, by the content if None; ``truth``, a sentence that names the truth, for the end of the caption; ``seed`` and
``resamples`` of the bootstrap over the seeds of a method; ``style``, as `_style.styled` says.

What figures share lies in files with an underscore in front. A figure that is drawn from tables alone says so with
`@from_tables(...)`, and has a rule by that (`_registry`).
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
