"""Rule supernet: train the root supernet of one seed."""

from pathlib import Path

from _job import key, origin, progress, run, stoppable

from fsnas.artifacts.checkpoint import write_checkpoint
from fsnas.artifacts.cost import write_cost
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.devices import prepare
from fsnas.seeding import derive
from fsnas.supernet import Supernet
from fsnas.training import Recipe, train


def main(smk) -> None:
    """Train, or resume an interrupted training, and write the checkpoint."""
    settings = smk.params.settings
    device = prepare(settings["device"], settings["threads"])
    dataset = read_dataset(smk.input.data)
    made_from = key(smk, read_key(smk.input.data))
    seed, state = settings["seed"], Path(smk.params.state)
    network = Supernet(
        **settings["network"],
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
            key=made_from,
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
    write_cost(smk.output.cost, record.cost(device, made_from), **origin(smk))
    state.unlink(missing_ok=True)  # only now: a full disk must not cost the whole training


run(main, globals().get("snakemake"))
