"""Ground truth from a CSV: accuracies of stand-alone trainings, by architecture string."""

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fsnas.benchmark.brought import BroughtTable, truth_column
from fsnas.benchmark.checks import check_sha256, readable
from fsnas.benchmark.file_kinds import check_kind
from fsnas.benchmark.sources import Facts
from fsnas.errors import DataError
from fsnas.spaces import SearchSpace

FACTS = Facts(file="a CSV", kinds=("text",))
SEPARATORS = {";": "semicolons", "\t": "tabs"}  # that a CSV may have instead of commas


def read(
    path: str | Path,
    *,
    space: SearchSpace,
    architecture_column: str,
    column: str | None = None,
    sha256: str | None = None,
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the architectures and the columns with numbers in a CSV file, in the order of its lines.

    Parameters
    ----------
    path
        UTF-8, fields separated by commas, names in the first line, a line break at the end of the last one (what
        shows that nothing is missing; not needed where ``sha256`` does).
    space
        The search space; a line whose architecture has an operation that it leaves out is left out.
    architecture_column
        Name of the column with the architecture strings.
    column
        Name of the column that is the truth, where given: it must hold test accuracies in percent, all from 0 to 100,
        the best above 1, or nothing where there is none. Other columns may hold any numbers.
    sha256
        Compared with the file's before it is read, where given.

    Returns
    -------
    architectures
        Strings, spelt as the search space does.
    columns
        float64 ``[architectures]`` by the names in the file, NaN where a field is empty. A column is one of numbers
        if at least half of its fields that are not empty are; others, and those without a name, are left out.

    Raises
    ------
    DataError
        If the file is missing, damaged or no such table, an architecture is unknown or there twice, a column of
        numbers has a field that is no finite number, or the truth is none; the message names line and column, and
        says what file or column seem to be instead.
    """
    check_kind(path, FACTS.kinds, FACTS.file)
    check_sha256(path, sha256)
    header, rows = _csv_rows(path, _csv_text(path, whole=sha256 is not None))
    fields = {name: [(line, row[i]) for line, row in rows] for i, name in enumerate(header) if name}
    means = f"pandas.read_csv({str(path)!r}).groupby({architecture_column!r}).mean(numeric_only=True)"
    table = BroughtTable(path, "line", fields, means=f'{means}.to_csv("truth.csv")', header="line 1 names")
    return table.numbers(space, architecture_column, column)


def column(path: str | Path, name: str | None, *, architecture_column: str, data: str) -> str:
    """Return the column that is the truth: ``name``, or the only one that is named like test accuracies.

    No more than the first line is read; `ConfigError` if it has no such column, `DataError` if it is none of a CSV.
    """
    return truth_column(path, _header(path), name, architecture_column)


def _header(path: str | Path) -> list[str]:
    """Return the names in the first line of a CSV file, reading no more than that; `DataError` if it cannot be read."""
    try:
        if not os.path.isfile(path):  # a pipe or a device might never end
            link = f", only a link to {os.readlink(path)}, which is not there" if os.path.islink(path) else ""
            raise OSError(f"there is no such file{link}")
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"cannot read {str(path)!r} ({error}); correct the path") from error
    _check_separator(path, header)
    return header


def _check_separator(path: str | Path, header: Sequence[str]) -> None:
    """Raise `DataError` if the only field of a first line is several that something else than a comma separates."""
    for separator, name in SEPARATORS.items():
        if len(header) == 1 and separator in header[0]:
            read = f"pandas.read_csv({str(path)!r}, sep={separator!r})"
            raise DataError(
                f"{path}: line 1 has {name} between the names, expected commas; write it anew: "
                f'{read}.to_csv("truth.csv", index=False), with decimal="," in read_csv if it has a comma in numbers'
            )


def _csv_text(path: str | Path, *, whole: bool) -> str:
    """Return the text of a file; ``whole`` says that it is known not to be truncated."""
    with readable(path):
        content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path}: line {line} is not UTF-8 ({error}); save the file as UTF-8") from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{path}: line {line} holds a zero byte, so this is no UTF-8 text; save the file as UTF-8")
    if not text.strip():
        raise DataError(f"{path}: is empty, expected a line of column names and one for each architecture")
    if not whole and not text.endswith(("\n", "\r")):
        raise DataError(
            f"{path}: line {len(text.splitlines())}, the last one, has no end, so the file may be truncated; get it "
            "again, or add a line break if it is whole"
        )
    return text


def _csv_rows(path: str | Path, text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the column names, and the fields of the other lines with their line numbers."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        (_, header), *rows = ((reader.line_num, row) for row in reader if row)
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num} is no CSV ({error}); correct it") from error
    _check_separator(path, header)
    twice = [name for name, count in Counter(header).items() if count > 1 and name]
    if twice:
        raise DataError(f"{path}: line 1 names {', '.join(map(repr, twice))} more than once; rename the columns")
    for line, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"{path}: line {line} has {len(row)} fields, but line 1 names {len(header)} columns; the file is "
                "truncated, or a field with a comma has no quotes"
            )
    if not rows:
        raise DataError(f"{path}: ends after line 1, expected a line for each architecture")
    return header, rows
