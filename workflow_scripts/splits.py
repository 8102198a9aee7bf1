"""Rule splits: cut one edge of every node of one level."""

from _job import key, lineage, run, search_space

from fsnas.artifacts.scores import read_scores
from fsnas.artifacts.splits import write_splits
from fsnas.registry import options_of, taken
from fsnas.splitting.joint import combined, of_level, parts_of
from fsnas.splitting.node import split_node
from fsnas.splitting.policies import make_policy


def main(smk) -> None:
    """Split every node whose scores the level holds."""
    settings = smk.params.settings
    space = search_space(smk)
    files = [read_scores(path, space) for path in smk.input.scores]
    nodes = files[0][0]
    if "metrics" in settings:
        parts, combine = parts_of(settings["metrics"]), settings["combine"]
        joined = {"parts": of_level(parts, combine, settings["level"]), "combine": combine}
        joined["average"] = settings["average"]
        nodes = {path: combined([of[path] for of, _ in files], **joined) for path in nodes}
    branching = make_policy(space, **settings["policy"]).branching(settings["level"])
    how = taken(options_of(split_node), settings)
    splits = [split_node(node, branching, **how) for node in nodes.values()]
    about = {name: settings[name] for name in ("metric", "seed", "level")}
    own_key = key(smk, *(attributes["key"] for _, attributes in files))
    about |= {"method": smk.wildcards.method, **how, "key": own_key, **lineage(smk)}
    write_splits(smk.output[0], space=space, splits=splits, **about)


run(main, globals().get("snakemake"))
