"""Rule distances: the split distances within and between trees, and their summaries."""

from _job import lineage, run

from fsnas.analysis.distance_tables import per_tree, split_distance_summary, split_distance_table
from fsnas.analysis.method_distance import method_distance
from fsnas.artifacts.splits import read_tree
from fsnas.artifacts.tables import write_table


def main(smk) -> None:
    """Compare all trees and write the four tables."""
    settings = smk.params.settings
    trees = [read_tree(path) for path in smk.input.trees]
    bootstrap = {"seed": settings["seed"], "resamples": settings["resamples"]}
    normalisation = settings["normalisation"]
    pairs = split_distance_table(trees, normalisation=normalisation)
    write_table(smk.output.distance, pairs, **lineage(smk))
    write_table(smk.output.per_tree, per_tree(pairs), **lineage(smk))
    write_table(smk.output.summary, split_distance_summary(pairs, **bootstrap), **lineage(smk))
    write_table(smk.output.methods, method_distance(trees, normalisation=normalisation, **bootstrap), **lineage(smk))


run(main, globals().get("snakemake"))
