"""Rule distance_figures: figures 1a, 1b and 2, and the method matrix."""

from _job import origin, run

from fsnas.artifacts.tables import read_table
from fsnas.plotting import by_depth_figure, method_matrix_figure, save, split_distance_figure


def main(smk) -> None:
    """Draw the four figures from the tables."""
    per_tree = read_table(smk.input.per_tree, level=str)
    summary = read_table(smk.input.summary, level=str)
    settings = smk.params.settings
    for setting in ("internal", "external"):
        drawn = split_distance_figure(per_tree, summary, setting=setting, **settings)
        save(drawn, getattr(smk.output, setting), **origin(smk))
    save(by_depth_figure(per_tree, summary, **settings), smk.output.depth, **origin(smk))
    save(method_matrix_figure(read_table(smk.input.methods), **settings), smk.output.matrix, **origin(smk))


run(main, globals().get("snakemake"))
