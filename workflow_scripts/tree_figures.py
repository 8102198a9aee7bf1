"""Rule tree_figures: every tree of one method, drawn."""

from _job import lineage, run

from fsnas.artifacts.figure import write_figure
from fsnas.artifacts.splits import read_tree
from fsnas.plotting.tree import tree_figure


def main(smk) -> None:
    """Draw one figure per seed; the outputs are ordered by seed, then by format."""
    formats = len(smk.output) // len(smk.input)
    settings = dict(smk.params.settings)
    captions = settings.pop("captions")
    for i, (path, caption) in enumerate(zip(smk.input, captions, strict=True)):
        figure = tree_figure(read_tree(path), caption=caption, **settings)
        write_figure(smk.output[i * formats : (i + 1) * formats], figure, **lineage(smk))


run(main, globals().get("snakemake"))
