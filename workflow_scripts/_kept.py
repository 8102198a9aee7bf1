"""Finished results by their key, beside the states of trainings: nothing costly is computed twice.

Snakemake removes the outputs of a job before it runs, also where the job would make the same ones. What a job has made
therefore has a second name, a hard link, in ``{outdir}/.state/kept``: its key, which says code, settings and the
content of the inputs. A job whose key is there takes its outputs from there. That costs no disk while the result is
still in its place. What is in no place any more, results of other settings, stays for the day on which it is
wanted again, up to `MOST` bytes.
"""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fsnas.artifacts.architectures import copy_architectures
from fsnas.artifacts.files import load_json, replacing, write_json
from fsnas.artifacts.lineage import keys_of
from fsnas.artifacts.scores import copy_scores
from fsnas.errors import ArtifactError

MOST = 2**30  # bytes of what is in no place any more
WORTH_SAYING = 2**20


def take_over(store: Path, key: str, outputs: Iterable[str], lineage: dict[str, Any]) -> bool:
    """Copy the outputs of this ``key`` to their places, if all of them are kept in ``store``; return whether they are.

    They then state the ``lineage`` (``settings``, ``code`` and ``inputs``) of this job; a checkpoint has it in the JSON
    beside it.
    """
    files = {place(store, key, output): Path(output) for output in outputs}
    if not all(holds(kept, key) for kept in files):
        return False
    for kept, output in files.items():
        if kept.suffix == ".h5":
            copy = copy_scores if output.name.startswith("scores") else copy_architectures
            copy(kept, output, **lineage)
        elif kept.suffix == ".json":
            write_json(output, load_json(kept) | lineage)
        else:
            with replacing(output) as temporary:
                shutil.copyfile(kept, temporary)
    keep(store, key, outputs)
    return True


def keep(store: Path, key: str, outputs: Iterable[str]) -> None:
    """Give each of the ``outputs`` its second name; a copy where the file system has no hard links."""
    for output in outputs:
        kept = place(store, key, output)
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary = kept.with_name(f".{uuid.uuid4().hex}")  # another job may keep the same at the same time
        try:
            os.link(output, temporary)
        except OSError:
            shutil.copyfile(output, temporary)
        temporary.replace(kept)
        temporary.unlink(missing_ok=True)  # it stays where it had been the same file already


def place(store: Path, key: str, output: str | Path) -> Path:
    """Return where the ``output`` of this ``key`` is kept; several of a key have different suffixes."""
    return Path(store, "kept", f"{key}{''.join(Path(output).suffixes)}")


def holds(path: Path, key: str) -> bool:
    """Return whether the file in ``path`` is whole, and the one of this ``key``."""
    try:
        return key in keys_of(path)
    except ArtifactError:
        return False


def forget(store: Path, outputs: Iterable[Path] | None) -> None:
    """Forget what was kept of ``outputs``, or all for None."""
    if outputs is None:
        shutil.rmtree(Path(store, "kept"), ignore_errors=True)
    for key in _keys(outputs or ()):
        for file in Path(store, "kept").glob(f"{key}.*"):
            file.unlink(missing_ok=True)


def _keys(outputs: Iterable[Path]) -> Iterator[str]:
    for output in outputs:
        with contextlib.suppress(ArtifactError):
            yield from keys_of(output)


def prune(store: Path, most: int = MOST) -> str:
    """Remove what is in no place any more, the oldest first, until the rest has at most ``most`` bytes.

    Returns
    -------
    str
        A line that says how much is left, or nothing where that is less than `WORTH_SAYING`.
    """
    files = [path for path in Path(store, "kept").glob("*") if path.is_file()]
    stats = sorted(((path.stat(), path) for path in files), key=lambda pair: -pair[0].st_mtime)
    lonely = [(stat.st_size, path) for stat, path in stats if stat.st_nlink == 1]
    left = count = 0
    for size, path in lonely:
        if left + size > most:
            path.unlink(missing_ok=True)
        else:
            left, count = left + size, count + 1
    if left < WORTH_SAYING:
        return ""
    return (
        f"{store}/kept holds {count} results of other settings, {left / 2**20:.0f} MB (at most {most / 2**20:.0f} MB), "
        "in case they are wanted again; the folder may be removed"
    )
