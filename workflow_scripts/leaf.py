"""Rules leaf and rung: train one leaf of a tree, from scratch, from the root, or on from the rung before."""

import shutil
from pathlib import Path

from _job import key, log, origin, progress, run, stoppable

import numpy as np

from fsnas.artifacts.checkpoint import read_checkpoint, read_record, write_checkpoint
from fsnas.artifacts.cost import copy_cost, read_cost, write_cost
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.files import replacing
from fsnas.artifacts.selection import read_selection
from fsnas.artifacts.splits import read_tree
from fsnas.devices import prepare
from fsnas.errors import ArtifactError
from fsnas.seeding import derive
from fsnas.supernet import Supernet, inherit
from fsnas.training import Recipe, train


def start(smk) -> tuple[np.ndarray, Supernet | None, str]:
    """Return the space of the leaf, the network whose weights it takes over, and the key of that network."""
    if smk.rule == "rung":
        chosen = read_selection(smk.input.selection).kept[int(smk.wildcards.rank)]
        parent, content = read_checkpoint(smk.input.leaves[chosen.number])
        return parent.space, parent, content["key"]
    space = read_tree(smk.input.tree).leaves[smk.wildcards.path]
    if not smk.input.initial:
        return space, None, ""
    parent, content = read_checkpoint(smk.input.initial[0])
    return space, parent, content["key"]


def same_leaf(seed_folder: Path, output: Path, made_from: str) -> Path | None:
    """Return the checkpoint of another tree of this seed with the same key, if there is one that is whole."""
    for cost in sorted(seed_folder.glob("*/leaves/**/*.json")):
        checkpoint = cost.with_suffix(".pt")
        try:
            same = checkpoint != output and read_cost(cost).key == made_from
            if same and read_record(checkpoint)["key"] == made_from:
                return checkpoint
        except ArtifactError:
            continue
    return None


def copied(other: Path, smk, seed_folder: Path) -> bool:
    """Copy a leaf and its cost; return False if the other one was taken away meanwhile."""
    try:
        with replacing(smk.output.checkpoint) as temporary:
            shutil.copyfile(other, temporary)
        shared_with = str(other.relative_to(seed_folder.parent))
        copy_cost(other.with_suffix(".json"), smk.output.cost, shared_with=shared_with, **origin(smk))
    except (OSError, ArtifactError) as error:
        log.info("%s cannot be copied (%s): trained instead", other, error)
        return False
    return True


def main(smk) -> None:
    """Train the leaf, or resume it, unless another tree of the seed has the same one already."""
    settings, output, state = smk.params.settings, Path(smk.output.checkpoint), Path(smk.params.state)
    space, parent, parent_key = start(smk)
    made_from = key(smk, read_key(smk.input.data), space.tolist(), parent_key)
    seed_folder = next(folder for folder in output.parents if folder.name == f"seed-{settings['seed']}")
    other = same_leaf(seed_folder, output, made_from)
    if other is not None and copied(other, smk, seed_folder):
        log.info("%s is the same leaf (same space, settings, seed and data): copied, not trained", other)
        return
    device = prepare(settings["device"], settings["threads"])
    dataset = read_dataset(smk.input.data)
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
    write_cost(smk.output.cost, record.cost(device, made_from), **origin(smk))
    state.unlink(missing_ok=True)


run(main, globals().get("snakemake"))
