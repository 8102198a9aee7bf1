"""Rule splits: cut one edge of every node of one level."""

from _job import key, lineage, run, search_space

from fsnas.artifacts.scores import read_scores
from fsnas.artifacts.splits import write_splits
from fsnas.registry import options_of, taken
from fsnas.splitting.node import split_node
from fsnas.splitting.policies import make_policy


def main(smk) -> None:
    """Split every node whose scores the level holds."""
    settings = smk.params.settings
    space = search_space(smk)
    nodes, attributes = read_scores(smk.input.scores, space)
    branching = make_policy(space, **settings["policy"]).branching(settings["level"])
    how = taken(options_of(split_node), settings)
    splits = [split_node(node, branching, **how) for node in nodes.values()]
    about = {name: settings[name] for name in ("metric", "seed", "level")}
    about |= {"method": smk.wildcards.method, **how, "key": key(smk, attributes["key"]), **lineage(smk)}
    write_splits(smk.output[0], space=space, splits=splits, **about)


run(main, globals().get("snakemake"))
