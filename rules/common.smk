import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))

from fsnas.errors import FsnasError
from fsnas.metrics import path_of
from fsnas.provenance import entries
from workflow_scripts._config import caption, check, typed

update_config(config, typed(workflow.config_settings.config))

try:
    METHODS = check(config)
except FsnasError as error:
    raise WorkflowError(str(error))
CAPTION = caption(config, METHODS.values(), config["seeds"])

OUT = config["outdir"].rstrip("/")
SEEDS = config["seeds"]
DATA = f"{OUT}/data/{config['data']['name']}.h5"
SUPERNET = f"{OUT}/seed-{{seed}}/supernet.pt"
LEVEL = f"{OUT}/seed-{{seed}}/{{method}}/level-{{level}}"
TREE = f"{OUT}/seed-{{seed}}/{{method}}/tree.json"
TREES = expand(TREE, seed=SEEDS, method=METHODS)
FORMATS = ["pdf", "png"]


wildcard_constraints:
    seed=r"[0-9]+",
    level=r"[0-9]+",
    method="|".join(METHODS),


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


def recipe(epochs):
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
    }


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
