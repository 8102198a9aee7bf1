"""Rules draw_*: a figure that is drawn from tables, by the function that declares it."""

from pkgutil import resolve_name

from _job import lineage, run

from fsnas.artifacts.figure import write_figure
from fsnas.artifacts.tables import read_table


def main(smk) -> None:
    """Draw the figure from its tables."""
    tables = [read_table(path, level=str, leaf=str) for path in smk.input]
    figure = resolve_name(smk.params.function)(*tables, **smk.params.settings)
    write_figure(smk.output, figure, **lineage(smk))


run(main, globals().get("snakemake"))
