"""Rule truth, of others: the accuracies of stand-alone trainings from a file that the user brings."""

from _job import key, log, origin, run

from fsnas.artifacts.architectures import write_architectures
from fsnas.benchmark import sources


def main(smk) -> None:
    """Read the source and write the table."""
    source, file = smk.params.settings["source"], smk.params.file
    given = {**smk.params.settings, "column": smk.params.column, "sha256": smk.params.sha256}
    architectures, columns = sources.load(source)(file, **sources.taken(source, given))
    log.info("%s: %d architectures, columns %s", file, len(architectures), ", ".join(columns))
    about = {"kind": "truth", "key": key(smk), **origin(smk)}
    write_architectures(smk.output[0], architectures, columns, **about)


run(main, globals().get("snakemake"))
