"""Rules standalone and found: train architectures by themselves, from scratch, to know what they are really worth."""

from pathlib import Path

from _job import key, origin, progress, run, stoppable

import numpy as np

from fsnas.artifacts.architectures import write_architectures
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.search import read_search
from fsnas.devices import prepare
from fsnas.seeding import derive
from fsnas.spaces import as_space, parse_architecture
from fsnas.supernet import Supernet
from fsnas.training import Recipe, evaluate, train


def wanted(smk) -> tuple[list[str], list[str]]:
    """Return the architectures to train, and the keys of the files that named them."""
    if smk.rule == "standalone":
        return smk.params.settings["architectures"], []
    record = read_search(smk.input.search)
    best = [found.evaluations[found.best].architecture for found in record.searches]
    return list(dict.fromkeys(best)), [record.key]


def accuracies(smk, dataset, architecture: str, state: Path, made_from: str) -> tuple[float, float]:
    """Train one architecture and return its accuracies on the validation and the test part, in percent."""
    settings = smk.params.settings
    device = prepare(settings["device"], settings["threads"])
    seed = derive(settings["seed"], "standalone", architecture)
    classes, in_channels = len(dataset.classes), dataset.images.shape[1]
    sizes = {**settings["network"], "classes": classes, "in_channels": in_channels}
    space = as_space(parse_architecture(architecture))
    network = Supernet(**sizes, space=space, seed=derive(seed, "initial weights"))
    recipe, seed = Recipe(**settings["recipe"]), derive(seed, "training")
    own_key, lines = f"{made_from} {architecture}", progress(architecture)
    with stoppable() as stop:
        train(network, dataset, recipe, seed=seed, device=device, progress=lines, state=state, key=own_key, stop=stop)
    valid, test = (
        evaluate(network, dataset, recipe, space=space, seed=seed, device=device, part=part)[1]
        for part in ("valid", "test")
    )
    return 100 * valid, 100 * test


def main(smk) -> None:
    """Train every wanted architecture; the numbers are named after epochs and seed."""
    settings = smk.params.settings
    dataset = read_dataset(smk.input.data)
    architectures, keys = wanted(smk)
    made_from = key(smk, read_key(smk.input.data), *keys)
    first = Path(smk.params.state)
    states = [first.with_name(f"{first.stem}-{number}.pt") for number in range(len(architectures))]
    found = np.array(
        [accuracies(smk, dataset, a, state, made_from) for a, state in zip(architectures, states, strict=True)]
    )
    name = f"accuracy_{settings['epochs']}_epochs_seed_{settings['seed']}"
    write_architectures(
        smk.output[0],
        architectures,
        {f"standalone_valid_{name}": found[:, 0], f"standalone_test_{name}": found[:, 1]},
        kind="standalone",
        key=made_from,
        **origin(smk),
        dataset=dataset.name,
    )
    for state in states:
        state.unlink(missing_ok=True)


run(main, globals().get("snakemake"))
