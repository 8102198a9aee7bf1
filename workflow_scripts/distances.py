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
    tables = {
        "split_distance": pairs,
        "split_distance_per_tree": per_tree(pairs),
        "split_distance_summary": split_distance_summary(pairs, **bootstrap),
        "method_distance": method_distance(trees, normalisation=normalisation, **bootstrap),
    }
    for name, table in tables.items():
        write_table(getattr(smk.output, name), table, **lineage(smk))


run(main, globals().get("snakemake"))
