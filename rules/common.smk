import itertools
import os
from collections import Counter
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from workflow_scripts._versions import check_snakemake, versions

check_snakemake()

from fsnas.lineage.commit import hand_to_jobs
from fsnas.errors import FsnasError
from fsnas import spaces
from fsnas.lineage.dependencies import located
from fsnas.metrics import metric_spec, path_of
from fsnas.plotting._registry import figures
from fsnas.benchmark.ground_truth import sample_architectures
from workflow_scripts._captions import (
    about_proxies,
    about_search,
    about_trees,
    about_truth,
    few,
    proxies_caption,
    search_caption,
    tree_caption,
    truth_caption,
)
from workflow_scripts._cards import ignored_cards, visible_cards
from workflow_scripts._config import (
    CUT_KEYS,
    SCORE_KEYS,
    check,
    check_files,
    check_truth,
    drawn_methods,
    epochs_of,
    joint_proxies,
    leaf_methods,
    metric_options,
    proxy_metrics,
    rungs_of,
    searches_of,
    space_of,
    truth_column,
)
from workflow_scripts._defaults import completed
from workflow_scripts._forkserver import start_forkserver
from workflow_scripts._leftovers import left_behind
from workflow_scripts._terminal import report_hint, say, say_lines
from workflow_scripts._kept import forget, prune
from workflow_scripts._lineage import (
    Lineages,
    brought,
    code,
    device_line,
    keep,
    resolved,
    take_over,
)
from workflow_scripts._paths import patterns
from workflow_scripts._plotting import plot_settings
from workflow_scripts._report import embed_figures
from workflow_scripts._slurm import follow
from workflow_scripts._snakemake import (
    check_deployment,
    check_folder,
    check_until,
    count_cards,
    forced_outputs,
    given_configs,
    has_made,
    jobs_to_run,
    place_options,
    placed,
    runs_here,
    start_at_once,
)

if workflow.is_main_process:
    check_folder(workflow)
    check_deployment(workflow)
    embed_figures()

try:
    config = completed(*given_configs(workflow, config))
    METHODS = check(config)
    SPACE = space_of(config)
    # The space's own code: its file, and where networks are built what builds them.
    SPACE_CODE = spaces.path_of(SPACE.name)
    NETWORK_CODE = [SPACE_CODE, located(SPACE.networks)]
    # Snakemake warns of every path that begins with ./
    OUT = os.path.normpath(config["outdir"])
    PLACE = config["outdir"] = placed(workflow, OUT)
    LEAF_METHODS = leaf_methods(config, METHODS)
    SEARCHES = searches_of(config, LEAF_METHODS)  # the differentiable ones, by name
    PROXIES = proxy_metrics(config)
    TRUTH_COLUMN = None
    if LEAF_METHODS or PROXIES:
        check_files(config)
        TRUTH_COLUMN = truth_column(config)
        if workflow.is_main_process:  # the jobs rely on it
            check_truth(config, TRUTH_COLUMN)
except FsnasError as error:
    raise WorkflowError(str(error))
if workflow.is_main_process and "gpu" not in workflow.global_resources:
    # Without a card the same rules run on the CPU, as many at once as there are cores.
    count_cards(workflow, len(visible_cards()) * config["resources"]["jobs_per_card"])
    if said := ignored_cards():
        logger.warning(said)

# Below a figure stands a caption in two lines; all that the report says of it beside is "about".
# Both say what is drawn.
DRAWN = [METHODS[name] for name in drawn_methods(config, METHODS)]
CAPTION = tree_caption(config, config["seeds"], DRAWN)
ABOUT = about_trees(config, DRAWN, config["seeds"])
ABOUT_SEARCH = about_search(config, config["seeds"], LEAF_METHODS.values())
TRUTH_SAID = truth_caption(config, TRUTH_COLUMN) if TRUTH_COLUMN else ""
ABOUT_TRUTH = about_truth(config, TRUTH_COLUMN) if TRUTH_COLUMN else ""
METRIC_OF = {name: method.metric for name, method in METHODS.items()}

