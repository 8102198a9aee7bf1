"""Ground truth from a CSV: accuracies of stand-alone trainings, by architecture string."""

import csv
import io
import math
import os
import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fsnas.benchmark.accuracies import is_lower_better, is_test_accuracy, what_is_wrong
from fsnas.benchmark.checks import check_sha256, readable
from fsnas.benchmark.file_kinds import check_kind
from fsnas.benchmark.sources import Facts
from fsnas.errors import ConfigError, DataError, FsnasError, OutsideSpaceError, nearest
from fsnas.spaces import SearchSpace

FACTS = Facts(file="a CSV", kinds=("text",))
FOREIGN = {  # architecture strings of other benchmarks: pattern, and whose it is
    r"\d+(:\d+)+": "one of NATS-Bench's size space, which fsnas has not",
    r"[012]{8}": "one of NAS-Bench-Macro (space.name: nas-bench-macro)",
    r"[(\[] ?\d+(,? +\d+|,\d+){5} ?[)\]]": "a list of operation indices (NASLib's, in an order of its own)",
    r"[(#].*": "a unique string of nas-bench-201's API",
    r"\d+": "an index, or digits whose zeros in front a program has left out, which took them for a number",
}
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
    for key, wanted in {"architecture_column": architecture_column, "column": column}.items():
        if wanted is not None and wanted not in fields:
            raise DataError(
                f"{path}: line 1 names no column {wanted!r}{nearest(wanted, [*fields])}; found "
                f"{', '.join(map(repr, fields))}: set truth.{key}"
            )
    if column is not None:
        _check_truth(path, column, fields[column])
    strings, outside = _csv_architectures(path, space, architecture_column, fields.pop(architecture_column))
    fields = {name: [cell for cell in cells if cell[0] not in outside] for name, cells in fields.items()}
    columns = {name: values for name in fields if (values := _csv_numbers(path, name, fields[name])) is not None}
    if not columns:
        raise DataError(f"{path}: none of the columns {list(fields)} holds numbers, expected accuracies in percent")
    return strings, columns


def column(path: str | Path, name: str | None, *, architecture_column: str, data: str) -> str:
    """Return the column that is the truth: ``name``, or the only one that is named like test accuracies.

    No more than the first line is read; `ConfigError` if it has no such column, `DataError` if it is none of a CSV.
    """
    header = _header(path)
    others = [other for other in header if other != architecture_column]
    for key, wanted in {"architecture_column": architecture_column, "column": name}.items():
        if wanted is not None and wanted not in header:
            raise ConfigError(f"truth.{key}: found {wanted!r}{nearest(wanted, header)}; {path} has {_listed(header)}")
    if name == architecture_column:
        raise ConfigError(
            f"truth.column: found {name!r}, but there truth.architecture_column says that the architectures stand; "
            f"take a column of accuracies, {path} has {_listed(others)}"
        )
    named = [name] if name is not None else [other for other in others if is_test_accuracy(other)]
    if len(named) == 1:
        return named[0]
    several = f"{len(named)} columns ({_listed(named)})" if named else "no column"
    raise ConfigError(
        "truth.column: found null, which takes the only column with the words test and accuracy (or acc) in its name, "
        f"but {path} has {several} of this kind; set it to one of {_listed(named or others)}"
    )


def _listed(names: Sequence[str]) -> str:
    return textwrap.shorten(", ".join(names), 1000)


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


def _csv_architectures(
    path: str | Path, space: SearchSpace, column: str, fields: Sequence[tuple[int, str]]
) -> tuple[list[str], set[int]]:
    """Return the architectures, each once, and the lines of those that the space leaves out."""
    lines: dict[str, int] = {}
    outside: set[int] = set()
    for line, text in fields:
        try:
            name = space.spelt(text)
        except OutsideSpaceError:
            outside.add(line)
            continue
        except FsnasError as error:
            raise DataError(f"{path}: line {line}, column {column!r}: {_foreign(space, text) or error}") from error
        if name in lines:
            raise _repeated(path, column, name, (lines[name], line), [text for _, text in fields])
        lines[name] = line
    if not lines:
        raise DataError(f"{path}: column {column!r} holds no architecture with the operations {list(space.operations)}")
    return list(lines), outside


