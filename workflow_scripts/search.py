"""Rule search: every sampler looks for the best architecture of the leaves, with the same number of evaluations."""

from _job import key, lineage, log, once, run, search_space

import numpy as np

from fsnas.artifacts.checkpoint import read_leaves
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.search import write_search
from fsnas.artifacts.splits import read_tree
from fsnas.data.batches import comparison_batches
from fsnas.devices import prepare
from fsnas.networks.shared_weights import evaluate_architectures
from fsnas.search import samplers
from fsnas.search.search import search
from fsnas.seeding import derive


def main(smk) -> None:
    """Search the leaves, unless that is kept."""
    device = prepare(smk.params.device, smk.params.settings["threads"])
    tree = read_tree(smk.input.tree, search_space(smk))
    leaves = read_leaves(smk.input.leaves, tree)
    trained = {leaf: content["key"] for leaf, (_, content) in leaves.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), tree.method, tree.metric, trained)
    once(smk, own_key, lambda: search_leaves(smk, device, tree, leaves, own_key))


def search_leaves(smk, device, tree, leaves: dict, own_key: str) -> None:
    """Search with every sampler and keep every evaluation."""
    settings, dataset = smk.params.settings, read_dataset(smk.input.data)
    networks = {leaf: network.to(device) for leaf, (network, _) in leaves.items()}
    how = {name: settings[name] for name in ("batch_size", "batches")}
    batches = comparison_batches(dataset, **how, seed=settings["seed"], device=device)

    def evaluate(leaf: str, architecture: tuple[int, ...]) -> tuple[float, float]:
        loss, accuracy = evaluate_architectures(networks[leaf], np.array([architecture]), batches)
        return float(loss[0]), float(accuracy[0])

    sub_spaces = {leaf: network.sub_space for leaf, network in networks.items()}
    budget = settings["search"]["evaluations"]
    searches = []
    for sampler in settings["search"]["samplers"]:
        seed = derive(settings["seed"], "search", sampler)
        options = samplers.taken(sampler, settings["search"])
        how = {"sampler": sampler, "evaluations": budget, "seed": seed, **options}
        searches.append(search(tree.space, sub_spaces, evaluate, **how))
        best = searches[-1].evaluations[searches[-1].best]
        log.info("%s: accuracy %.4f, leaf %s, %s", sampler, best.accuracy, best.leaf, best.architecture)
    about = {"method": tree.method, "metric": tree.metric, "seed": settings["seed"], **lineage(smk)}
    write_search(smk.output[0], space=tree.space, searches=searches, key=own_key, **about)


run(main, globals().get("snakemake"))
