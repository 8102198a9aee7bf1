"""Rule search: every sampler looks for the best architecture of the leaves, with the same number of evaluations.

What the differentiable searches of the leaves found is evaluated on the same batches, with the weights of each.
"""

from _job import device_of, keep, key, lineage, log, run, search_space, taken_over

import numpy as np

from fsnas.artifacts.checkpoint import read_checkpoint, read_leaves
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.search import write_search
from fsnas.artifacts.splits import read_tree
from fsnas.artifacts.trajectory import read_trajectory
from fsnas.data.batches import comparison_batches
from fsnas.networks.shared_weights import evaluate_architectures
from fsnas.search import samplers
from fsnas.search.result import Evaluation, SearchResult, best_of
from fsnas.search.search import search
from fsnas.search.trajectory import LeafTrajectory, Trajectory
from fsnas.seeding import derive
from fsnas.splitting.trees import Tree


def learned_leaves(inputs, searches: list[str], tree: Tree) -> dict[str, dict[str, tuple[str, Trajectory]]]:
    """Return checkpoint and trajectory of every leaf, by its path, of every differentiable search."""
    files = zip(inputs.learned, (read_trajectory(path, tree.space) for path in inputs.trajectories), strict=True)
    return {name: {leaf: next(files) for leaf in tree.leaves} for name in searches}


def main(smk) -> None:
    """Search the leaves with every sampler and write every evaluation, unless that is kept."""
    settings = smk.params.settings
    device = device_of(smk)
    tree = read_tree(smk.input.tree, search_space(smk))
    leaves = read_leaves(smk.input.leaves, tree)
    trained = {leaf: content["key"] for leaf, (_, content) in leaves.items()}
    learned = learned_leaves(smk.input, settings["search"].get("algorithms", []), tree)
    keys = {name: [one.key for _, one in of_leaves.values()] for name, of_leaves in learned.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), tree.method, tree.metric, trained, keys)
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
    trajectories = []
    for name, of_leaves in learned.items():
        made = []
        for leaf, (path, one) in of_leaves.items():
            network, _ = read_checkpoint(path, tree.space)
            indices = np.array([tree.space.parse(one.architecture)])
            loss, accuracy = evaluate_architectures(network.to(device), indices, batches)
            made.append(Evaluation(leaf, one.architecture, float(loss[0]), float(accuracy[0])))
            trajectories.append(LeafTrajectory(name, leaf, one.epochs))
        searches.append(SearchResult(name, tuple(made), best_of(made)))
    about = {"method": tree.method, "metric": tree.metric, "seed": settings["seed"], **lineage(smk)}
    write_search(smk.output[0], space=tree.space, searches=searches, trajectories=trajectories, key=own_key, **about)
    keep(smk, own_key)


run(main, globals().get("snakemake"))
