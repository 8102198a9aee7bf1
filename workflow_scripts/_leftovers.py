"""What lies among the results and is not of this config: older figures and trees would pass for new ones."""

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

FOLDERS = ("data", "seed-", "truth", "proxies", "tables", "figures")  # where rules write
SUFFIXES = {".h5", ".pt", ".json", ".csv", ".png", ".pdf"}


def left_behind(results: str, expected: Iterable[str]) -> dict[str, int]:
    """Return what of ``results`` is not ``expected``, with its number of files: folders as a whole, or files.

    The record beside a table is expected with it.
    """
    known = {Path(os.path.relpath(file, results)) for file in expected}
    known |= {file.with_suffix(".json") for file in known if file.suffix == ".csv"}
    folders = {parent for file in known for parent in file.parents}
    found: dict[str, int] = {}
    for file in _made(Path(results)):
        if file not in known:
            name = _outermost(file, folders)
            found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _made(results: Path) -> Iterator[Path]:
    """Yield the files that some run has made, below ``results``."""
    for folder in sorted(results.glob("*")):
        if folder.is_dir() and folder.name.startswith(FOLDERS):
            for where, folders, files in os.walk(folder):
                folders[:] = [name for name in folders if not name.startswith(".")]
                of_ours = [Path(where, name) for name in files if not name.startswith(".")]
                yield from (file.relative_to(results) for file in of_ours if file.suffix in SUFFIXES)


def _outermost(file: Path, folders: Collection[Path]) -> str:
    """Return the outermost folder of ``file`` that is none of ``folders``, or the file."""
    outside = [parent for parent in file.parents if parent not in folders]
    return f"{outside[-1]}/" if outside else str(file)
