"""Ground truth from JSON: accuracies of stand-alone trainings, by architecture string."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.benchmark.brought import BroughtTable, truth_column
from fsnas.benchmark.checks import check_sha256, readable
from fsnas.benchmark.file_kinds import check_kind
from fsnas.benchmark.sources import Facts
from fsnas.errors import DataError
from fsnas.spaces import SearchSpace

FACTS = Facts(file="a JSON file", kinds=("json",))
UNNAMED = "test_accuracy"  # the column of numbers that have no name in the file
FORMS = (
    '{"ARCHITECTURE": 93.1}, {"ARCHITECTURE": {"test_accuracy": 93.1}} or '
    '[{"ArchitectureString": "ARCHITECTURE", "test_accuracy": 93.1}]'
)


class _Pairs(list):
    """An object of JSON: its names and values in order, also those that stand twice."""


def read(
    path: str | Path,
    *,
    space: SearchSpace,
    architecture_column: str,
    column: str | None = None,
    sha256: str | None = None,
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the architectures and the columns with numbers in a JSON file, in the order of its entries.

    Parameters
    ----------
    path
        UTF-8. An object with a number for each architecture string, or with an object of names and numbers; or a list
        of objects, one of whose names is ``architecture_column``.
    space
        The search space; an entry whose architecture has an operation that it leaves out is left out.
    architecture_column
        Name of the architecture strings, in a list.
    column
        Name of the numbers that are the truth, where given, ``test_accuracy`` where they have none in the file. They
        must be test accuracies in percent, all from 0 to 100, the best above 1; null or nothing where there is none.
    sha256
        Compared with the file's before it is read, where given.

    Returns
    -------
    architectures
        Strings, spelt as the search space does.
    columns
        float64 ``[architectures]`` by name, NaN where there is no number. What is a number in less than half of the
        entries that have it is left out.

    Raises
    ------
    DataError
        If the file is missing, damaged or no such table, an architecture is unknown or there twice, or the truth is
        none; the message names entry and column, and says what file or column seem to be instead.
    """
    check_kind(path, FACTS.kinds, FACTS.file)
    check_sha256(path, sha256)
    columns = _columns(path, architecture_column)
    means = (
        f"pandas.read_json({str(path)!r}, dtype=False).groupby({architecture_column!r}).mean(numeric_only=True)"
        '.reset_index().to_json("truth.json", orient="records")'
    )
    return BroughtTable(path, "entry", columns, means, "names").numbers(space, architecture_column, column)


def column(path: str | Path, name: str | None, *, architecture_column: str, data: str) -> str:
    """Return the column that is the truth: ``name``, or the only one that is named like test accuracies.

    `ConfigError` if there is no such column, `DataError` if the file cannot be read.
    """
    return truth_column(path, [*_columns(path, architecture_column)], name, architecture_column)


def _columns(path: str | Path, architecture_column: str) -> dict[str, list[tuple[int, str]]]:
    """Return the texts of every column, the architectures as ``architecture_column``, with the numbers of entries."""
    entries = [_named(path, i, entry) for i, entry in enumerate(_entries(path, architecture_column), start=1)]
    names = dict.fromkeys(name for entry in entries for name in entry)
    return {name: [(i, entry.get(name, "")) for i, entry in enumerate(entries, start=1)] for name in names}


def _entries(path: str | Path, architecture_column: str) -> Sequence[Any]:
    """Return one object for each architecture, whichever of the `FORMS` the file has."""
    content = _content(path)
    if isinstance(content, _Pairs) and any(name == architecture_column for name, _ in content):
        raise DataError(
            f"{path}: has an object for each column, expected one for each architecture; write it anew: "
            f'pandas.read_json({str(path)!r}, dtype=False).to_json("truth.json", orient="records")'
        )
    if isinstance(content, _Pairs):
        content = [
            _Pairs([(architecture_column, name), *(value if isinstance(value, _Pairs) else [(UNNAMED, value)])])
            for name, value in content
        ]
    if not content or not isinstance(content, list):
        raise DataError(f"{path}: holds no architecture, expected {FORMS}")
    return content


def _content(path: str | Path) -> Any:
    """Return what a file holds, its numbers as the texts that they are."""
    with readable(path):
        content = Path(path).read_bytes()
    try:
        return json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_Pairs, parse_float=str, parse_int=str, parse_constant=str
        )
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 ({error}); save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is no JSON ({error}); get the whole file again, or correct it") from error


def _named(path: str | Path, number: int, entry: Any) -> dict[str, str]:
    """Return the texts in an entry by name."""
    if not isinstance(entry, _Pairs):
        raise DataError(f"{path}: entry {number} is {json.dumps(entry)[:40]}, expected an object as in {FORMS}")
    twice = [name for name, count in Counter(name for name, _ in entry).items() if count > 1]
    if twice:
        raise DataError(
            f"{path}: entry {number} names {', '.join(map(repr, twice))} more than once; rename or remove one"
        )
    return {name: _text(value) for name, value in entry}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
