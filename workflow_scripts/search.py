"""Rule search: every sampler looks for the best architecture of the leaves, with the same number of evaluations."""

from _job import key, log, origin, run

import numpy as np

from fsnas.artifacts.checkpoint import read_leaves
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.search import write_search
from fsnas.artifacts.splits import read_tree
from fsnas.batches import comparison_batches
from fsnas.devices import prepare
from fsnas.search import search
from fsnas.seeding import derive
from fsnas.shared_weights import evaluate_architectures


def main(smk) -> None:
    """Search with every sampler and keep every evaluation."""
    settings = smk.params.settings
    device = prepare(settings["device"], settings["threads"])
    dataset, tree = read_dataset(smk.input.data), read_tree(smk.input.tree)
    leaves = read_leaves(smk.input.leaves, tree.leaves)
    networks = {leaf: network.to(device) for leaf, (network, _) in leaves.items()}
    how = {name: settings[name] for name in ("batch_size", "batches")}
    batches = comparison_batches(dataset, **how, seed=settings["seed"], device=device)

    def evaluate(leaf: str, architecture: tuple[int, ...]) -> tuple[float, float]:
        loss, accuracy = evaluate_architectures(networks[leaf], np.array([architecture]), batches)
        return float(loss[0]), float(accuracy[0])

    spaces = {leaf: network.space for leaf, network in networks.items()}
    budget = {name: settings["search"][name] for name in ("evaluations", "population", "tournament")}
    searches = []
    for sampler in settings["search"]["samplers"]:
        seed = derive(settings["seed"], "search", sampler)
        searches.append(search(spaces, evaluate, sampler=sampler, seed=seed, **budget))
        best = searches[-1].evaluations[searches[-1].best]
        log.info("%s: accuracy %.4f, leaf %s, %s", sampler, best.accuracy, best.leaf, best.architecture)
    keys = [content["key"] for _, content in leaves.values()]
    about = {"method": tree.method, "metric": tree.metric, "seed": settings["seed"], **origin(smk)}
    write_search(smk.output[0], searches=searches, key=key(smk, read_key(smk.input.data), *keys), **about)


run(main, globals().get("snakemake"))
