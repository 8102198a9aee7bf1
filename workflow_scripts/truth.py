"""Rule truth, of others: the accuracies of stand-alone trainings from a CSV or from NAS-Bench-201's official file."""

from _job import key, log, origin, run, search_space

from fsnas.artifacts.architectures import write_architectures
from fsnas.benchmark.sources.csv import read_csv
from fsnas.benchmark.sources.nasbench201 import read_official


def main(smk) -> None:
    """Read the source and write the table."""
    settings, file = dict(smk.params.settings), smk.params.file
    space = search_space(smk)
    checks = {"space": space, "sha256": smk.params.sha256}
    if settings["source"] == "csv":
        names = {"architecture_column": settings["architecture_column"], "column": smk.params.column}
        architectures, columns = read_csv(file, **names, **checks)
    else:
        architectures, columns = read_official(file, **checks)
    log.info("%s: %d architectures, columns %s", file, len(architectures), ", ".join(columns))
    about = {"space": space, "kind": "truth", "key": key(smk), **origin(smk)}
    write_architectures(smk.output[0], architectures, columns, **about)


run(main, globals().get("snakemake"))
