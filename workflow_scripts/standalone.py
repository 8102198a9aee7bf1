"""Rules standalone and found: train architectures by themselves, from scratch, to know what they are really worth."""

from pathlib import Path

from _job import device_of, key, lineage, log, progress, run, search_space, state_of, stoppable

import numpy as np

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.search import read_search
from fsnas.artifacts.training_state import StateFile
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


def trained(smk, device, space, dataset, architecture: str, state: StateFile) -> Path:
    """Train one architecture, unless it is kept; return the file with its accuracies, in percent."""
    path = place(Path(smk.params.store), state.key, smk.output[0])
    if holds(path, state.key):
        log.info("%s was trained before: taken over", architecture)
        return path
    settings = smk.params.settings
    seed = derive(settings["seed"], "standalone", architecture)
    mask = space.only(space.parse(architecture))
    network = space.network(mask, settings["network"], **dataset.dimensions, seed=derive(seed, "initial weights"))
    recipe, seed = Recipe(**settings["recipe"]), derive(seed, "training")
    with stoppable() as stop:
        told = {"progress": progress(architecture), "state": state, "stop": stop}
        train(network, dataset, recipe, seed=seed, device=device, **told)
    accuracies = {}
    for part in ("valid", "test"):
        _, accuracy = evaluate(network, dataset, recipe, sub_space=mask, seed=seed, device=device, part=part)
        name = f"standalone_{part}_accuracy_{settings['epochs']}_epochs_seed_{settings['seed']}"
        accuracies[name] = np.array([100 * accuracy])
    about = {"space": space, "kind": "standalone", "key": state.key, "dataset": dataset.name, "device": device.type}
    write_architectures(path, [architecture], accuracies, **about, **lineage(smk))
    state.remove()
    return path


def main(smk) -> None:
    """Train every wanted architecture; the numbers are named after epochs and seed."""
    device, dataset = device_of(smk), read_dataset(smk.input.data)
    space = search_space(smk)
    keys, tables = {}, []
    for number, architecture in enumerate(wanted(smk, space)):
        # That of the training, whoever wanted it.
        own_key = key(smk, device.type, read_key(smk.input.data), architecture, apart_from="architectures")
        state = StateFile(state_of(smk, number), own_key)
        path = trained(smk, device, space, dataset, architecture, state)
        tables.append(read_architectures(path, "standalone", space))
        keys[architecture] = own_key
    columns = {name: np.concatenate([table.column(name) for table in tables]) for name in tables[0].columns}
    about = {"space": space, "kind": "standalone", "dataset": dataset.name, "device": device.type, **lineage(smk)}
    about |= {"keys": [*keys.values()], "key": key(smk, [*keys.values()])}
    write_architectures(smk.output[0], [*keys], columns, **about)


run(main, globals().get("snakemake"))
