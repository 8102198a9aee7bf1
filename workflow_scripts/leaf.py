"""Rules leaf and rung: train one leaf of a tree, from scratch, from the root, or on from the rung before."""

from pathlib import Path

from _job import device_of, keep, key, lineage, progress, run, search_space, state_of, stoppable, taken_over

import numpy as np

from fsnas.artifacts.checkpoint import read_checkpoint, write_checkpoint
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.selection import read_selection
from fsnas.artifacts.splits import read_tree
from fsnas.artifacts.training_cost import write_training_cost
from fsnas.artifacts.training_state import StateFile
from fsnas.networks.supernet import Supernet, inherit
from fsnas.seeding import derive
from fsnas.training.loop import train
from fsnas.training.recipe import Recipe


def start(smk, space) -> tuple[np.ndarray, Supernet | None, str]:
    """Return the sub-space of the leaf, the network whose weights it takes over, and the key of that network."""
    if selection := getattr(smk.input, "selection", None):
        chosen = read_selection(selection).kept[int(smk.wildcards.number)]
        parent, content = read_checkpoint(smk.input.leaves[chosen.number], space)
        return parent.sub_space, parent, content["key"]
    mask = read_tree(smk.input.tree, space).leaf(int(smk.wildcards.number))
    if not smk.input.initial:
        return mask, None, ""
    parent, content = read_checkpoint(smk.input.initial[0], space)
    return mask, parent, content["key"]


def main(smk) -> None:
    """Train the leaf, unless another tree of the seed has the same one, or it is kept from another time."""
    settings, space, output = smk.params.settings, search_space(smk), Path(smk.output.checkpoint)
    mask, parent, parent_key = start(smk, space)
    device = device_of(smk)
    own_key = key(smk, device.type, read_key(smk.input.data), mask.tolist(), parent_key)
    if taken_over(smk, own_key):
        return
    dataset, state = read_dataset(smk.input.data), StateFile(state_of(smk), own_key)
    seed = derive(settings["seed"], "leaf", settings["rung"], mask.tobytes().hex())
    network = space.network(mask, settings["network"], **dataset.dimensions, seed=derive(seed, "initial weights"))
    if parent is not None:
        inherit(network, parent)
    label = f"{smk.wildcards.method}, seed {settings['seed']}, {output.parent.name} {output.stem}"
    with stoppable() as stop:
        told = {"progress": progress(label), "state": state, "stop": stop}
        record = train(network, dataset, Recipe(**settings["recipe"]), seed=seed, device=device, **told)
    about = {"settings": settings, "seed": settings["seed"], "dataset": dataset.name}
    write_checkpoint(output, network, record=record.as_dict(), key=own_key, **about)
    write_training_cost(smk.output.cost, record.cost(device.type, own_key), **lineage(smk))
    keep(smk, own_key)
    state.remove()


run(main, globals().get("snakemake"))
