"""Accuracies of stand-alone trainings that others made: NAS-Bench-201's official file, or a CSV."""

import csv
import hashlib
import io
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.errors import DataError, FsnasError, nearest
from fsnas.spaces import architecture_string, parse_architecture

TRAININGS = {"less": 12, "full": 200}  # the official file's name of a hyper-parameter set, and its epochs
SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}
FIELDS = ("meta_archs", "arch2infos", "evaluated_indexes")


def read_official(path: str | Path, *, sha256: str | None = None) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the architectures and the results in the official NAS-Bench-201 file, in the order of its indices.

    This **runs the pickled code** in the file and takes tens of GB of memory: see `_unpickle`.

    Parameters
    ----------
    path
        ``NAS-Bench-201-v1_1-096897.pth``.
    sha256
        Compared with the file's before it is opened, where given.

    Returns
    -------
    architectures
        NAS-Bench-201 strings.
    columns
        float64 ``[architectures]`` by name, NaN where an architecture has no such trial. Data set and set have the
        file's own names, and 12 and 200 epochs are trainings of their own: in percent
        ``{dataset}_{set}_accuracy_{12|200}_epochs_seed_{seed}``, after the last epoch; in seconds
        ``{dataset}_train_seconds_{12|200}_epochs_seed_{seed}``, all epochs, without the evaluations; and both as
        ``..._epochs_mean``, over the seeds that an architecture has.

    Raises
    ------
    DataError
        If the file is missing, damaged, not the one expected or no NAS-Bench-201 file; the message names the field.

    References
    ----------
    Dong and Yang 2020, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search".
    """
    if sha256 is not None:
        check_sha256(path, sha256)
    strings, infos = _official_fields(path, _unpickle(path))
    results: dict[str, dict[str, float]] = {}
    with _field(path, "arch2infos"):
        indices = sorted(infos)
    for index in indices:
        with _field(path, f"meta_archs[{index!r}]"):
            name = architecture_string(parse_architecture(strings[index]))
            if name in results:
                raise ValueError(f"{name!r} is there already")
        results[name] = _official_numbers(path, index, name, infos.pop(index))  # pop: tens of GB shrink on the way
    columns = sorted({column for numbers in results.values() for column in numbers})
    if not columns:
        raise _wrong_official(path, "arch2infos", "holds no trial")
    table = {column: np.array([n.get(column, np.nan) for n in results.values()], np.float64) for column in columns}
    return list(results), table


def _unpickle(path: str | Path) -> Any:
    """Return the content of the official NAS-Bench-201 file.

    It **runs pickled code**: who made the file can do here whatever the user can. So this is only for the official
    file, whose sha256 is best given, and nothing else opens it. It takes **tens of GB** of memory.
    """
    import torch  # slow to import, and nothing else here needs it

    try:
        return torch.load(path, weights_only=False, map_location="cpu")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; set truth.file to the official NAS-Bench-201 file") from error
    except MemoryError as error:
        raise DataError(f"{path}: not enough memory to load it, it takes tens of GB; raise truth.mem_mb") from error
    except Exception as error:  # unpickling bytes that are none, or another program's, raises anything
        raise DataError(
            f"{path}: cannot be unpickled ({type(error).__name__}: {error}); expected the official NAS-Bench-201 file, "
            "whole: download it again, or correct truth.file"
        ) from error


def _official_fields(path: str | Path, content: Any) -> tuple[Sequence[str], dict[int, Any]]:
    """Return architecture strings and results by index, after checking that this is a NAS-Bench-201 file."""
    if not isinstance(content, dict):
        raise _wrong_official(path, "top level", f"is a {type(content).__name__}, expected a dict with {list(FIELDS)}")
    for name in FIELDS:
        if name not in content:
            raise _wrong_official(path, name, f"is missing, found {[*map(str, content)][:8]}")
    strings, infos, evaluated = (content[name] for name in FIELDS)
    if not isinstance(strings, (list, tuple)):
        raise _wrong_official(path, "meta_archs", f"is a {type(strings).__name__}, expected a list of architectures")
    if not isinstance(infos, dict) or not infos:
        raise _wrong_official(path, "arch2infos", f"is {str(infos)[:40]!r}, expected a dict of results by index")
    with _field(path, "evaluated_indexes"):
        if set(evaluated) != set(infos):
            raise ValueError(f"{len(set(evaluated))} indices, not the same as the {len(infos)} of arch2infos")
    return strings, infos


def _official_numbers(path: str | Path, index: int, name: str, info: Any) -> dict[str, float]:
    """Return all numbers of one architecture by column."""
    from nas_201_api import ArchResults  # imports torch

    numbers: dict[str, float] = {}
    for training, epochs in TRAININGS.items():
        with _field(path, f"arch2infos[{index!r}].{training}"):
            state = info[training]
            if not isinstance(state, dict):  # of a text the package would open the file of that name
                raise TypeError(f"found a {type(state).__name__}, expected a dict")
            results = ArchResults.create_from_state_dict(state)
            if architecture_string(parse_architecture(results.arch_str)) != name:
                raise ValueError(f"arch_str is {results.arch_str!r}, but meta_archs has {name!r}")
            for dataset, seeds in results.dataset_seed.items():
                if dataset not in SETS or len(set(seeds)) != len(seeds):
                    raise ValueError(f"dataset_seed has {dataset!r}: {seeds}, expected of {list(SETS)}, each seed once")
                trials = {seed: _trial(results.query(dataset, seed), SETS[dataset], epochs) for seed in seeds}
                numbers |= _named(trials, f"{dataset}_{{}}_{epochs}_epochs")
    return numbers


def _trial(result: Any, sets: Sequence[str], epochs: int) -> dict[str, float]:
    """Return the accuracies of one training after its last epoch, and its seconds, as far as it has them."""
    if result.epochs != epochs:
        raise ValueError(f"a trial has {result.epochs!r} epochs, expected {epochs}")
    accuracy = {name: float(result.eval_acc1es[f"{name}@{epochs - 1}"]) for name in sets if name in result.eval_names}
    for name, value in accuracy.items():
        if not 0 <= value <= 100:
            raise ValueError(f"the accuracy on {name} is {value}, expected 0 to 100")
    numbers = {f"{name}_accuracy": value for name, value in accuracy.items()}
    if result.train_times is not None:
        numbers["train_seconds"] = float(result.get_train()["all_time"])
        if not 0 <= numbers["train_seconds"] < math.inf:
            raise ValueError(f"train_times add up to {numbers['train_seconds']}, expected seconds")
    return numbers


def _named(trials: Mapping[int, Mapping[str, float]], template: str) -> dict[str, float]:
    """Return the numbers of the seeds, and their means, by the names of their columns."""
    numbers, by_quantity = {}, defaultdict(list)
    for seed, trial in trials.items():
        for quantity, value in trial.items():
            numbers[f"{template.format(quantity)}_seed_{seed}"] = value
            by_quantity[quantity].append(value)
    means = {f"{template.format(quantity)}_mean": float(np.mean(values)) for quantity, values in by_quantity.items()}
    return numbers | means


@contextmanager
def _field(path: str | Path, name: str) -> Iterator[None]:
    """Turn what reading a field of the official file raises into a `DataError` that names it."""
    try:
        yield
    except (FsnasError, LookupError, TypeError, ValueError, AttributeError, AssertionError) as error:
        raise _wrong_official(path, name, f"cannot be read ({type(error).__name__}: {error})") from error


def _wrong_official(path: str | Path, field: str, problem: str) -> DataError:
    return DataError(
        f"{path}: field {field!r} {problem}; expected the official NAS-Bench-201 file: download it again, or correct "
        "truth.file"
    )


def check_sha256(path: str | Path, expected: str) -> None:
    """Raise `DataError` unless the file has the hash ``expected``; it is only read as bytes."""
    try:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; correct truth.file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error}); correct truth.file") from error
    if found != expected.strip().lower():
        raise DataError(
            f"{path}: its sha256 is {found}, expected {expected}; it is damaged or another file, and was not opened: "
            "download it again, or correct truth.sha256"
        )


def read_csv(
    path: str | Path, *, architecture_column: str, sha256: str | None = None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the architectures and the columns with numbers in a CSV file, in the order of its lines.

    Parameters
    ----------
    path
        UTF-8, fields separated by commas, names in the first line, a line break at the end of the last one (what
        shows that nothing is missing; not needed where ``sha256`` does).
    architecture_column
        Name of the column with the NAS-Bench-201 strings.
    sha256
        Compared with the file's before it is read, where given.

    Returns
    -------
    architectures
        NAS-Bench-201 strings, spelt as `fsnas.spaces.architecture_string` does.
    columns
        float64 ``[architectures]`` by the names in the file, NaN where a field is empty. A column is one of numbers
        if at least half of its fields that are not empty are; others, and those without a name, are left out.

    Raises
    ------
    DataError
        If the file is missing, damaged or no such table, an architecture is unknown or there twice, or a column of
        numbers has a field that is no finite number; the message names line and column.
    """
    if sha256 is not None:
        check_sha256(path, sha256)
    header, rows = _csv_rows(path, _csv_text(path, whole=sha256 is not None))
    if architecture_column not in header:
        raise DataError(
            f"{path}: line 1 names no column {architecture_column!r}{nearest(architecture_column, header)}; found "
            f"{', '.join(map(repr, header))}: set truth.architecture_column"
        )
    fields = {name: [(line, row[i]) for line, row in rows] for i, name in enumerate(header) if name}
    strings = _csv_architectures(path, architecture_column, fields.pop(architecture_column))
    columns = {name: values for name in fields if (values := _csv_numbers(path, name, fields[name])) is not None}
    if not columns:
        raise DataError(f"{path}: none of the columns {list(fields)} holds numbers, expected accuracies in percent")
    return strings, columns