SEEDS = config["seeds"]
# Whose supernets are trained: those of all seeds, unless no method reads any.
ROOTS = SEEDS if any(method.reads_root for method in METHODS.values()) else []
# DATA, SUPERNET, SCORES, ...: the paths of results
globals().update(patterns(config, OUT))
TREES = expand(TREE, seed=SEEDS, method=METHODS)
SEARCHED = [(method, seed) for method in LEAF_METHODS for seed in SEEDS]
FORMATS = ["pdf", "png"]
CODE_READ = Path(".snakemake/fsnas-code.json")
take_over(CODE_READ)
LINEAGES = Lineages(workflow, config["device"])


wildcard_constraints:
    seed=r"[0-9]+",
    level=r"[0-9]+",
    method="|".join(METHODS),
    candidate=r"[\w.-]+",
    rung=r"[0-9]+",
    number=r"[0-9]+",
    metric="[a-z0-9_]+",
    search="|".join(SEARCHES) or "none-",


STORE = f"{PLACE}/.state"  # the states of trainings, and what is kept


def lineage(name, code, settings, **told):
    """The params of a rule: its lineage, and what its script is told beside, which decides no result.

    The search space is in the record of what is made first: the rest is made from that.
    """
    names = ("device", "space", "space_paths", "metric_paths", "policy_paths")
    told = {**{name: config[name] for name in names}, "store": STORE, **told}
    return LINEAGES.params(name, code, settings, **told)


def unrecorded(value):
    """Return a param that stands in no record, by a name of its own: what a caption of the report shows."""
    return lambda wildcards, output: value


def on_networks(name, settings, script=None, code_of=None):
    """The params of what computes with networks, with the device that may; `restore_records` sees to it that it was."""
    own = code_of or code(script or f"{name}.py", *NETWORK_CODE, packages=["torch"])
    return {**lineage(name, own, settings), "only_on": device_line(config["device"])}


def scores_of(method, seed, candidate, levels):
    """The score files of these rounds of one tree, or of that of a candidate: one a round, or one of each metric."""
    found = METHODS[method]
    pattern = scores_pattern(method, candidate)
    of = {"method": method, "seed": seed, "candidate": candidate}
    return [
        pattern.format(**of, level=level, metric=part.metric)
        for level in levels
        for part in found.parts_at(int(level))
    ]


def scores_pattern(method, candidate):
    """Where the scores of a round lie."""
    if METHODS[method].joint:
        return CANDIDATE_JOINT_SCORES if candidate else JOINT_SCORES
    return CANDIDATE_SCORES if candidate else SCORES


def splits_of(method, seed, candidate, levels):
    """The splits of these rounds of one tree, or of that of a candidate."""
    of = {"method": method, "seed": seed, "candidate": candidate}
    pattern = CANDIDATE_SPLITS if candidate else SPLITS
    return [pattern.format(**of, level=level) for level in levels]


def grown(files, method, seed):
    """Such files of all rounds of one tree, or of the trees of all candidates."""
    candidates = METHODS[method].policy.grown.items()
    return [
        file
        for name, one in candidates
        for file in files(method, seed, name, range(one.rounds))
    ]


def before(files, wildcards, own=0):
    """Such files of all rounds of a tree before that of a job, ``own`` 1 for that one, too."""
    levels = range(int(wildcards.level) + own)
    return files(wildcards.method, wildcards.seed, candidate_of(wildcards), levels)


def candidate_of(wildcards):
    """The candidate whose tree a job is about; nothing where there is only one tree."""
    return wildcards.get("candidate", "")


def scores_of_root(method, seed):
    """The score files of the root; none of a tree that is not split."""
    policy = METHODS[method].policy
    first = next(iter(policy.grown))
    return scores_of(method, seed, first, [0]) if policy.leaves > 1 else []


def rung_files(method, seed):
    """The checkpoints of every rung: leaves are numbered as in tree.json, later on by their rank in the rung before."""
    of = {"method": method, "seed": seed}
    return [
        expand(RUNG if i else LEAF, rung=i, number=range(rung.leaves), **of)
        for i, rung in enumerate(rungs_of(config, METHODS[method]))
    ]


def leaf_files(method, seed):
    """The checkpoints of all rungs, a later one of a leaf after an earlier one."""
    return [*itertools.chain(*rung_files(method, seed))]


