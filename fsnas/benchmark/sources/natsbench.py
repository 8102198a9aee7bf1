"""Ground truth from the topology archive of NATS-Bench: a small file for each architecture."""

import bz2
import tarfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from fsnas.benchmark.checks import check_sha256, files_of, readable
from fsnas.benchmark.file_kinds import check_kind
from fsnas.benchmark.sources import Facts
from fsnas.benchmark.trials import holds, numbers_of, reading, table_of, usual_column, wrong
from fsnas.errors import DataError
from fsnas.pickles import loads
from fsnas.spaces import SearchSpace
from fsnas.spaces.nas_bench_201 import space as whole

ARCHIVE = "NATS-tss-v1_0-3ffb9-simple"
FACTS = Facts(
    file=f"the topology archive of NATS-Bench, the folder {ARCHIVE} or its .tar",
    kinds=("nats-bench", "tar"),
    heavy="this takes minutes",
    mem_mb=2000,
    space=whole.name,
    called="NATS-Bench's topology archive",
)
META, EXTENSION = "meta.pickle.pbz2", ".pickle.pbz2"
TRAININGS = {"12": 12, "200": 200}  # the archive's name of a hyper-parameter set, and its epochs
column = usual_column


def read(
    path: str | Path, *, space: SearchSpace = whole, sha256: str | None = None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return the architectures and the results in the topology archive of NATS-Bench, in the order of its indices.

    One architecture is in memory at a time. Nothing that a file names is imported or run (`fsnas.pickles`).

    Parameters
    ----------
    path
        ``NATS-tss-v1_0-3ffb9-simple``, as a folder or as the .tar that it is in.
    space
        NAS-Bench-201 with all or some of its operations; architectures with others are left out, and not read.
    sha256
        Compared before anything is opened, where given; that of a folder is of its files one after the other.

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
        If it is missing, incomplete, damaged, not the one expected or another archive; the message names the file.

    References
    ----------
    Dong et al. 2021, "NATS-Bench: Benchmarking NAS Algorithms for Architecture Topology and Size".
    """
    check_kind(path, FACTS.kinds, FACTS.file)
    check_sha256(path, sha256)
    results: dict[str, dict[str, float]] = {}
    with _opened(path) as (names, content_of):
        for name, file in _files(path, names, content_of).items():
            if holds(space, name):
                results[name] = _numbers(path, file, content_of, name)
    if not results:
        raise DataError(f"{path}: holds no architecture with the operations {list(space.operations)}")
    try:
        return table_of(results, space)
    except ValueError as error:
        raise wrong(path, "the archive", str(error), ARCHIVE) from error


def check(path: str | Path) -> None:
    """Raise `DataError` unless this is a whole topology archive; of its files only that of the names is read."""
    check_kind(path, FACTS.kinds, FACTS.file)
    with _opened(path) as (names, content_of):
        _files(path, names, content_of)


@contextmanager
def _opened(path: str | Path) -> Iterator[tuple[Collection[str], Callable[[str], bytes]]]:
    """Return the names of the files in a folder or .tar, and what reads one."""
    with readable(path):
        if Path(path).is_dir():
            files = {file.name: file for file in files_of(path)}
            yield files, lambda name: files[name].read_bytes()
            return
        try:
            with tarfile.open(path, "r:") as archive:
                members = {PurePosixPath(member.name).name: member for member in archive if member.isfile()}
                yield members, lambda name: archive.extractfile(members[name]).read()  # type: ignore[union-attr]
        except tarfile.TarError as error:
            raise wrong(path, "the .tar", f"cannot be read ({error})", ARCHIVE) from error


def _files(path: str | Path, names: Collection[str], content_of: Callable[[str], bytes]) -> dict[str, str]:
    """Return the file of every architecture; `DataError` if this is another archive, or a file is missing."""
    if META not in names:
        raise wrong(path, META, "is missing", f"{ARCHIVE}, whole")
    with _place(path, META):
        strings = _unpickled(content_of(META))["meta_archs"]
        if not isinstance(strings, (list, tuple)) or not strings:
            raise TypeError(f"meta_archs is {str(strings)[:40]!r}, expected a list of architectures")
    if ":" in str(strings[0]):
        raise wrong(path, META, f"names architectures like {strings[0]!r}, those of the size space", ARCHIVE)
    files: dict[str, str] = {}
    for index, string in enumerate(strings):
        with _place(path, f"{META}, meta_archs[{index}]"):
            name = whole.spelt(string)
            if name in files:
                raise ValueError(f"{name!r} is there already")
        files[name] = next((f for f in (f"{index:06d}{EXTENSION}", f"{index}{EXTENSION}") if f in names), "")
    missing = [index for index, file in enumerate(files.values()) if not file]
    if missing:
        first = f"{missing[0]:06d}{EXTENSION}"
        raise wrong(path, first, f"is missing, like {len(missing)} of {len(files)} such files", f"{ARCHIVE}, whole")
    return files


def _numbers(path: str | Path, file: str, content_of: Callable[[str], bytes], name: str) -> dict[str, float]:
    """Return all numbers of one architecture by column."""
    with _place(path, file):
        infos = _unpickled(content_of(file))
    numbers: dict[str, float] = {}
    for training, epochs in TRAININGS.items():
        with _place(path, f"{file}, field {training!r}"):
            numbers |= numbers_of(infos[training], name, epochs)
    return numbers


def _unpickled(content: bytes) -> Any:
    """Return what is in a file; `ValueError` if it is damaged, or holds other things."""
    try:
        return loads(bz2.decompress(content))
    except Exception as error:  # unpickling bytes that are none raises anything
        raise ValueError(f"cannot be unpickled, {type(error).__name__}: {error}") from error


def _place(path: str | Path, place: str) -> Any:
    return reading(path, place, ARCHIVE)
