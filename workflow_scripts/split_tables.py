"""Rule split_tables: every split of every tree, and how often each group size occurs."""

from _job import lineage, run

from fsnas.analysis.splits import group_sizes, splits_table
from fsnas.artifacts.splits import read_tree
from fsnas.artifacts.tables import write_table


def main(smk) -> None:
    """Write both tables."""
    trees = [read_tree(path) for path in smk.input.trees]
    write_table(smk.output.splits, splits_table(trees), **lineage(smk))
    write_table(smk.output.group_sizes, group_sizes(trees), **lineage(smk))


run(main, globals().get("snakemake"))
