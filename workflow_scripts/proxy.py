"""Rule proxy: one metric of single architectures at initialisation, without a supernet."""

from _job import key, log, once, origin, run

import numpy as np

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.benchmark.ground_truth import compared_architectures
from fsnas.data.batches import random_crops, scoring_batches
from fsnas.devices import prepare
from fsnas.metrics import add_folders, load
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import path_gates
from fsnas.networks.supernet import GatedSupernet, Supernet
from fsnas.seeding import derive
from fsnas.spaces.nas_bench_201 import as_space


def main(smk) -> None:
    """Score every architecture on the same batch; weights are drawn by seed and architecture."""
    settings = smk.params.settings
    add_folders(smk.params.metric_paths)
    device = prepare(smk.params.device, settings["threads"])
    truth = read_architectures(smk.input.truth, "truth")
    sample = {"count": settings["architectures"], "seed": settings["sample_seed"]}
    chosen = compared_architectures(truth, settings["column"], **sample)
    made_from = key(smk, device.type, read_key(smk.input.data), chosen.architectures)
    once(smk, made_from, lambda: score(smk, device, chosen, made_from))


def score(smk, device, chosen, made_from: str) -> None:
    """Score the architectures and write their values."""
    settings, dataset = smk.params.settings, read_dataset(smk.input.data)
    seed = derive(settings["seed"], "proxies")
    one = {"batch_size": settings["batch_size"], "repetitions": 1, "lower": "proxies.batch_size"}
    (batch,) = scoring_batches(dataset, **one, seed=seed, device=device)

    def crops(samples: int, crop_seed: int):
        return random_crops(dataset, samples=samples, seed=crop_seed, device=device)

    repetition = ScoringBatch(*batch, seed=seed, draw_crops=crops)
    sizes = {**settings["network"], "classes": len(dataset.classes), "in_channels": dataset.images.shape[1]}
    metric, values = load(settings["metric"]), []
    for string, architecture in zip(chosen.architectures, chosen.indices(), strict=True):
        network = Supernet(**sizes, space=as_space(architecture), seed=derive(seed, "initial weights", string))
        model = GatedSupernet(network.to(device), path_gates(architecture))
        values.append(metric(model, repetition, **settings["options"]))
    lost = [name for name, value in zip(chosen.architectures, values, strict=True) if not np.isfinite(value)]
    if lost:
        log.info("%d of %d values are not finite, the first of %s; they take no part", len(lost), len(values), lost[0])
    write_architectures(
        smk.output[0],
        chosen.architectures,
        {"value": np.array(values)},
        kind="proxy",
        key=made_from,
        **origin(smk),
        device=device.type,
        metric=settings["metric"],
        seed=settings["seed"],
        dataset=dataset.name,
    )


run(main, globals().get("snakemake"))