def searches_in(method):
    """The differentiable searches of the leaves of a method."""
    return [name for name, one in SEARCHES.items() if method in one.methods]


def learned_files(pattern, method, seed):
    """Such a file of every leaf, of each of the differentiable searches in turn."""
    numbers, of = range(METHODS[method].policy.leaves), {"method": method, "seed": seed}
    searches = searches_in(method)
    return [pattern.format(**of, search=s, number=n) for s in searches for n in numbers]


def leaves_before(wildcards):
    """The checkpoints of the rung before."""
    return rung_files(wildcards.method, wildcards.seed)[int(wildcards.rung) - 1]


def of_searched(pattern):
    """A file of every tree that was searched."""
    return [pattern.format(method=method, seed=seed) for method, seed in SEARCHED]


def cost_of(checkpoint):
    """What the training of a checkpoint took."""
    return checkpoint.replace(".pt", ".json")


def leaf_costs():
    """What the trainings of all leaves took."""
    return [cost_of(file) for of in SEARCHED for file in leaf_files(*of)]


def learned_costs():
    """What the differentiable searches of all leaves took."""
    return [file for of in SEARCHED for file in learned_files(cost_of(LEARNED), *of)]


def stages():
    """What all stages before tables and figures leave behind."""
    yield from [DATA, *expand(SUPERNET, seed=ROOTS), *TREES]
    yield from expand(cost_of(SUPERNET), seed=ROOTS)
    for method, seed in itertools.product(METHODS, SEEDS):
        yield from grown(scores_of, method, seed) + grown(splits_of, method, seed)
    for method, seed in SEARCHED:
        yield from leaf_files(method, seed)
        yield from learned_files(LEARNED, method, seed)
        yield from learned_files(TRAJECTORY, method, seed)
        later = range(1, len(rung_files(method, seed)))
        yield from expand(SELECTION, method=method, seed=seed, rung=later)
    yield from [
        *leaf_costs(),
        *learned_costs(),
        *of_searched(EVALUATION),
        *of_searched(SEARCH),
    ]
    if SEARCHED or PROXIES:
        yield TRUTH
        yield from expand(STANDALONE, number=range(len(ARCHITECTURES)))
    if config["truth"]["source"] == "standalone":
        yield from of_searched(FOUND)
    yield from expand(PROXY, metric=PROXIES, seed=config["proxies"]["seeds"])


def others(wildcards, output):
    """What lies among the results and is of no run with this config: in no record, because it decides nothing."""
    return left_behind(OUT, [*stages(), *TABLES, *FIGURES])


def figure(name):
    """The files of one figure."""
    return expand(FIGURE, figure=name, format=FORMATS)


def drawn(name, caption=None, **place):
    """The files of one figure, as outputs of its rule; the PNG stands in the report."""
    pdf, png = figure(name)
    return [pdf, report(png, caption=f"report/figures/{caption or name}.rst", **place)]


def tables(category, results, **place):
    """Tables by name, as outputs of their rule; all stand in the report."""
    return {
        name: report(
            TABLE.format(table=name),
            caption=f"report/tables/{name}.rst",
            category=category,
            labels={"result": f"Table: {result}"},
            **place,
        )
        for name, result in results.items()
    }


onstart:
    check_until(workflow)
    hand_to_jobs(os.environ)
    jobs = jobs_to_run(workflow)
    say_lines(Counter(job.rule.name for job in jobs))
    follow(workflow, PLACE)  # first: a run that is refused touches nothing
    forget(STORE, forced_outputs(workflow))
    start_at_once(workflow)
    if runs_here(workflow):
        start_forkserver(len(jobs))


onsuccess:
    if has_made(workflow, SUMMARY):
        say(Path(SUMMARY).read_text(encoding="utf-8"))
        place = {"place": place_options(workflow), "at": workflow.rundir}
        say(report_hint(OUT, workflow.config_settings, **place))
    elif Path(SUMMARY).exists():
        say(
            f"This run made no summary; {SUMMARY} is of an earlier one. Without a target, snakemake makes that of this config."
        )
    if kept := prune(STORE):
        say(kept)
