"""Rule proxies_figure: the rank correlations of single architectures' metrics, drawn."""

from _job import origin, run

from fsnas.artifacts.tables import read_table
from fsnas.plotting import proxies_figure, save


def main(smk) -> None:
    """Draw the figure from its table."""
    save(proxies_figure(read_table(smk.input[0]), **smk.params.settings), smk.output, **origin(smk))


run(main, globals().get("snakemake"))
