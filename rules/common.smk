import itertools
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))

from fsnas.benchmark import sample_architectures
from fsnas.errors import FsnasError
from fsnas.metrics import declaration, path_of
from fsnas.provenance import entries
from workflow_scripts._config import (
    caption,
    check,
    leaf_methods,
    proxies_caption,
    proxy_metrics,
    rungs_of,
    search_caption,
    truth_caption,
    typed,
)

update_config(config, typed(workflow.config_settings.config))

try:
    METHODS = check(config)
    LEAF_METHODS = leaf_methods(config, METHODS)
    PROXIES = proxy_metrics(config)
except FsnasError as error:
    raise WorkflowError(str(error))
CAPTION = caption(config, METHODS.values(), config["seeds"])
SEARCH_CAPTION = search_caption(config, config["seeds"])
TRUTH_SAID = truth_caption(config)
METRIC_OF = {name: method.metric for name, method in METHODS.items()}

OUT = config["outdir"].rstrip("/")
SEEDS = config["seeds"]
DATA = f"{OUT}/data/{config['data']['name']}.h5"
SUPERNET = f"{OUT}/seed-{{seed}}/supernet.pt"
LEVEL = f"{OUT}/seed-{{seed}}/{{method}}/level-{{level}}"
TREE = f"{OUT}/seed-{{seed}}/{{method}}/tree.json"
TREES = expand(TREE, seed=SEEDS, method=METHODS)
LEAVES = f"{OUT}/seed-{{seed}}/{{method}}/leaves"
SEARCHED = [(method, seed) for method in LEAF_METHODS for seed in SEEDS]
FORMATS = ["pdf", "png"]


wildcard_constraints:
    seed=r"[0-9]+",
    level=r"[0-9]+",
    method="|".join(METHODS),
    path="root|[0-9]+",
    rung=r"[0-9]+",
    rank=r"[0-9]+",
    number=r"[0-9]+",
    metric="[a-z0-9_]+",


def code(script, *files, packages=()):
    """One line per module that a script reaches, with the digest of its code: what its outputs are made from."""
    return entries(ROOT / "workflow_scripts" / script, *files, packages=packages)


def splits_before(wildcards):
    """The splits of all levels above one level, which name its nodes."""
    levels = range(int(wildcards.level))
    return [
        f"{OUT}/seed-{wildcards.seed}/{wildcards.method}/level-{d}/splits.json"
        for d in levels
    ]


def splits_of(wildcards):
    """The splits of all levels of one tree."""
    levels = range(METHODS[wildcards.method].policy.depth)
    return [
        f"{OUT}/seed-{wildcards.seed}/{wildcards.method}/level-{d}/splits.json"
        for d in levels
    ]


def leaf_paths(method):
    """The paths of the leaves of a method's trees."""
    digits = [range(factor) for factor in METHODS[method].policy.factors]
    return ["".join(map(str, path)) or "root" for path in itertools.product(*digits)]


def rung_files(method, seed):
    """The checkpoints of the leaves of every rung: in rung 0 they have their paths as names, later their ranks."""
    folder = LEAVES.format(seed=seed, method=method)
    first, *later = rungs_of(config, METHODS[method])
    return [
        [f"{folder}/{path}.pt" for path in leaf_paths(method)],
        *(
            [f"{folder}/rung-{number}/{rank}.pt" for rank in range(rung.leaves)]
            for number, rung in enumerate(later, start=1)
        ),
    ]


def leaves_before(wildcards):
    """The checkpoints of the rung before."""
    return rung_files(wildcards.method, wildcards.seed)[int(wildcards.rung) - 1]


def leaves_of(wildcards):
    """The checkpoints of all rungs, a later one of a leaf after an earlier one."""
    return [
        file for rung in rung_files(wildcards.method, wildcards.seed) for file in rung
    ]


def searched_leaves(wildcards):
    """The checkpoints of the leaves that are left after the last rung."""
    return rung_files(wildcards.method, wildcards.seed)[-1]


def recipe(epochs, **changes):
    """The arguments of the recipe that trains a supernet."""
    names = [
        "sampling",
        "mixing",
        "batch_size",
        "lr",
        "momentum",
        "weight_decay",
        "grad_clip",
        "valid_batches",
    ]
    augmentation = {name: config["data"][name] for name in ("crop_padding", "flip")}
    return {
        "epochs": epochs,
        **{name: config["supernet"][name] for name in names},
        **augmentation,
        **changes,
    }


def network():
    """The size of a supernet."""
    return {name: config["supernet"][name] for name in ("channels", "cells")}


def evaluation():
    """The batches that show what an architecture is worth with shared weights."""
    return {name: config["evaluation"][name] for name in ("batch_size", "batches")}


def compared(section):
    """Which architectures with a truth are compared with it."""
    return {
        "architectures": config[section]["architectures"],
        "sample_seed": config["truth"]["seed"],
    }


def truth():
    """Which numbers are the truth."""
    return {name: config["truth"][name] for name in ("source", "column")}


def machine():
    """The settings of torch that decide the last bits of a result."""
    return {"device": config["device"], "threads": config["threads"]}


def scores_code(wildcards):
    """The code that the scores of a method are made from, its metric included."""
    return code(
        "scores.py", path_of(METHODS[wildcards.method].metric), packages=["torch"]
    )


def scores_settings(wildcards):
    """What decides the scores of a level; nothing of the cut, so that methods can share them."""
    method, level = METHODS[wildcards.method], int(wildcards.level)
    choices = {
        name: method.choices[name]
        for name in ("perturbation", "batch_size", "repetitions")
    }
    warmup = method.warmup_epochs(level)
    return {
        "metric": method.metric,
        "options": method.options,
        "seed": int(wildcards.seed),
        "level": level,
        "mixing": config["supernet"]["mixing"],
        "warmup": recipe(warmup) if warmup else {"epochs": 0},
        **choices,
        **machine(),
    }


def splits_settings(wildcards):
    """What decides the cuts of a level."""
    method = METHODS[wildcards.method]
    return {
        "metric": method.metric,
        "seed": int(wildcards.seed),
        "level": int(wildcards.level),
        "policy": method.policy_settings,
        **{name: method.choices[name] for name in ("edge", "objective", "balance")},
    }


def figure(name):
    """The files of one figure."""
    return expand(f"{OUT}/figures/{name}.{{format}}", format=FORMATS)


onsuccess:
    if Path(SUMMARY).exists():
        print(Path(SUMMARY).read_text(encoding="utf-8"))
