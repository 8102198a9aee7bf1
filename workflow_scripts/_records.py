"""Snakemake's records of what a file was made from, restored where they are lost or those of another file."""

import ast
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord
from snakemake.persistence.file import FilePersistence

from fsnas.artifacts.origin import read_origin
from fsnas.errors import ArtifactError
from fsnas.lineage.provenance import lines
from workflow_scripts._origins import Origins, checksum, device_line

NONE = repr(None)  # what Snakemake records for the lines that a rule does not need
UNKNOWN = "nothing that is known"
NAMED = 10  # files, before the rest is counted


def restore_records(origins: Origins, results: str, folder: Path) -> dict[str, str]:
    """Give every result that changed since its record, or has none, the record that it carries itself.

    Snakemake trusts a file without a record. With it, it decides and explains as always: a file that was made from
    other code, options or inputs is made again, and so is one that says nothing or cannot be read. One that was made
    from the same is kept, whatever its time stamp.

    Parameters
    ----------
    origins
        What every file must be made from.
    results
        The folder of the results.
    folder
        Snakemake's own.

    Returns
    -------
    dict
        What is wrong with each file that was made from something else, by its path.

    Raises
    ------
    WorkflowError
        If results are links into a cache (Snakemake's ``--cache``) that is gone; Snakemake would only say that a
        concurrent process has deleted them.
    """
    records = FilePersistence(nolock=True, path=folder)
    stale = {}
    names = list(_files(results))
    if gone := [name for name in names if os.path.islink(name) and not os.path.exists(name)]:
        raise WorkflowError(
            f"{len(gone)} results are links to files that are gone, e.g. {gone[0]} to {os.readlink(gone[0])}; bring "
            "back the cache that they were in, or remove the links and run again: "
            f"find {shlex.quote(results)} -xtype l -delete"
        )
    for name in names:
        written = os.stat(name).st_mtime
        record = records._read_record(name)
        if record is not None and record.endtime == written and not _of_another_device(record, origins):
            continue
        rule = origins.producer(name)
        if rule is None or records._filter_incomplete_keys([name]):
            continue
        found, device, problem = _word(name, record)
        asked = origins.device_of(rule.name)
        params = [*map(repr, found), NONE, *([repr(device or asked)] if asked else [])]
        if record is None or set(params) != set(record.params):
            try:
                expected = origins.expected(rule, name)
            except LookupError:  # of a level, leaf or architecture that this config does not have
                continue
            if set(found) != set(expected) or asked and device not in (None, asked):
                stale[name] = problem
            inputs = origins.inputs(rule, rule.get_wildcards(name))
            record = MetadataRecord(
                rule=rule.name,
                record_format_version=RECORD_FORMAT_VERSION,
                params=params,
                # So that the lines decide, and are given as the reason, and not the time stamps.
                input_checksums={file: checksum(file) for file in inputs if Path(file).is_file()},
                starttime=written,
                incomplete=False,
            )
        record.endtime = written
        records._write_record(name, record)
    return stale


def _files(results: str) -> Iterator[str]:
    """Yield the files that a rule may have made, spelt as the rules do."""
    for folder, folders, files in os.walk(results):
        others = {"logs", "benchmarks"} if folder == results else set()
        folders[:] = [name for name in folders if not name.startswith(".") and name not in others]
        yield from (os.path.join(folder, name) for name in files if not name.startswith("."))


def _of_another_device(record: Any, origins: Origins) -> bool:
    """Return whether a file was recorded when the config asked for another device than now, or for none."""
    asked = {param for param in record.params if param.startswith(repr(device_line(""))[:-1])}
    expected = origins.device_of(record.rule)
    return asked != ({repr(expected)} if expected else set())


def _word(path: str, record: Any) -> tuple[list[str], str | None, str]:
    """Return the lines of what a file says it was made from, its device, and what is wrong if it cannot be read."""
    try:
        origin = read_origin(path)
    except ArtifactError as error:
        return [UNKNOWN], None, str(error).removeprefix(f"{path}: ")
    if origin is not None:
        return lines(origin.code, origin.settings, origin.inputs), device_line(origin.device), ""
    said = [] if record is None else [ast.literal_eval(param) for param in record.params if param != NONE]
    return said or [UNKNOWN], None, ""


def named(stale: dict[str, str]) -> str:
    """Return what the user is told about files that are not used."""
    each = [f"  {name}{f' ({problem})' if problem else ''}" for name, problem in sorted(stale.items())]
    more = [f"  and {len(each) - NAMED} more"] if len(each) > NAMED else []
    return "\n".join(
        [
            "Made from other code, options or inputs than now, or unreadable; not used, and made again where this run "
            "needs them (snakemake -n says why):",
            *each[:NAMED],
            *more,
        ]
    )
