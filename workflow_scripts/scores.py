"""Rules scores and candidate_scores: the metric of one method on every perturbed supernet of one round."""

import math
import resource
import time

from _job import device_of, keep, key, lineage, log, progress, run, search_space, taken_over

from fsnas.artifacts.checkpoint import read_checkpoint
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.scores import write_scores
from fsnas.artifacts.splits import read_splits
from fsnas.devices import device_clock
from fsnas.metrics import add_folders
from fsnas.registry import options_of, taken
from fsnas.splitting.scoring import score, score_node
from fsnas.splitting.trees import new_nodes
from fsnas.training.recipe import Recipe

SCORED_ON = ("perturbation", "weights", "batch_norm")


def main(smk) -> None:
    """Score the nodes that are new, unless another tree of the seed has the same scores already."""
    settings = smk.params.settings
    add_folders(smk.params.metric_paths)
    device, space = device_of(smk), search_space(smk)
    network, parent_key = None, ""
    if smk.input.supernet:
        network, root = read_checkpoint(smk.input.supernet[0], space)
        parent_key = root["key"]
    before = [read_splits(path, space) for path in smk.input.splits]
    leaves = min((one.leaves for one in before), default=math.inf)  # as many as the tree is to have
    sub_spaces = new_nodes(space, [one.splits for one in before], leaves)
    listed = {node: mask.tolist() for node, mask in sub_spaces.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), parent_key, listed)
    if taken_over(smk, own_key):
        return
    dataset = read_dataset(smk.input.data)
    if network is None:  # of fresh ones it says how large they are, and where
        network = space.network(size=settings["network"], **dataset.dimensions)
    network = network.to(device)
    start, spent = time.perf_counter(), device_clock(device)
    how = taken([*options_of(score), *options_of(score_node)], settings) | {"warmup": Recipe(**settings["warmup"])}
    nodes = {}
    for path, mask in sub_spaces.items():
        label = f"{settings['metric']}, seed {settings['seed']}, node {path}"
        of = {"path": path, "sub_space": mask, "progress": progress(label)}
        nodes[path] = score(network, dataset, settings["metric"], **of, **how)
        log.info("%s: %s", label, nodes[path].summary())
    attributes = {
        **{name: settings[name] for name in ("metric", "options", *SCORED_ON, "seed", "level")},
        "dataset": dataset.name,
        "key": own_key,
        **lineage(smk),
        "device": str(next(network.parameters()).device),
        "seconds": time.perf_counter() - start,
        "device_seconds": device_clock(device) - spent,
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    write_scores(smk.output[0], nodes, space=space, attributes=attributes)
    keep(smk, own_key)


run(main, globals().get("snakemake"))
