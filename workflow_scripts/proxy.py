"""Rule proxy: one metric of single architectures at initialisation, without a supernet."""

from functools import partial

from _job import device_of, keep, key, lineage, log, run, search_space, taken_over

import numpy as np

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.benchmark.ground_truth import compared_architectures
from fsnas.data.batches import random_crops, scoring_batches
from fsnas.metrics import add_folders, load
from fsnas.metrics._toolkit import ScoringBatch
from fsnas.networks.gates import path_gates
from fsnas.networks.supernet import GatedSupernet
from fsnas.seeding import derive


def main(smk) -> None:
    """Score every architecture on the same batch; weights are drawn by seed and architecture."""
    settings = smk.params.settings
    add_folders(smk.params.metric_paths)
    device, space = device_of(smk), search_space(smk)
    truth = read_architectures(smk.input.truth, "truth", space)
    sample = {"count": settings["architectures"], "seed": settings["sample_seed"]}
    chosen = compared_architectures(truth, settings["column"], **sample)
    own_key = key(smk, device.type, read_key(smk.input.data), chosen)
    if taken_over(smk, own_key):
        return
    dataset, seed = read_dataset(smk.input.data), derive(settings["seed"], "proxies")
    one = {"batch_size": settings["batch_size"], "repetitions": 1, "lower": "proxies.batch_size"}
    (batch,) = scoring_batches(dataset, **one, seed=seed, device=device)
    repetition = ScoringBatch(*batch, seed=seed, draw_crops=partial(random_crops, dataset, device=device))
    metric, values = load(settings["metric"]), []
    for string, architecture in zip(chosen, space.indices(chosen), strict=True):
        own = derive(seed, "initial weights", string)
        network = space.network(space.only(architecture), settings["network"], **dataset.dimensions, seed=own)
        model = GatedSupernet(network.to(device), path_gates(architecture, len(space.operations)))
        values.append(metric(model, repetition, **settings["options"]))
    lost = [name for name, value in zip(chosen, values, strict=True) if not np.isfinite(value)]
    if lost:
        log.info("%d of %d values are not finite, the first of %s; they take no part", len(lost), len(values), lost[0])
    about = {"space": space, "kind": "proxy", "key": own_key, "device": device.type, "dataset": dataset.name}
    about |= {"metric": settings["metric"], "seed": settings["seed"], **lineage(smk)}
    write_architectures(smk.output[0], chosen, {"value": np.array(values)}, **about)
    keep(smk, own_key)


run(main, globals().get("snakemake"))
