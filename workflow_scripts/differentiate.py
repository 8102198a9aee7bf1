"""Rule differentiate: search one leaf of a tree by gradients, weights and architecture parameters in turn."""

from pathlib import Path

from _job import device_of, keep, key, lineage, progress, run, search_space, state_of, stoppable, taken_over

from fsnas.artifacts.checkpoint import read_checkpoint, write_checkpoint
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.splits import read_tree
from fsnas.artifacts.training_cost import write_training_cost
from fsnas.artifacts.training_state import StateFile
from fsnas.artifacts.trajectory import write_trajectory
from fsnas.networks.supernet import inherit
from fsnas.search import algorithms
from fsnas.search.differentiable import search_leaf
from fsnas.search.trajectory import Trajectory
from fsnas.seeding import derive
from fsnas.training.recipe import Recipe


def main(smk) -> None:
    """Search the leaf, unless another tree of the seed has the same one, or it is kept from another time."""
    settings, space, output = smk.params.settings, search_space(smk), Path(smk.output.checkpoint)
    mask = read_tree(smk.input.tree, space).leaf(int(smk.wildcards.number))
    parent, content = read_checkpoint(smk.input.initial[0], space) if smk.input.initial else (None, {"key": ""})
    device = device_of(smk)
    own_key = key(smk, device.type, read_key(smk.input.data), mask.tolist(), content["key"])
    if taken_over(smk, own_key):
        return
    dataset, state = read_dataset(smk.input.data), StateFile(state_of(smk), own_key)
    name = settings["algorithm"]
    seed = derive(settings["seed"], "differentiable", name, mask.tobytes().hex())
    network = space.network(mask, settings["network"], **dataset.dimensions, seed=derive(seed, "initial weights"))
    if parent is not None:
        inherit(network, parent)
    label = f"{smk.wildcards.method}, seed {settings['seed']}, {output.parent.name} {output.stem}"
    algorithm = algorithms.load(name)(**settings["options"])
    with stoppable() as stop:
        told = {"progress": progress(label), "state": state, "stop": stop}
        record, learned = search_leaf(
            network, dataset, Recipe(**settings["recipe"]), algorithm, seed=seed, device=device, **told
        )
    about = {"settings": settings, "seed": settings["seed"], "dataset": dataset.name}
    write_checkpoint(output, network, record=record.as_dict(), key=own_key, **about)
    write_training_cost(smk.output.cost, record.cost(device.type, own_key), **lineage(smk))
    write_trajectory(smk.output.trajectory, Trajectory(name, learned, own_key), space, **lineage(smk))
    keep(smk, own_key)
    state.remove()


run(main, globals().get("snakemake"))
