"""Rules standalone and found: train architectures by themselves, from scratch, to know what they are really worth."""

from pathlib import Path

from _job import key, lineage, log, progress, run, search_space, state_of, stoppable

import numpy as np

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.search import read_search
from fsnas.artifacts.training_state import StateFile
from fsnas.devices import prepare
from fsnas.seeding import derive
from fsnas.training.loop import evaluate, train
from fsnas.training.recipe import Recipe
from workflow_scripts._kept import holds, place


def wanted(smk, space) -> list[str]:
    """Return the architectures to train."""
    search = getattr(smk.input, "search", None)
    if search is None:
        return smk.params.settings["architectures"]
    record = read_search(search, space)
    return list(dict.fromkeys(found.evaluations[found.best].architecture for found in record.searches))


def training_key(smk, device, architecture: str) -> str:
    """Return the key of the training of one architecture, whoever wanted it."""
    return key(smk, device.type, read_key(smk.input.data), architecture, apart_from="architectures")


def trained(smk, device, space, dataset, architecture: str, state: StateFile) -> Path:
    """Train one architecture, unless it is kept; return the file with its accuracies, in percent."""
    path = place(Path(smk.params.store), state.key, ".h5")
    if holds(path, state.key):
        log.info("%s was trained before: taken over", architecture)
        return path
    settings = smk.params.settings
    seed = derive(settings["seed"], "standalone", architecture)
    classes, in_channels = len(dataset.classes), dataset.images.shape[1]
    mask = space.only(space.parse(architecture))
    of = {"classes": classes, "in_channels": in_channels, "seed": derive(seed, "initial weights")}
    network = space.network(mask, settings["network"], **of)
    recipe, seed = Recipe(**settings["recipe"]), derive(seed, "training")
    with stoppable() as stop:
        told = {"progress": progress(architecture), "state": state, "stop": stop}
        train(network, dataset, recipe, seed=seed, device=device, **told)
    name = f"accuracy_{settings['epochs']}_epochs_seed_{settings['seed']}"
    accuracies = {
        f"standalone_{part}_{name}": np.array(
            [100 * evaluate(network, dataset, recipe, sub_space=mask, seed=seed, device=device, part=part)[1]]
        )
        for part in ("valid", "test")
    }
    about = {"space": space, "kind": "standalone", "key": state.key, "dataset": dataset.name, "device": device.type}
    write_architectures(path, [architecture], accuracies, **about, **lineage(smk))
    state.remove()
    return path


def main(smk) -> None:
    """Train every wanted architecture; the numbers are named after epochs and seed."""
    device, dataset = prepare(smk.params.device, smk.params.settings["threads"]), read_dataset(smk.input.data)
    space = search_space(smk)
    keys = {architecture: training_key(smk, device, architecture) for architecture in wanted(smk, space)}
    tables = []
    for number, (architecture, own_key) in enumerate(keys.items()):
        state = StateFile(state_of(smk, number), own_key)
        tables.append(
            read_architectures(trained(smk, device, space, dataset, architecture, state), "standalone", space)
        )
    write_architectures(
        smk.output[0],
        list(keys),
        {name: np.concatenate([table.column(name) for table in tables]) for name in tables[0].columns},
        space=space,
        kind="standalone",
        key=key(smk, list(keys.values())),
        keys=list(keys.values()),
        **lineage(smk),
        dataset=dataset.name,
        device=device.type,
    )


run(main, globals().get("snakemake"))
