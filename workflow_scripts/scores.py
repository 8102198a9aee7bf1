"""Rule scores: the metric of one method on every perturbed supernet of one level."""

import copy
import resource
import time

from _job import key, lineage, log, once, progress, run, search_space

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
from fsnas.splitting.scoring import score_node
from fsnas.splitting.trees import node_spaces
from fsnas.training.loop import train
from fsnas.training.recipe import Recipe


def repetitions(dataset, settings: dict, node: str, device) -> list[ScoringBatch]:
    """Return the batches of one node; every metric of a seed sees the same ones."""
    seed = derive(settings["seed"], "scores", node)
    batches = scoring_batches(
        dataset,
        batch_size=settings["batch_size"],
        repetitions=settings["repetitions"],
        seed=seed,
        device=device,
    )

    def crops(samples: int, crop_seed: int):
        return random_crops(dataset, samples=samples, seed=crop_seed, device=device)

    return [ScoringBatch(*batch, seed=derive(seed, r), draw_crops=crops) for r, batch in enumerate(batches)]


def score_level(smk, network, dataset, sub_spaces: dict) -> dict:
    """Return the scores of every node of the level, after its warm-up."""
    settings, nodes = smk.params.settings, {}
    device = next(network.parameters()).device
    for node, mask in sub_spaces.items():
        label = f"{settings['metric']}, seed {settings['seed']}, node {node}"
        scored = network
        if settings["warmup"]["epochs"]:
            scored = copy.deepcopy(network)
            seed = derive(settings["seed"], "warm-up", node)
            recipe = Recipe(**settings["warmup"])
            train(scored, dataset, recipe, sub_space=mask, seed=seed, device=device, progress=progress(label))
        nodes[node] = score_node(
            scored,
            mask,
            settings["metric"],
            repetitions(dataset, settings, node, device),
            **taken(options_of(score_node), settings),
        )
        log.info("%s: %s", label, nodes[node].summary(network.space))
    return nodes


def main(smk) -> None:
    """Score the level, unless another method of the seed has the same scores already."""
    add_folders(smk.params.metric_paths)
    device, space = prepare(smk.params.device, smk.params.settings["threads"]), search_space(smk)
    network, root = read_checkpoint(smk.input.supernet, space)
    levels = [read_splits(path, space) for path in smk.input.splits]
    sub_spaces = node_spaces(space, [split for level in levels for split in level.splits])
    listed = {node: mask.tolist() for node, mask in sub_spaces.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), root["key"], listed)
    once(smk, own_key, lambda: write_level(smk, network.to(device), sub_spaces, own_key))


def write_level(smk, network, sub_spaces: dict, own_key: str) -> None:
    """Score the level and write the scores, with what it took."""
    settings, device = smk.params.settings, next(network.parameters()).device
    start, spent = time.perf_counter(), device_clock(device)
    dataset = read_dataset(smk.input.data)
    nodes = score_level(smk, network, dataset, sub_spaces)
    attributes = {
        **{name: settings[name] for name in ("metric", "options", "perturbation", "seed", "level")},
        "dataset": dataset.name,
        "key": own_key,
        **lineage(smk),
        "device": str(device),
        "seconds": time.perf_counter() - start,
        "device_seconds": device_clock(device) - spent,
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    write_scores(smk.output[0], nodes, space=network.space, attributes=attributes)


run(main, globals().get("snakemake"))
