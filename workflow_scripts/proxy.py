"""Rule proxy: one metric of single architectures at initialisation, without a supernet."""

from _job import key, lineage, log, once, run, search_space

import numpy as np

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.benchmark.ground_truth import compared_architectures
from fsnas.data.batches import random_crops, scoring_batches
from fsnas.devices import prepare
from fsnas.metrics import add_folders, load
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import path_gates
from fsnas.networks.supernet import GatedSupernet
from fsnas.seeding import derive


def main(smk) -> None:
    """Score every architecture on the same batch; weights are drawn by seed and architecture."""
    settings = smk.params.settings
    add_folders(smk.params.metric_paths)
    device = prepare(smk.params.device, settings["threads"])
    space = search_space(smk)
    truth = read_architectures(smk.input.truth, "truth", space)
    sample = {"count": settings["architectures"], "seed": settings["sample_seed"]}
    chosen = compared_architectures(truth, settings["column"], **sample)
    own_key = key(smk, device.type, read_key(smk.input.data), chosen)
    once(smk, own_key, lambda: score(smk, device, space, chosen, own_key))


def score(smk, device, space, chosen: list[str], own_key: str) -> None:
    """Score the architectures and write their values."""
    settings, dataset = smk.params.settings, read_dataset(smk.input.data)
    seed = derive(settings["seed"], "proxies")
    one = {"batch_size": settings["batch_size"], "repetitions": 1, "lower": "proxies.batch_size"}
    (batch,) = scoring_batches(dataset, **one, seed=seed, device=device)

    def crops(samples: int, crop_seed: int):
        return random_crops(dataset, samples=samples, seed=crop_seed, device=device)

    repetition = ScoringBatch(*batch, seed=seed, draw_crops=crops)
    of = {"classes": len(dataset.classes), "in_channels": dataset.images.shape[1]}
    metric, values = load(settings["metric"]), []
    for string, architecture in zip(chosen, space.indices(chosen), strict=True):
        own = derive(seed, "initial weights", string)
        network = space.network(space.only(architecture), settings["network"], **of, seed=own)
        model = GatedSupernet(network.to(device), path_gates(architecture, len(space.operations)))
        values.append(metric(model, repetition, **settings["options"]))
    lost = [name for name, value in zip(chosen, values, strict=True) if not np.isfinite(value)]
    if lost:
        log.info("%d of %d values are not finite, the first of %s; they take no part", len(lost), len(values), lost[0])
    write_architectures(
        smk.output[0],
        chosen,
        {"value": np.array(values)},
        space=space,
        kind="proxy",
        key=own_key,
        **lineage(smk),
        device=device.type,
        metric=settings["metric"],
        seed=settings["seed"],
        dataset=dataset.name,
    )


run(main, globals().get("snakemake"))
