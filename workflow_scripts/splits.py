"""Rules splits and candidate_splits: the splits of one round."""

import itertools

from _job import key, lineage, run, search_space

from fsnas.artifacts.scores import read_scores
from fsnas.artifacts.splits import read_splits, write_splits
from fsnas.registry import options_of, taken
from fsnas.splitting.affinities import NodeScores
from fsnas.splitting.joint import combined, of_level, parts_of
from fsnas.splitting.node import split_node
from fsnas.splitting.policies import add_folders, make_policy
from fsnas.splitting.rounds import split_round


def together(found: list[dict[str, NodeScores]], level: int, settings: dict) -> dict[str, NodeScores]:
    """Return the scores of the nodes of a round, those of several metrics combined."""
    if "metrics" not in settings:
        return found[0]
    parts, combine = of_level(parts_of(settings["metrics"]), settings["combine"], level), settings["combine"]
    of = {path: [nodes[path] for nodes in found] for path in found[0]}
    how = {"combine": combine, "average": settings["average"]}
    return {path: combined(scores, parts, **how) for path, scores in of.items()}


def main(smk) -> None:
    """Split what the policy says of the nodes that are leaves after the rounds before."""
    settings = smk.params.settings
    space = search_space(smk)
    add_folders(smk.params.policy_paths)
    policy = make_policy(space, **settings["policy"]).grown[settings.get("candidate", "")]
    files = [read_scores(path, space) for path in smk.input.scores]
    scores: dict[str, NodeScores] = {}
    for level, of_round in itertools.groupby(files, lambda file: file[1]["level"]):
        scores |= together([nodes for nodes, _ in of_round], level, settings)
    before = [read_splits(path, space).splits for path in smk.input.splits]
    how = taken(options_of(split_node), settings)
    splits = split_round(policy, scores, before, **how)
    about = {name: settings[name] for name in ("metric", "seed", "level")}
    own_key = key(smk, *(attributes["key"] for _, attributes in files))
    about |= {"leaves": policy.leaves, "method": smk.wildcards.method, **how, "key": own_key, **lineage(smk)}
    write_splits(smk.output[0], space=space, splits=splits, **about)


run(main, globals().get("snakemake"))
