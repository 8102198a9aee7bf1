"""Rule training_figure: loss and accuracy of the supernets over their epochs."""

from _job import lineage, run

from fsnas.artifacts.checkpoint import read_record
from fsnas.artifacts.figure import write_figure
from fsnas.plotting.training import training_figure


def main(smk) -> None:
    """Draw the history that the checkpoints keep."""
    contents = [read_record(path) for path in smk.input]
    records = {content["seed"]: content["record"] for content in contents}
    write_figure(smk.output, training_figure(records, **smk.params.settings), **lineage(smk))


run(main, globals().get("snakemake"))
