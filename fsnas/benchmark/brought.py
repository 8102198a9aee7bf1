"""A table of accuracies that a user brings, whatever its file: architectures, and columns of numbers."""

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsnas.benchmark.accuracies import is_lower_better, is_test_accuracy, what_is_wrong
from fsnas.errors import ConfigError, DataError, FsnasError, OutsideSpaceError, nearest
from fsnas.spaces import SearchSpace

FOREIGN = {  # architecture strings of other benchmarks: pattern, and whose it is
    r"\d+(:\d+)+": "one of NATS-Bench's size space, which fsnas has not",
    r"[012]{8}": "one of NAS-Bench-Macro (space.name: nas-bench-macro)",
    r"[(\[] ?\d+(,? +\d+|,\d+){5} ?[)\]]": "a list of operation indices (NASLib's, in an order of its own)",
    r"[(#].*": "a unique string of nas-bench-201's API",
    r"\d+": "an index, or digits whose zeros in front a program has left out, which took them for a number",
}


Cells = Sequence[tuple[int, str]]  # the number of a row, and the text in it


def truth_column(path: str | Path, names: Sequence[str], name: str | None, architecture_column: str) -> str:
    """Return the column that is the truth: ``name``, or the only one of ``names`` that is named like test accuracies.

    `ConfigError` if there is no such column, or more than one may be meant.
    """
    others = [other for other in names if other != architecture_column]
    for key, wanted in {"architecture_column": architecture_column, "column": name}.items():
        if wanted is not None and wanted not in names:
            raise ConfigError(f"truth.{key}: found {wanted!r}{nearest(wanted, names)}; {path} has {_listed(names)}")
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


@dataclass(frozen=True)
class BroughtTable:
    """Texts by column, and how messages speak of them.

    Attributes
    ----------
    path
        The file.
    row
        What a row is called: a line, an entry.
    columns
        The texts of every column, with the numbers of their rows; an empty one where there is no value.
    means
        The expression of pandas that writes the means of rows with the same architecture.
    header
        What names the columns.
    """

    path: str | Path
    row: str
    columns: Mapping[str, Cells]
    means: str
    header: str

    def numbers(
        self, space: SearchSpace, architecture_column: str, truth: str | None
    ) -> tuple[list[str], dict[str, np.ndarray]]:
        """Return the architectures that ``space`` holds, and float64 columns, NaN where a text is empty.

        A column is one of numbers if at least half of its texts that are not empty are; others are left out. The one
        that is the ``truth``, where given, must hold accuracies in percent. `DataError` says where something is wrong.
        """
        for key, wanted in {"architecture_column": architecture_column, "column": truth}.items():
            if wanted is not None and wanted not in self.columns:
                raise DataError(
                    f"{self.path}: {self.header} no column {wanted!r}{nearest(wanted, [*self.columns])}; found "
                    f"{', '.join(map(repr, self.columns))}: set truth.{key}"
                )
        if truth is not None:
            self._check_truth(truth)
        strings, outside = self._architectures(space, architecture_column)
        others = [name for name in self.columns if name != architecture_column]
        columns = {name: values for name in others if (values := self._numbers(name, outside)) is not None}
        if not columns:
            raise DataError(f"{self.path}: none of the columns {others} holds numbers, expected accuracies in percent")
        return strings, columns

    def _architectures(self, space: SearchSpace, column: str) -> tuple[list[str], set[int]]:
        """Return the architectures, each once, and the rows of those that the space leaves out."""
        rows: dict[str, int] = {}
        outside: set[int] = set()
        for row, text in self.columns[column]:
            try:
                name = space.spelt(text)
            except OutsideSpaceError:
                outside.add(row)
                continue
            except FsnasError as error:
                problem = _foreign(space, text) or error
                raise DataError(f"{self.path}: {self.row} {row}, column {column!r}: {problem}") from error
            if name in rows:
                raise self._repeated(column, name, rows[name], row)
            rows[name] = row
        if not rows:
            raise DataError(
                f"{self.path}: column {column!r} holds no architecture with the operations {list(space.operations)}"
            )
        return list(rows), outside

    def _repeated(self, column: str, name: str, first: int, second: int) -> DataError:
        """Return the error that an architecture stands in two rows: by mistake, or since each training has its own."""
        texts = [text for _, text in self.columns[column]]
        several = f"{len(texts)} {_plural(self.row)}, {len(set(texts))} architectures"
        return DataError(
            f"{self.path}: {self.row} {second} repeats the architecture {name!r} of {self.row} {first}; remove one, "
            f"or, where every training has a {self.row} of its own ({several}), write the means: {self.means}"
        )

    def _check_truth(self, column: str) -> None:
        """Raise `DataError` unless the column holds accuracies in percent; the message says what it seems to hold."""
        numbers = self._finite(column, self.columns[column])
        where = f"{self.path}: column {column!r}"
        if is_lower_better(column):
            raise DataError(
                f"{where} seems to hold losses, errors or ranks, of which the best architecture has the lowest; "
                "expected test accuracies in percent: take a column of these, or rename it if it holds them"
            )
        problem = what_is_wrong(np.array(list(numbers.values()), np.float64))
        if problem:
            wrong = [row for row, number in numbers.items() if not 0 <= number <= 100]
            first = f" (the first that is out of place: {self.row} {wrong[0]})" if wrong else ""
            raise DataError(f"{where} {problem}{first}; correct the file, or set truth.column to another one")

    def _numbers(self, column: str, outside: set[int]) -> np.ndarray | None:
        """Return a column as numbers, NaN where there is none, without some rows; None if it is one of texts."""
        cells = [cell for cell in self.columns[column] if cell[0] not in outside]
        filled = [text for _, text in cells if text.strip()]
        count = sum(_number(text) is not None for text in filled)
        if not count or 2 * count < len(filled):
            return None
        numbers = self._finite(column, cells)
        return np.array([numbers.get(row, math.nan) for row, _ in cells], np.float64)

    def _finite(self, column: str, cells: Cells) -> dict[int, float]:
        """Return the numbers in a column by row, but for empty texts; `DataError` if one is no finite number."""
        numbers: dict[int, float] = {}
        for row, text in cells:
            number = _number(text) if text.strip() else None
            if number is not None and math.isfinite(number):
                numbers[row] = number
            elif text.strip():
                expected = f"a finite number as in the other {_plural(self.row)}"
                if text.strip().endswith("%"):
                    expected = "a number without %"
                elif re.fullmatch(r"[+-]?\d*,\d+", text.strip()):
                    expected = "a number with a decimal point instead of the comma"
                raise DataError(
                    f"{self.path}: {self.row} {row}, column {column!r}: found {text!r}, expected {expected}, or "
                    "nothing where there is no value"
                )
        return numbers


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


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


def _number(text: str) -> float | None:
    """Return the number that a text is, NaN and infinities included, or None."""
    try:
        return None if "_" in text else float(text)  # Python reads 1_000 as a number, nothing else does
    except ValueError:
        return None
