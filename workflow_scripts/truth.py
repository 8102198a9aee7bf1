"""Rule truth, of others: the accuracies of stand-alone trainings from a CSV or from NAS-Bench-201's official file."""

import hashlib
from pathlib import Path

from _job import key, log, origin, run

from fsnas.artifacts.architectures import write_architectures
from fsnas.benchmark import read_csv, read_official


def main(smk) -> None:
    """Read the source and write the table."""
    settings = dict(smk.params.settings)
    read = read_csv if settings.pop("source") == "csv" else read_official
    with Path(smk.input[0]).open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    architectures, columns = read(smk.input[0], **settings)
    log.info("%s: %d architectures, columns %s", smk.input[0], len(architectures), ", ".join(columns))
    about = {"kind": "truth", "key": key(smk, content), **origin(smk)}
    write_architectures(smk.output[0], architectures, columns, **about)


run(main, globals().get("snakemake"))
