"""Rule truth: the accuracies of stand-alone trainings, from our own, from a CSV file or from NAS-Bench-201's file."""

import hashlib
from pathlib import Path

import numpy as np

from _job import key, log, run
from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.benchmark import read_csv, read_official


def together(paths: list[str]) -> tuple[list[str], dict[str, np.ndarray], list[str]]:
    """Return the architectures and columns of several files one after the other, and the keys of the files."""
    tables = [read_architectures(path, "standalone") for path in paths]
    architectures = [architecture for table in tables for architecture in table.architectures]
    columns = {name: np.concatenate([table.column(name) for table in tables]) for name in tables[0].columns}
    return architectures, columns, [table.attributes["key"] for table in tables]


def main(smk) -> None:
    """Read the source and write the table."""
    settings = dict(smk.params.settings)
    source = settings.pop("source")
    if source == "standalone":
        architectures, columns, made_from = together(list(smk.input))
    else:
        with Path(smk.input[0]).open("rb") as file:
            made_from = [hashlib.file_digest(file, "sha256").hexdigest()]
        read = read_csv if source == "csv" else read_official
        architectures, columns = read(smk.input[0], **settings)
        log.info("%s: %d architectures, columns %s", smk.input[0], len(architectures), ", ".join(columns))
    write_architectures(
        smk.output[0],
        architectures,
        columns,
        kind="truth",
        key=key(smk, *made_from),
        settings=dict(smk.params.settings),
    )


run(main, globals().get("snakemake"))
