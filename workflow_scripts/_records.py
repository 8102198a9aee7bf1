"""Snakemake's records of what a file was made from, restored where they are lost, and what changed since."""

import os
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

from fsnas.artifacts.lineage import read_lineage
from fsnas.errors import ArtifactError
from fsnas.lineage.lineage import Lineage
from workflow_scripts._lineage import Lineages, checksum
from workflow_scripts._snakemake import Records

INPUTS = "other inputs"
UNKNOWN = "nothing says what it was made from"
NAMED = 20  # causes, before the rest is counted
Causes = dict[str, dict[tuple[str, tuple], str]]  # of each the jobs that it touches, with a file of each


def restore_records(lineages: Lineages, results: str, folder: Path) -> str:
    """Give every result in ``results`` that changed since its record, or has none, the record that it carries itself.

    Snakemake trusts a file without a record. With it, it decides as always: a file that was made from other code,
    options or inputs is made again, and so is one that says nothing or cannot be read. One that was made from the same
    is kept, whatever its time stamp. Only files whose record is not the expected one are opened.

    Returns
    -------
    str
        What changed since the results were made, a line each with the steps that it touches; empty if nothing did.

    Raises
    ------
    WorkflowError
        If results are links into a cache (Snakemake's ``--cache``) that is gone; Snakemake would only say that a
        concurrent process has deleted them.
    """
    records = Records(folder)
    causes: Causes = defaultdict(dict)
    names = list(_files(results))
    _check_links(names, results)
    for name in names:
        written, record = os.stat(name).st_mtime, records.read(name)
        rule = lineages.producer(name, None if record is None else record.rule)
        if rule is None or rule.name not in lineages.of_rules or records.is_incomplete(name):
            continue
        try:
            expected = lineages.expected(rule, name)
        except LookupError:  # of a level, leaf or architecture that this config does not have
            continue
        wanted = lineages.recorded(rule, expected.digest)
        in_place = record is not None and record.endtime == written
        if in_place and set(record.params) == wanted:
            continue
        found, problem = _said_by(name, whole=not in_place)
        params = lineages.recorded(rule, found.digest if found else UNKNOWN, found.device if found else None)
        if found is None and not problem and record is not None:  # of a text, which keeps no lineage
            params = set(record.params)
        wildcards = rule.get_wildcards(name)
        if params != wanted:
            device = [f"device: {found and found.device} -> {lineages.device}"]
            for cause in _causes(name, found, expected, problem, record) or device:
                causes[cause][rule.name, tuple(wildcards.items())] = name
        if record is None or params != set(record.params):
            # With checksums, so that the lineage decides, and not the time stamps.
            inputs = [file for file in lineages.inputs(rule, wildcards) if Path(file).is_file()]
            record = records.new(rule.name, params, {file: checksum(file) for file in inputs}, written)
        records.write(name, record, written)
    return _told(causes)


def _check_links(names: list[str], results: str) -> None:
    if gone := [name for name in names if os.path.islink(name) and not os.path.exists(name)]:
        raise WorkflowError(
            f"{len(gone)} results are links to files that are gone, e.g. {gone[0]} to {os.readlink(gone[0])}; bring "
            "back the cache that they were in, or remove the links and run again: "
            f"find {shlex.quote(results)} -xtype l -delete"
        )


def _files(results: str) -> Iterator[str]:
    """Yield the files that a rule may have made, spelt as the rules do."""
    for folder, folders, files in os.walk(results):
        others = {"logs", "benchmarks"} if folder == results else set()
        folders[:] = [name for name in folders if not name.startswith(".") and name not in others]
        yield from (os.path.join(folder, name) for name in files if not name.startswith("."))


def _said_by(path: str, *, whole: bool) -> tuple[Lineage | None, str]:
    """Return the lineage that a file states, and what is wrong if it cannot be read."""
    try:
        return read_lineage(path, whole=whole), ""
    except ArtifactError as error:
        return None, str(error).removeprefix(f"{path}: ")


def _causes(name: str, found: Lineage | None, expected: Lineage, problem: str, record: Any) -> list[str]:
    """Return what makes a file another one than is expected, as far as its lineage says so."""
    if found is None:
        return [f"{name} ({problem})" if problem else UNKNOWN if record is None else INPUTS]
    return found.causes(expected) or ([INPUTS] if found.inputs != expected.inputs else [])


def _told(causes: Causes) -> str:
    """Return what the user is told: causes of their own first, what follows from them last."""
    lines = []
    for cause, touched in sorted(causes.items(), key=lambda item: item[0] == INPUTS):
        counted = ", ".join(f"{count} {rule}" for rule, count in Counter(rule for rule, _ in touched).items())
        first = next(iter(touched.values()))
        lines.append(f"  {cause}: {counted}{'' if cause == INPUTS or first in cause else f', e.g. {first}'}")
    if len(lines) > NAMED:
        lines[NAMED:] = [f"  and {len(lines) - NAMED} more"]
    head = "Changed since results were made (what this run needs of them is made again):"
    return "\n".join([head, *lines]) if lines else ""
