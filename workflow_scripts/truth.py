"""Rule truth: the accuracies of stand-alone trainings, those of this run or those in a file that the user brings."""

from _job import key, lineage, log, run, search_space

import numpy as np

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.benchmark import sources


def main(smk) -> None:
    """Put the tables of the trainings one after the other, or read the source, and write one table."""
    space = search_space(smk)
    tables = [read_architectures(path, "standalone", space) for path in smk.input]
    if tables:
        architectures = [architecture for table in tables for architecture in table.architectures]
        columns = {name: np.concatenate([table.column(name) for table in tables]) for name in tables[0].columns}
    else:
        reading = smk.params.reading
        options = sources.taken(reading["source"], {**reading, "space": space})
        architectures, columns = sources.load(reading["source"])(reading["file"], **options)
    log.info("%d architectures, columns %s", len(architectures), ", ".join(columns))
    about = {"key": key(smk, *(table.attributes["key"] for table in tables)), **lineage(smk)}
    write_architectures(smk.output[0], architectures, columns, space=space, kind="truth", **about)


run(main, globals().get("snakemake"))
