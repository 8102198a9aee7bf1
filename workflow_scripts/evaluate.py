"""Rule evaluate: architectures with a truth, each with the weights of its leaf."""

from _job import device_of, keep, key, lineage, run, search_space, taken_over

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.checkpoint import read_leaves
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.splits import read_tree
from fsnas.benchmark.ground_truth import compared_architectures
from fsnas.data.batches import comparison_batches
from fsnas.networks.shared_weights import evaluate_in_leaves


def main(smk) -> None:
    """Evaluate the sample of architectures on the validation batches of the seed, unless that is kept."""
    settings = smk.params.settings
    device, space = device_of(smk), search_space(smk)
    truth = read_architectures(smk.input.truth, "truth", space)
    sample = {"count": settings["architectures"], "seed": settings["sample_seed"]}
    chosen = compared_architectures(truth, settings["column"], **sample)
    leaves = read_leaves(smk.input.leaves, read_tree(smk.input.tree, space))
    trained = {leaf: content["key"] for leaf, (_, content) in leaves.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), chosen, trained)
    if taken_over(smk, own_key):
        return
    dataset, seed = read_dataset(smk.input.data), settings["seed"]
    networks = {leaf: network.to(device) for leaf, (network, _) in leaves.items()}
    how = {name: settings[name] for name in ("batch_size", "batches")}
    batches = comparison_batches(dataset, **how, seed=seed, device=device)
    loss, accuracy = evaluate_in_leaves(networks, space.indices(chosen), batches)
    about = {"space": space, "kind": "evaluation", "key": own_key, "device": device.type, "seed": seed}
    about |= {"dataset": dataset.name, **lineage(smk)}
    write_architectures(smk.output[0], chosen, {"loss": loss, "accuracy": accuracy}, **about)
    keep(smk, own_key)


run(main, globals().get("snakemake"))
