"""Rules standalone and found: train architectures by themselves, from scratch, to know what they are really worth."""

from pathlib import Path

from _job import key, log, origin, progress, run, state_of, stoppable

import numpy as np

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.search import read_search
from fsnas.devices import prepare
from fsnas.networks.supernet import Supernet
from fsnas.seeding import derive
from fsnas.spaces.nas_bench_201 import as_space, parse_architecture
from fsnas.training.loop import evaluate, train
from fsnas.training.recipe import Recipe
from workflow_scripts._kept import holds, place


def wanted(smk) -> list[str]:
    """Return the architectures to train."""
    search = getattr(smk.input, "search", None)
    if search is None:
        return smk.params.settings["architectures"]
    record = read_search(search)
    return list(dict.fromkeys(found.evaluations[found.best].architecture for found in record.searches))


def own_key(smk, device, architecture: str) -> str:
    """Return the key of the training of one architecture, whoever wanted it."""
    return key(smk, device.type, read_key(smk.input.data), architecture, apart_from="architectures")


def trained(smk, device, dataset, architecture: str, state: Path, made_from: str) -> Path:
    """Train one architecture, unless it is kept; return the file with its accuracies, in percent."""
    path = place(Path(smk.params.store), made_from, ".h5")
    if holds(path, made_from):
        log.info("%s was trained before: taken over", architecture)
        return path
    settings = smk.params.settings
    seed = derive(settings["seed"], "standalone", architecture)
    classes, in_channels = len(dataset.classes), dataset.images.shape[1]
    sizes = {**settings["network"], "classes": classes, "in_channels": in_channels}
    space = as_space(parse_architecture(architecture))
    network = Supernet(**sizes, space=space, seed=derive(seed, "initial weights"))
    recipe, seed = Recipe(**settings["recipe"]), derive(seed, "training")
    kept = {"state": state, "key": made_from, "progress": progress(architecture)}
    with stoppable() as stop:
        train(network, dataset, recipe, seed=seed, device=device, stop=stop, **kept)
    name = f"accuracy_{settings['epochs']}_epochs_seed_{settings['seed']}"
    accuracies = {
        f"standalone_{part}_{name}": np.array(
            [100 * evaluate(network, dataset, recipe, space=space, seed=seed, device=device, part=part)[1]]
        )
        for part in ("valid", "test")
    }
    about = {"kind": "standalone", "key": made_from, "dataset": dataset.name, "device": device.type}
    write_architectures(path, [architecture], accuracies, **about, **origin(smk))
    state.unlink(missing_ok=True)
    return path


def main(smk) -> None:
    """Train every wanted architecture; the numbers are named after epochs and seed."""
    device, dataset = prepare(smk.params.device, smk.params.settings["threads"]), read_dataset(smk.input.data)
    keys = {architecture: own_key(smk, device, architecture) for architecture in wanted(smk)}
    tables = [
        read_architectures(trained(smk, device, dataset, architecture, state_of(smk, number), made_from), "standalone")
        for number, (architecture, made_from) in enumerate(keys.items())
    ]
    write_architectures(
        smk.output[0],
        list(keys),
        {name: np.concatenate([table.column(name) for table in tables]) for name in tables[0].columns},
        kind="standalone",
        key=key(smk, list(keys.values())),
        keys=list(keys.values()),
        **origin(smk),
        dataset=dataset.name,
        device=device.type,
    )


run(main, globals().get("snakemake"))
