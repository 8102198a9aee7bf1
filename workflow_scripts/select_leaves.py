"""Rule select_leaves: order the leaves of a rung by the accuracy of sampled architectures with their weights."""

from _job import device_of, keep, key, lineage, log, run, search_space, taken_over

from fsnas.artifacts.checkpoint import read_leaves
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.selection import write_selection
from fsnas.artifacts.splits import read_tree
from fsnas.data.batches import comparison_batches
from fsnas.networks.shared_weights import evaluate_architectures
from fsnas.search.selection import LeafScore
from fsnas.seeding import generator
from fsnas.spaces import draw_architectures


def judged(leaves: dict, batches: list, settings: dict, device) -> list[LeafScore]:
    """Return what every leaf is worth, the best first."""
    found = []
    for number, (leaf, (network, _)) in enumerate(leaves.items()):
        rng = generator(settings["seed"], "selection", leaf)
        drawn = draw_architectures(network.sub_space, settings["sampled"], rng)
        loss, accuracy = evaluate_architectures(network.to(device), drawn, batches)
        found.append(LeafScore(leaf, number, float(accuracy.mean()), float(loss.mean())))
        log.info("leaf %s: accuracy %.4f over %d architectures", leaf, found[-1].accuracy, len(drawn))
    return sorted(found, key=lambda one: (-one.accuracy, one.loss, one.number))


def main(smk) -> None:
    """Judge every leaf and write their order, the best first, unless that is kept."""
    settings = smk.params.settings
    device = device_of(smk)
    leaves = read_leaves(smk.input.leaves, read_tree(smk.input.tree, search_space(smk)))
    trained = {leaf: content["key"] for leaf, (_, content) in leaves.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), trained)
    if taken_over(smk, own_key):
        return
    how = {name: settings[name] for name in ("batch_size", "batches", "seed")}
    batches = comparison_batches(read_dataset(smk.input.data), **how, device=device)
    ranking = judged(leaves, batches, settings, device)
    write_selection(smk.output[0], ranking, keep=settings["keep"], key=own_key, **lineage(smk))
    keep(smk, own_key)


run(main, globals().get("snakemake"))
