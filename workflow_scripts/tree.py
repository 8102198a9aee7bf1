"""Rule tree: the splits of all rounds, of several candidates those of the clearest, and the space of every leaf."""

from _job import key, lineage, run, search_space

from fsnas.artifacts.splits import read_splits, write_tree
from fsnas.splitting.policies import add_folders, make_policy
from fsnas.splitting.rounds import tree_of


def main(smk) -> None:
    """Put the rounds together."""
    settings = smk.params.settings
    space = search_space(smk)
    add_folders(smk.params.policy_paths)
    policy = make_policy(space, **settings["policy"])
    rounds = [read_splits(path, space) for path in smk.input.splits]
    each = iter(rounds)
    grown = {name: [next(each).splits for _ in range(one.rounds)] for name, one in policy.grown.items()}
    of = {"method": smk.wildcards.method, **{name: settings[name] for name in ("metric", "seed")}}
    tree = tree_of(policy, grown, space, **of)
    write_tree(smk.output[0], tree, key=key(smk, *(one.key for one in rounds)), **lineage(smk))


run(main, globals().get("snakemake"))
