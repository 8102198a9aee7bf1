"""Rule evaluate: architectures with a truth, each with the weights of its leaf."""

from _job import key, lineage, once, run, search_space

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.checkpoint import read_leaves
from fsnas.artifacts.dataset import read_dataset, read_key
from fsnas.artifacts.splits import read_tree
from fsnas.benchmark.ground_truth import compared_architectures
from fsnas.data.batches import comparison_batches
from fsnas.devices import prepare
from fsnas.networks.shared_weights import evaluate_in_leaves


def main(smk) -> None:
    """Evaluate the sample of architectures on the validation batches of the seed."""
    settings = smk.params.settings
    device, space = prepare(smk.params.device, settings["threads"]), search_space(smk)
    truth = read_architectures(smk.input.truth, "truth", space)
    sample = {"count": settings["architectures"], "seed": settings["sample_seed"]}
    chosen = compared_architectures(truth, settings["column"], **sample)
    leaves = read_leaves(smk.input.leaves, read_tree(smk.input.tree, space))
    trained = {leaf: content["key"] for leaf, (_, content) in leaves.items()}
    own_key = key(smk, device.type, read_key(smk.input.data), chosen, trained)
    once(smk, own_key, lambda: evaluate(smk, device, space, chosen, leaves, own_key))


def evaluate(smk, device, space, chosen: list[str], leaves: dict, own_key: str) -> None:
    """Evaluate the architectures and write their losses and accuracies."""
    settings, dataset = smk.params.settings, read_dataset(smk.input.data)
    networks = {leaf: network.to(device) for leaf, (network, _) in leaves.items()}
    how = {name: settings[name] for name in ("batch_size", "batches")}
    batches = comparison_batches(dataset, **how, seed=settings["seed"], device=device)
    loss, accuracy = evaluate_in_leaves(networks, space.indices(chosen), batches)
    write_architectures(
        smk.output[0],
        chosen,
        {"loss": loss, "accuracy": accuracy},
        space=space,
        kind="evaluation",
        key=own_key,
        **lineage(smk),
        device=device.type,
        seed=settings["seed"],
        dataset=dataset.name,
    )


run(main, globals().get("snakemake"))
