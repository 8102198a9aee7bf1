"""Rule search: every sampler looks for the best architecture of the leaves, with the same number of evaluations."""

from _job import device_of, keep, key, lineage, log, run, search_space, taken_over

import numpy as np

from fsnas.artifacts.checkpoint import read_leaves
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.search import write_search
from fsnas.artifacts.splits import read_tree
from fsnas.data.batches import comparison_batches
from fsnas.networks.shared_weights import evaluate_architectures
from fsnas.search import samplers
from fsnas.search.search import search
from fsnas.seeding import derive


def main(smk) -> None:
    """Search the leaves with every sampler and write every evaluation, unless that is kept."""
    settings = smk.params.settings
    device = device_of(smk)
    tree = read_tree(smk.input.tree, search_space(smk))
    leaves = read_leaves(smk.input.leaves, tree)
    trained = {leaf: content["key"] for leaf, (_, content) in leaves.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), tree.method, tree.metric, trained)
    if taken_over(smk, own_key):
        return
    networks = {leaf: network.to(device) for leaf, (network, _) in leaves.items()}
    sub_spaces = {leaf: network.sub_space for leaf, network in networks.items()}
    how = {name: settings[name] for name in ("batch_size", "batches", "seed")}
    batches = comparison_batches(read_dataset(smk.input.data), **how, device=device)

    def evaluate(leaf: str, architecture: tuple[int, ...]) -> tuple[float, float]:
        loss, accuracy = evaluate_architectures(networks[leaf], np.array([architecture]), batches)
        return float(loss[0]), float(accuracy[0])

    searches = []
    for sampler in settings["search"]["samplers"]:
        options = samplers.taken(sampler, settings["search"])
        options |= {"sampler": sampler, "seed": derive(settings["seed"], "search", sampler)}
        budget = settings["search"]["evaluations"]
        searches.append(search(tree.space, sub_spaces, evaluate, evaluations=budget, **options))
        best = searches[-1].evaluations[searches[-1].best]
        log.info("%s: accuracy %.4f, leaf %s, %s", sampler, best.accuracy, best.leaf, best.architecture)
    about = {"method": tree.method, "metric": tree.metric, "seed": settings["seed"], **lineage(smk)}
    write_search(smk.output[0], space=tree.space, searches=searches, key=own_key, **about)
    keep(smk, own_key)


run(main, globals().get("snakemake"))
