"""Ground truth from the official NAS-Bench-201 file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fsnas.benchmark.checks import check_sha256
from fsnas.benchmark.file_kinds import check_kind
from fsnas.benchmark.sources import Facts
from fsnas.benchmark.trials import numbers_of, reading, table_of, usual_column, wrong
from fsnas.errors import DataError
from fsnas.pickles import load_torch
from fsnas.spaces import SearchSpace
from fsnas.spaces.nas_bench_201 import space as whole

FACTS = Facts(
    file="the official file of NAS-Bench-201",
    kinds=("pickle",),
    heavy="this takes tens of GB of memory",
    mem_mb=48_000,
    space=whole.name,
    called="NAS-Bench-201's official file",
)
TRAININGS = {"less": 12, "full": 200}  # the official file's name of a hyper-parameter set, and its epochs
FIELDS = ("meta_archs", "arch2infos", "evaluated_indexes")
OFFICIAL = "the official NAS-Bench-201 file"
column = usual_column


def read(
    path: str | Path, *, space: SearchSpace = whole, sha256: str | None = None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the architectures and the results in the official NAS-Bench-201 file, in the order of its indices.

    It takes tens of GB of memory. Nothing that the file names is imported or run (`fsnas.pickles`).

    Parameters
    ----------
    path
        ``NAS-Bench-201-v1_1-096897.pth``.
    space
        NAS-Bench-201 with all or some of its operations; architectures with others are left out.
    sha256
        Compared with the file's before it is opened, where given.

    Returns
    -------
    architectures
        NAS-Bench-201 strings.
    columns
        float64 ``[architectures]`` by name, NaN where an architecture has no such trial: `numbers_of` of 12 and of 200
        epochs, which are trainings of their own.

    Raises
    ------
    DataError
        If the file is missing, damaged, not the one expected or no NAS-Bench-201 file; the message names the field.

    References
    ----------
    Dong and Yang 2020, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search".
    """
    check_kind(path, FACTS.kinds, FACTS.file)
    check_sha256(path, sha256)
    strings, infos = _official_fields(path, _content(path))
    results: dict[str, dict[str, float]] = {}
    with _field(path, "arch2infos"):
        indices = sorted(infos)
    for index in indices:
        with _field(path, f"meta_archs[{index!r}]"):
            name = whole.spelt(strings[index])
            if name in results:
                raise ValueError(f"{name!r} is there already")
        info, results[name] = infos.pop(index), {}  # pop: tens of GB shrink on the way
        for training, epochs in TRAININGS.items():
            with _field(path, f"arch2infos[{index!r}].{training}"):
                results[name] |= numbers_of(info[training], name, epochs)
    try:
        return table_of(results, space)
    except ValueError as error:
        raise _wrong(path, "arch2infos", str(error)) from error


def _content(path: str | Path) -> Any:
    """Return the content of the official NAS-Bench-201 file; it takes **tens of GB** of memory."""
    try:
        return load_torch(path)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; set truth.file to {OFFICIAL}") from error
    except MemoryError as error:
        raise DataError(f"{path}: not enough memory to load it, it takes tens of GB; raise truth.mem_mb") from error
    except Exception as error:  # unpickling bytes that are none, or another program's, raises anything
        raise DataError(
            f"{path}: cannot be unpickled ({type(error).__name__}: {error}); expected {OFFICIAL}, whole: download it "
            "again, or correct truth.file"
        ) from error


def _official_fields(path: str | Path, content: Any) -> tuple[Sequence[str], dict[int, Any]]:
    """Return architecture strings and results by index, after checking that this is a NAS-Bench-201 file."""
    if not isinstance(content, dict):
        raise _wrong(path, "top level", f"is a {type(content).__name__}, expected a dict with {list(FIELDS)}")
    for name in FIELDS:
        if name not in content:
            raise _wrong(path, name, f"is missing, found {[*map(str, content)][:8]}")
    strings, infos, evaluated = (content[name] for name in FIELDS)
    if not isinstance(strings, (list, tuple)):
        raise _wrong(path, "meta_archs", f"is a {type(strings).__name__}, expected a list of architectures")
    if not isinstance(infos, dict) or not infos:
        raise _wrong(path, "arch2infos", f"is {str(infos)[:40]!r}, expected a dict of results by index")
    with _field(path, "evaluated_indexes"):
        if set(evaluated) != set(infos):
            raise ValueError(f"{len(set(evaluated))} indices, not the same as the {len(infos)} of arch2infos")
    return strings, infos


def _field(path: str | Path, name: str) -> Any:
    return reading(path, f"field {name!r}", OFFICIAL)


def _wrong(path: str | Path, field: str, problem: str) -> DataError:
    return wrong(path, f"field {field!r}", problem, OFFICIAL)
