"""Rule supernet: train the root supernet of one seed."""

from _job import key, lineage, once, progress, run, search_space, state_of, stoppable

from fsnas.artifacts.checkpoint import write_checkpoint
from fsnas.artifacts.cost import write_cost
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.training_state import StateFile
from fsnas.devices import prepare
from fsnas.seeding import derive
from fsnas.training.loop import train
from fsnas.training.recipe import Recipe


def main(smk) -> None:
    """Train the supernet, unless it is kept."""
    device = prepare(smk.params.device, smk.params.settings["threads"])
    own_key = key(smk, device.type, read_key(smk.input.data))
    once(smk, own_key, lambda: train_root(smk, device, own_key))


def train_root(smk, device, own_key: str) -> None:
    """Train, or resume an interrupted training, and write the checkpoint."""
    settings, dataset = smk.params.settings, read_dataset(smk.input.data)
    seed, state = settings["seed"], StateFile(state_of(smk), own_key)
    network = search_space(smk).network(
        None,
        settings["network"],
        classes=len(dataset.classes),
        in_channels=dataset.images.shape[1],
        seed=derive(seed, "initial weights"),
    )
    with stoppable() as stop:
        record = train(
            network,
            dataset,
            Recipe(**settings["recipe"]),
            seed=derive(seed, "supernet"),
            device=device,
            progress=progress(f"supernet, seed {seed}"),
            state=state,
            stop=stop,
        )
    write_checkpoint(
        smk.output.checkpoint,
        network,
        record=record.as_dict(),
        key=own_key,
        settings=settings,
        seed=seed,
        dataset=dataset.name,
    )
    write_cost(smk.output.cost, record.cost(device.type, own_key), **lineage(smk))
    state.remove()


run(main, globals().get("snakemake"))