def _csv_text(path: str | Path, *, whole: bool) -> str:
    """Return the text of a file; ``whole`` says that it is known not to be truncated."""
    try:
        content = Path(path).read_bytes()
        text = content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; correct truth.file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error}); correct truth.file") from error
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


def _csv_architectures(path: str | Path, column: str, fields: Sequence[tuple[int, str]]) -> list[str]:
    """Return the architectures, each once."""
    lines: dict[str, int] = {}
    for line, text in fields:
        try:
            name = architecture_string(parse_architecture(text))
        except FsnasError as error:
            raise DataError(f"{path}: line {line}, column {column!r}: {error}") from error
        if name in lines:
            raise DataError(f"{path}: line {line} repeats the architecture {name!r} of line {lines[name]}; remove one")
        lines[name] = line
    return list(lines)


def _csv_numbers(path: str | Path, column: str, fields: Sequence[tuple[int, str]]) -> np.ndarray | None:
    """Return a column as numbers, NaN where a field is empty; None if it is one of texts."""
    filled = {line: text for line, text in fields if text.strip()}
    numbers = {line: number for line, text in filled.items() if (number := _number(text)) is not None}
    if not numbers or 2 * len(numbers) < len(filled):
        return None
    for line, text in filled.items():
        if not math.isfinite(numbers.get(line, math.nan)):
            raise DataError(
                f"{path}: line {line}, column {column!r}: found {text!r}, expected a finite number as in the other "
                "lines, or nothing where there is no value"
            )
    return np.array([numbers.get(line, math.nan) for line, _ in fields], np.float64)


def _number(text: str) -> float | None:
    """Return the number that a text is, NaN and infinities included, or None."""
    try:
        return None if "_" in text else float(text)  # Python reads 1_000 as a number, nothing else does
    except ValueError:
        return None
