"""Rule select_leaves: order the leaves of a rung by the accuracy of sampled architectures with their weights."""

from _job import key, lineage, log, once, run, search_space

from fsnas.artifacts.checkpoint import read_leaves
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.selection import write_selection
from fsnas.artifacts.splits import read_tree
from fsnas.data.batches import comparison_batches
from fsnas.devices import prepare
from fsnas.networks.shared_weights import evaluate_architectures
from fsnas.search.selection import LeafScore
from fsnas.seeding import generator
from fsnas.spaces import draw_architectures


def main(smk) -> None:
    """Judge every leaf and keep the best, unless that is kept."""
    device = prepare(smk.params.device, smk.params.settings["threads"])
    leaves = read_leaves(smk.input.leaves, read_tree(smk.input.tree, search_space(smk)))
    trained = {leaf: content["key"] for leaf, (_, content) in leaves.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), trained)
    once(smk, own_key, lambda: judge(smk, device, leaves, own_key))


def judge(smk, device, leaves: dict, own_key: str) -> None:
    """Judge every leaf and write their order."""
    settings, dataset = smk.params.settings, read_dataset(smk.input.data)
    how = {name: settings[name] for name in ("batch_size", "batches")}
    batches = comparison_batches(dataset, **how, seed=settings["seed"], device=device)
    judged = []
    for number, (leaf, (network, _)) in enumerate(leaves.items()):
        rng = generator(settings["seed"], "selection", leaf)
        drawn = draw_architectures(network.sub_space, settings["sampled"], rng)
        loss, accuracy = evaluate_architectures(network.to(device), drawn, batches)
        judged.append(LeafScore(leaf, number, float(accuracy.mean()), float(loss.mean())))
        log.info("leaf %s: accuracy %.4f over %d architectures", leaf, judged[-1].accuracy, len(drawn))
    ranking = sorted(judged, key=lambda one: (-one.accuracy, one.loss, one.number))
    write_selection(smk.output[0], ranking, keep=settings["keep"], key=own_key, **lineage(smk))


run(main, globals().get("snakemake"))
