"""Rule scores: the metric of one method on every perturbed supernet of one level."""

import copy
import resource
import time
from functools import partial

from _job import keep, key, lineage, log, progress, run, search_space, taken_over

from fsnas.artifacts.checkpoint import read_checkpoint
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.scores import write_scores
from fsnas.artifacts.splits import read_splits
from fsnas.data.batches import random_crops, scoring_batches
from fsnas.devices import device_clock, prepare
from fsnas.metrics import add_folders
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.registry import options_of, taken
from fsnas.seeding import derive
from fsnas.splitting.scores import NodeScores
from fsnas.splitting.scoring import score_node
from fsnas.splitting.trees import node_spaces
from fsnas.training.loop import train
from fsnas.training.recipe import Recipe


def repetitions(dataset, settings: dict, node: str, device) -> list[ScoringBatch]:
    """Return the batches of one node; every metric of a seed sees the same ones."""
    seed, crops = derive(settings["seed"], "scores", node), partial(random_crops, dataset, device=device)
    how = {name: settings[name] for name in ("batch_size", "repetitions")}
    batches = scoring_batches(dataset, **how, seed=seed, device=device)
    return [ScoringBatch(*batch, seed=derive(seed, r), draw_crops=crops) for r, batch in enumerate(batches)]


def score(settings: dict, network, dataset, node: str, mask, device) -> NodeScores:
    """Return the scores of one node, after its warm-up."""
    label = f"{settings['metric']}, seed {settings['seed']}, node {node}"
    if settings["warmup"]["epochs"]:
        network = copy.deepcopy(network)
        seed, recipe = derive(settings["seed"], "warm-up", node), Recipe(**settings["warmup"])
        train(network, dataset, recipe, sub_space=mask, seed=seed, device=device, progress=progress(label))
    how = taken(options_of(score_node), settings)
    scores = score_node(network, mask, settings["metric"], repetitions(dataset, settings, node, device), **how)
    log.info("%s: %s", label, scores.summary(network.space))
    return scores


def main(smk) -> None:
    """Score the level, unless another method of the seed has the same scores already."""
    settings = smk.params.settings
    add_folders(smk.params.metric_paths)
    device, space = prepare(smk.params.device, settings["threads"]), search_space(smk)
    network, root = read_checkpoint(smk.input.supernet, space)
    levels = [read_splits(path, space) for path in smk.input.splits]
    sub_spaces = node_spaces(space, [split for level in levels for split in level.splits])
    listed = {node: mask.tolist() for node, mask in sub_spaces.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), root["key"], listed)
    if taken_over(smk, own_key):
        return
    network = network.to(device)
    start, spent = time.perf_counter(), device_clock(device)
    dataset = read_dataset(smk.input.data)
    nodes = {node: score(settings, network, dataset, node, mask, device) for node, mask in sub_spaces.items()}
    attributes = {
        **{name: settings[name] for name in ("metric", "options", "perturbation", "seed", "level")},
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
