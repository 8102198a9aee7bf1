"""Rule supernet: train the root supernet of one seed."""

from _job import device_of, keep, key, lineage, progress, run, search_space, state_of, stoppable, taken_over

from fsnas.artifacts.checkpoint import write_checkpoint
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.training_cost import write_training_cost
from fsnas.artifacts.training_state import StateFile
from fsnas.seeding import derive
from fsnas.training.loop import train
from fsnas.training.recipe import Recipe


def main(smk) -> None:
    """Train the supernet, or go on with an interrupted training, unless it is kept."""
    settings = smk.params.settings
    device, seed = device_of(smk), settings["seed"]
    own_key = key(smk, device.type, read_key(smk.input.data))
    if taken_over(smk, own_key):
        return
    dataset, state = read_dataset(smk.input.data), StateFile(state_of(smk), own_key)
    own = {"size": settings["network"], "seed": derive(seed, "initial weights")}
    network = search_space(smk).network(**own, **dataset.dimensions)
    recipe, seed_of_training = Recipe(**settings["recipe"]), derive(seed, "supernet")
    with stoppable() as stop:
        told = {"progress": progress(f"supernet, seed {seed}"), "state": state, "stop": stop}
        record = train(network, dataset, recipe, seed=seed_of_training, device=device, **told)
    about = {"settings": settings, "seed": seed, "dataset": dataset.name}
    write_checkpoint(smk.output.checkpoint, network, record=record.as_dict(), key=own_key, **about)
    write_training_cost(smk.output.cost, record.cost(device.type, own_key), **lineage(smk))
    keep(smk, own_key)
    state.remove()


run(main, globals().get("snakemake"))
