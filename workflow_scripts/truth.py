"""Rule truth: the accuracies of stand-alone trainings, from our own, from a CSV file or from NAS-Bench-201's file."""

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
    settings, keys = dict(smk.params.settings), []
    source = settings.pop("source")
    if source == "standalone":
        architectures, columns, keys = together(list(smk.input))
    elif source == "csv":
        architectures, columns = read_csv(smk.input[0], **settings)
    else:
        log.info("reading %s: this runs the pickled code in it", smk.input[0])
        architectures, columns = read_official(smk.input[0], **settings)
    write_architectures(
        smk.output[0], architectures, columns, kind="truth", key=key(smk, *keys), settings=dict(smk.params.settings)
    )


run(main, globals().get("snakemake"))