def _foreign(space: SearchSpace, text: str) -> str:
    """Return what an architecture string that is none of the space's seems to be, and what to do; or nothing."""
    for pattern, whose in FOREIGN.items():
        if re.fullmatch(pattern, text.strip()):
            return (
                f"found {text!r}, which seems to be {whose}; expected strings of {space.name}, e.g. "
                f"{space.architecture_string(space.full().argmax(axis=1))}: set truth.architecture_column to a column "
                "of these, or write them"
            )
    return ""


def _repeated(path: str | Path, column: str, name: str, lines: tuple[int, int], texts: Sequence[str]) -> DataError:
    """Return the error that an architecture stands in two lines: by mistake, or since each training has its own."""
    count = len(set(texts))
    several = (
        f"remove one, or, where every training has a line of its own ({len(texts)} lines, {count} architectures), "
    )
    return DataError(
        f"{path}: line {lines[1]} repeats the architecture {name!r} of line {lines[0]}; {several}write the means: "
        f'pandas.read_csv({str(path)!r}).groupby({column!r}).mean(numeric_only=True).to_csv("truth.csv")'
    )


def _check_truth(path: str | Path, column: str, cells: Sequence[tuple[int, str]]) -> None:
    """Raise `DataError` unless the column holds accuracies in percent; the message says what it seems to hold."""
    numbers = _finite(path, column, cells)
    where = f"{path}: column {column!r}"
    if is_lower_better(column):
        raise DataError(
            f"{where} seems to hold losses, errors or ranks, of which the best architecture has the lowest; expected "
            "test accuracies in percent: take a column of these, or rename it if it holds them"
        )
    problem = what_is_wrong(np.array(list(numbers.values()), np.float64))
    if problem:
        wrong = [line for line, number in numbers.items() if not 0 <= number <= 100]
        first = f" (the first that is out of place: line {wrong[0]})" if wrong else ""
        raise DataError(f"{where} {problem}{first}; correct the file, or set truth.column to another one")


def _csv_numbers(path: str | Path, column: str, cells: Sequence[tuple[int, str]]) -> np.ndarray | None:
    """Return a column as numbers, NaN where a field is empty; None if it is one of texts."""
    filled = [text for _, text in cells if text.strip()]
    count = sum(_number(text) is not None for text in filled)
    if not count or 2 * count < len(filled):
        return None
    numbers = _finite(path, column, cells)
    return np.array([numbers.get(line, math.nan) for line, _ in cells], np.float64)


def _finite(path: str | Path, column: str, cells: Sequence[tuple[int, str]]) -> dict[int, float]:
    """Return the numbers in a column by line, but for empty fields; `DataError` if one is no finite number."""
    numbers: dict[int, float] = {}
    for line, text in cells:
        number = _number(text) if text.strip() else None
        if number is not None and math.isfinite(number):
            numbers[line] = number
        elif text.strip():
            expected = "a finite number as in the other lines"
            if text.strip().endswith("%"):
                expected = "a number without %"
            elif re.fullmatch(r"[+-]?\d*,\d+", text.strip()):
                expected = "a number with a decimal point instead of the comma"
            raise DataError(
                f"{path}: line {line}, column {column!r}: found {text!r}, expected {expected}, or nothing where there "
                "is no value"
            )
    return numbers


def _number(text: str) -> float | None:
    """Return the number that a text is, NaN and infinities included, or None."""
    try:
        return None if "_" in text else float(text)  # Python reads 1_000 as a number, nothing else does
    except ValueError:
        return None
