"""Rule comparison_figures: rank correlation, explained variance, found architectures and cost, drawn."""

from _job import origin, run

from fsnas.artifacts.tables import read_table
from fsnas.plotting import cost_figure, explained_variance_figure, found_figure, rank_correlation_figure, save


def main(smk) -> None:
    """Draw the four figures from the tables."""
    settings = dict(smk.params.settings)
    bootstrap, few = settings.pop("bootstrap"), settings.pop("few")
    cost = cost_figure(read_table(smk.input.cost), **settings)
    settings["caption"] = f"{settings['caption']} {few}".strip()
    variance, leaves = read_table(smk.input.variance), read_table(smk.input.leaves, leaf=str)
    save(rank_correlation_figure(read_table(smk.input.rank), **settings, **bootstrap), smk.output.rank, **origin(smk))
    save(explained_variance_figure(variance, leaves, **settings, **bootstrap), smk.output.variance, **origin(smk))
    save(found_figure(read_table(smk.input.found, leaf=str), **settings, **bootstrap), smk.output.found, **origin(smk))
    save(cost, smk.output.cost, **origin(smk))


run(main, globals().get("snakemake"))
