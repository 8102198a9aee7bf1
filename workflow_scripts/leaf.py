"""Rules leaf and rung: train one leaf of a tree, from scratch, from the root, or on from the rung before."""

from pathlib import Path

from _job import key, once, origin, progress, run, state_of, stoppable

import numpy as np

from fsnas.artifacts.checkpoint import read_checkpoint, write_checkpoint
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.selection import read_selection
from fsnas.artifacts.splits import read_tree
from fsnas.artifacts.usage import write_cost
from fsnas.devices import prepare
from fsnas.networks.supernet import Supernet, inherit
from fsnas.seeding import derive
from fsnas.training.loop import train
from fsnas.training.recipe import Recipe


def start(smk) -> tuple[np.ndarray, Supernet | None, str]:
    """Return the space of the leaf, the network whose weights it takes over, and the key of that network."""
    if selection := getattr(smk.input, "selection", None):
        chosen = read_selection(selection).kept[int(smk.wildcards.rank)]
        parent, content = read_checkpoint(smk.input.leaves[chosen.number])
        return parent.space, parent, content["key"]
    space = read_tree(smk.input.tree).leaves[smk.wildcards.path]
    if not smk.input.initial:
        return space, None, ""
    parent, content = read_checkpoint(smk.input.initial[0])
    return space, parent, content["key"]


def train_leaf(smk, device, space: np.ndarray, parent: Supernet | None, made_from: str) -> None:
    """Train the leaf, or resume its training, and write the checkpoint."""
    settings, output = smk.params.settings, Path(smk.output.checkpoint)
    dataset, state = read_dataset(smk.input.data), state_of(smk)
    seed = derive(settings["seed"], "leaf", settings["rung"], space.tobytes().hex())
    classes, in_channels = len(dataset.classes), dataset.images.shape[1]
    sizes = {**settings["network"], "classes": classes, "in_channels": in_channels}
    network = Supernet(**sizes, space=space, seed=derive(seed, "initial weights"))
    if parent is not None:
        inherit(network, parent)
    recipe = Recipe(**settings["recipe"])
    label = f"{smk.wildcards.method}, seed {settings['seed']}, {output.parent.name} {output.stem}"
    kept = {"state": state, "key": made_from}
    with stoppable() as stop:
        record = train(network, dataset, recipe, seed=seed, device=device, progress=progress(label), stop=stop, **kept)
    about = {"settings": settings, "seed": settings["seed"], "dataset": dataset.name}
    write_checkpoint(output, network, record=record.as_dict(), key=made_from, **about)
    write_cost(smk.output.cost, record.cost(device.type, made_from), **origin(smk))
    state.unlink(missing_ok=True)


def main(smk) -> None:
    """Train the leaf, unless another tree of the seed has the same one, or it is kept from another time."""
    space, parent, parent_key = start(smk)
    device = prepare(smk.params.device, smk.params.settings["threads"])
    made_from = key(smk, device.type, read_key(smk.input.data), space.tolist(), parent_key)
    once(smk, made_from, lambda: train_leaf(smk, device, space, parent, made_from))


run(main, globals().get("snakemake"))
