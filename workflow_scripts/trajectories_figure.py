"""Rule trajectories_figure: what the differentiable searches of the leaves learned, epoch by epoch."""

from _job import lineage, run, search_space

from fsnas.analysis.trajectories import trajectory_table
from fsnas.artifacts.figure import write_figure
from fsnas.artifacts.search import read_search
from fsnas.plotting.trajectories import trajectories_figure


def main(smk) -> None:
    """Draw the trajectories of all trees that were searched."""
    space = search_space(smk)
    table = trajectory_table([read_search(path, space) for path in smk.input], space)
    write_figure(smk.output, trajectories_figure(table, **smk.params.settings), **lineage(smk))


run(main, globals().get("snakemake"))
