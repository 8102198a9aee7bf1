"""Rule comparison: what the splits are worth, as tables: rank correlation, explained variance, search, cost."""

from collections import defaultdict
from pathlib import Path

from _job import lineage, run, search_space

from fsnas.analysis.explained_variance import explained_variance, leaf_truth
from fsnas.analysis.few_shot import few_shot_summary
from fsnas.analysis.found import found_table
from fsnas.analysis.rank_correlation import rank_correlations
from fsnas.analysis.training_cost import SAMPLED, TIMES, cost_table
from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.scores import read_attributes
from fsnas.artifacts.search import read_search
from fsnas.artifacts.splits import read_tree
from fsnas.artifacts.tables import write_table
from fsnas.artifacts.training_cost import read_training_cost
from fsnas.benchmark.ground_truth import ground_truth_of
from fsnas.search.result import SearchRecord
from fsnas.spaces import SearchSpace
from fsnas.training.record import TrainingCost
from workflow_scripts._paths import place


def found_accuracies(paths: list[str], space: SearchSpace | None = None) -> dict[str, float]:
    """Return the test accuracies of the architectures that the searches found and that were trained by themselves."""
    accuracies: dict[str, float] = {}
    for path in paths:
        table = read_architectures(path, "standalone", space)
        (column,) = (name for name in table.columns if "_test_" in name)
        accuracies |= dict(zip(table.architectures, map(float, table.column(column)), strict=True))
    return accuracies


def cost_rows(smk, searches: dict) -> list[dict]:
    """Return what the trees of every method and seed took, as `cost_table` wants it."""
    roots = {place(path, smk.config["outdir"])[1]: read_training_cost(path) for path in smk.input.roots}
    leaves: dict[tuple[str, int, str], list[TrainingCost]] = defaultdict(list)
    for path in smk.input.costs:
        leaves[*place(path, smk.config["outdir"]), SAMPLED].append(read_training_cost(path))
    for path in smk.input.learned_costs:
        leaves[*place(path, smk.config["outdir"]), Path(path).parent.name].append(read_training_cost(path))
    scoring: dict[tuple[str, int], dict[str, dict]] = defaultdict(dict)  # by key: candidates share files
    for path in smk.input.scores:
        attributes = read_attributes(path)
        scoring[place(path, smk.config["outdir"])][attributes["key"]] = attributes
    rows, before = [], defaultdict[int, set[str]](set)  # the trainings of the methods before, by seed
    each = [(of, record, name) for of, record in searches.items() for name in _searches(record)]
    for (method, seed), record, name in each:
        costs, needs_root = leaves[method, seed, name], method in smk.params.settings["rooted"]
        trained = [cost for cost in costs if cost.epochs]
        row = {
            "method": method,
            "seed": seed,
            "search": name,
            "root_epochs": roots[seed].epochs if needs_root else 0,
            "leaf_epochs": sum(cost.epochs for cost in trained),
            "leaf_samples": sum(cost.samples for cost in trained),
            "trainings": sum(cost.key not in before[seed] for cost in trained),
            "shared": sum(cost.key in before[seed] for cost in trained),
        }
        for kind in TIMES:
            row[f"root_{kind}"] = getattr(roots[seed], kind) if needs_root else 0.0
            row[f"scoring_{kind}"] = sum(float(scores[kind]) for scores in scoring[method, seed].values())
            row[f"leaf_{kind}"] = sum(getattr(cost, kind) for cost in trained)
        evaluations = next((one.evaluations for one in record.searches if one.sampler == name), None)
        rows.append(row | {"search_evaluations": len(evaluations or record.searches[0].evaluations)})
        before[seed] |= {cost.key for cost in trained}
    return rows


def _searches(record: SearchRecord) -> list[str]:
    """Return what trained the leaves of a tree: that of all samplers, and every differentiable search."""
    return [SAMPLED, *dict.fromkeys(one.search for one in record.trajectories)]


def main(smk) -> None:
    """Write the six tables."""
    settings, space = smk.params.settings, search_space(smk)
    truth = ground_truth_of(read_architectures(smk.input.truth, "truth", space), settings["column"])
    trees = [read_tree(path, space) for path in smk.input.trees]
    records = [read_search(path, space) for path in smk.input.searches]
    searched = {(record.method, record.seed): record for record in records}
    evaluated = {place(path, smk.config["outdir"]): path for path in smk.input.evaluations}
    evaluations = {of: read_architectures(path, "evaluation", space) for of, path in evaluated.items()}
    rank = rank_correlations(trees, evaluations, truth)
    variance = explained_variance(trees, truth)
    found = found_table(trees, searched, truth, found_accuracies(smk.input.found, space))
    cost = cost_table(cost_rows(smk, searched))
    bootstrap = {"seed": settings["seed"], "resamples": settings["resamples"]}
    summary = few_shot_summary(rank, variance, found, cost, **bootstrap)
    tables = {
        "rank_correlation": rank,
        "leaf_truth": leaf_truth(trees, truth),
        "explained_variance": variance,
        "found_architectures": found,
        "few_shot_summary": summary,
    }
    tables = {name: table.assign(truth=settings["column"]) for name, table in tables.items()} | {"training_cost": cost}
    for name, table in tables.items():
        write_table(getattr(smk.output, name), table, **lineage(smk))


run(main, globals().get("snakemake"))
