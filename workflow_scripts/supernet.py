"""Rule supernet: train the root supernet of one seed."""

from _job import key, once, origin, progress, run, search_space, state_of, stoppable

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
    made_from = key(smk, device.type, read_key(smk.input.data))
    once(smk, made_from, lambda: train_root(smk, device, made_from))


def train_root(smk, device, made_from: str) -> None:
    """Train, or resume an interrupted training, and write the checkpoint."""
    settings, dataset = smk.params.settings, read_dataset(smk.input.data)
    seed, state = settings["seed"], StateFile(state_of(smk), made_from)
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
        key=made_from,
        settings=settings,
        seed=seed,
        dataset=dataset.name,
    )
    write_cost(smk.output.cost, record.cost(device.type, made_from), **origin(smk))
    state.remove()


run(main, globals().get("snakemake"))
