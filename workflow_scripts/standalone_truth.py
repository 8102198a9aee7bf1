"""Rule truth, of our own trainings: the stand-alone accuracies of all architectures of the sample, together."""

from _job import key, origin, run, search_space

import numpy as np

from fsnas.artifacts.architectures import read_architectures, write_architectures


def main(smk) -> None:
    """Put the tables one after the other."""
    space = search_space(smk)
    tables = [read_architectures(path, "standalone", space) for path in smk.input]
    columns = {name: np.concatenate([table.column(name) for table in tables]) for name in tables[0].columns}
    write_architectures(
        smk.output[0],
        [architecture for table in tables for architecture in table.architectures],
        columns,
        space=space,
        kind="truth",
        key=key(smk, *(table.attributes["key"] for table in tables)),
        **origin(smk),
    )


run(main, globals().get("snakemake"))
