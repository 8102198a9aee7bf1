"""Rule tree: the splits of all levels, and the space of every leaf."""

from _job import key, lineage, run, search_space

from fsnas.artifacts.splits import read_splits, write_tree
from fsnas.splitting.trees import Tree, node_spaces


def main(smk) -> None:
    """Put the levels together."""
    settings = smk.params.settings
    space = search_space(smk)
    levels = [read_splits(path, space) for path in smk.input.splits]
    splits = tuple(split for level in levels for split in level.splits)
    tree = Tree(smk.wildcards.method, settings["metric"], settings["seed"], splits, node_spaces(space, splits), space)
    write_tree(smk.output[0], tree, key=key(smk, *(level.key for level in levels)), **lineage(smk))


run(main, globals().get("snakemake"))
