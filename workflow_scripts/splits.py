"""Rules splits and candidate_splits: the splits of one round."""

from _job import key, lineage, run, search_space

from fsnas.artifacts.scores import read_scores
from fsnas.artifacts.splits import read_splits, write_splits
from fsnas.registry import options_of, taken
from fsnas.splitting.node import split_node
from fsnas.splitting.policies import add_folders, make_policy
from fsnas.splitting.rounds import split_round


def main(smk) -> None:
    """Split what the policy says of the nodes that are leaves after the rounds before."""
    settings = smk.params.settings
    space = search_space(smk)
    add_folders(smk.params.policy_paths)
    policy = make_policy(space, **settings["policy"]).grown[settings.get("candidate", "")]
    scores, keys = {}, []
    for path in smk.input.scores:
        nodes, attributes = read_scores(path, space)
        scores |= nodes
        keys.append(attributes["key"])
    before = [read_splits(path, space).splits for path in smk.input.splits]
    how = taken(options_of(split_node), settings)
    splits = split_round(policy, scores, before, **how)
    about = {name: settings[name] for name in ("metric", "seed", "level")}
    about |= {"leaves": policy.leaves, "method": smk.wildcards.method, **how, "key": key(smk, *keys), **lineage(smk)}
    write_splits(smk.output[0], space=space, splits=splits, **about)


run(main, globals().get("snakemake"))
