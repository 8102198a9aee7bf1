"""What reruns after which change: the exact jobs of a dry run on a finished tiny run, then real reruns.

Every row of the table below edits a copy of the finished run, and compares the jobs that ``snakemake -n`` names with
those expected. ``scores snip 0 1`` is the job of rule scores for method snip, seed 0, level 1.
"""

import itertools
import os
import random
import re
import shlex
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.workflow.conftest import ROOT, assert_same_results, copy_checkout, snakemake

TINY = ("--configfile", "configs/tiny.yaml")
PAIR = ("snip", "params")  # the metrics of the method "pair", whose leaves are not trained
ADAPTIVE, TUNED = "snip-adaptive", "snip-tuned"
SEARCHED = ("snip", "random", ADAPTIVE)  # whose leaves are trained
SEEDS, METHODS, LEVELS, LEAVES = (0, 1), (*SEARCHED, TUNED), (0, 1), {"snip": 4, "random": 4, ADAPTIVE: 3}
LEARNED = "snip"  # whose leaves are searched with gdas, too
CANDIDATES = {"2-2": (0, 1), "4": (0,)}  # of the tuned method, with their levels


def jobs(rule: str, *axes: Iterable) -> set[str]:
    """The jobs of a rule, one per combination of its wildcards."""
    return {" ".join(map(str, (rule, *place))) for place in itertools.product(*axes)}


DATA = jobs("data")
STANDALONE = jobs("standalone", range(6)) | {"truth"}
SUPERNETS = jobs("supernet", SEEDS)
DISTANCES = jobs("draw", ("figure-1a", "figure-1b", "figure-2", "method-matrix"))
COMPARED = jobs("draw", ("rank-correlation", "explained-variance", "found", "cost"))


def of_levels(rule, methods, seeds, levels):
    """The jobs of a rule on these levels of all trees that grow: of a tuned method those of its candidates."""
    found = jobs(rule, [method for method in methods if method != TUNED], seeds, levels)
    for name, has in CANDIDATES.items() if TUNED in methods else ():
        found |= jobs(f"{rule} {name}", (TUNED,), seeds, [level for level in levels if level in has])
    return found


def scores(*methods, seeds=SEEDS, levels=LEVELS):
    return of_levels("scores", methods, seeds, levels)


def pair(*metrics, seeds=SEEDS, levels=LEVELS):
    """What follows where these metrics of a method of two are scored again: at deeper levels nodes may be others."""
    own = jobs("joint_scores", metrics, ("pair",), seeds, levels) | jobs("joint_scores", PAIR, ("pair",), seeds, (1,))
    return own | trees("pair", seeds=seeds) | drawn("pair") | FEW_SHOT


def trees(*methods, seeds=SEEDS, levels=LEVELS):
    return of_levels("splits", methods, seeds, levels) | jobs("tree", methods, seeds)


def leaves(*methods, seeds=SEEDS):
    """Training and use of the leaves of these methods."""
    methods = [method for method in methods if method != TUNED]
    used = set().union(*(jobs(rule, methods, seeds) for rule in ("evaluate", "search", "found")))
    used |= LEARNING if methods else set()
    used |= differentiate(seeds=seeds) if LEARNED in methods else set()
    return used.union(*(jobs("leaf", (method,), seeds, range(LEAVES[method])) for method in methods))


def differentiate(*, seeds=SEEDS):
    """The differentiable searches of all leaves."""
    return jobs("differentiate gdas", (LEARNED,), seeds, range(LEAVES[LEARNED]))


def searched(*methods, seeds=SEEDS):
    """What follows where the leaves of these methods are searched again."""
    return jobs("search", methods, seeds) | jobs("found", methods, seeds) | FEW_SHOT | LEARNING | {"summary"}


def drawn(*methods):
    """The tables and figures that follow from trees, and the figures of the trees of these methods."""
    return {"distances", "split_tables", "summary"} | DISTANCES | jobs("tree_figures", methods)


FEW_SHOT = {"comparison"} | COMPARED
LEARNING = {"trajectories_figure"}
TRAINING = {"training_figure"}
ROOTS = {"root_scores_figure"}
PROXIES = {"proxies", "draw proxies"}
EVERYTHING = (
    *(DATA, STANDALONE, SUPERNETS, scores(*METHODS), trees(*METHODS), leaves(*METHODS), drawn(*METHODS), FEW_SHOT),
    pair(*PAIR),
    *(TRAINING, ROOTS, PROXIES, jobs("proxy", ("snip", "params"), (0,))),
)
ALL = set().union(*EVERYTHING)


def after_scores(*methods):
    return scores(*methods) | trees(*methods) | leaves(*methods) | drawn(*methods) | FEW_SHOT | ROOTS


def after_splits(*methods):
    """What follows from the splits of the root on: of level 1 the nodes may be others."""
    return scores(*methods, levels=(1,)) | trees(*methods) | leaves(*methods) | drawn(*methods) | FEW_SHOT


SNIP = after_scores("snip", ADAPTIVE, TUNED) | jobs("proxy", ("snip",), (0,)) | PROXIES | pair("snip")
SCORES = after_scores(*METHODS) | pair(*PAIR)
AFTER_SPLITS = after_splits(*METHODS) | pair()

PLACES = {
    r"Prepare the data set \w+": "data",
    r"Train architecture (\d+) by itself": "standalone {0}",
    r"Put the stand-alone accuracies together": "truth",
    r"Train the supernet of seed (\d+)": "supernet {0}",
    r"Score level (\d) with (\S+), seed (\d+)": "scores {1} {2} {0}",
    r"Score level (\d) with (\S+) of (pair|both), seed (\d+)": "joint_scores {1} {2} {3} {0}",
    r"Cut the nodes of level (\d), (\S+), seed (\d+)": "splits {1} {2} {0}",
    r"Score level (\d) of candidate (\S+), (\S+), seed (\d+)": "scores {1} {2} {3} {0}",
    r"Cut level (\d) of candidate (\S+), (\S+), seed (\d+)": "splits {1} {2} {3} {0}",
    r"Put the tree of (\S+), seed (\d+), together": "tree {0} {1}",
    r"Train leaf (\w+) of (\S+), seed (\d+)": "leaf {1} {2} {0}",
    r"Evaluate architectures in the leaves of (\S+), seed (\d+)": "evaluate {0} {1}",
    r"Search the leaves of (\S+), seed (\d+)": "search {0} {1}",
    r"Train what the search found by itself, (\S+), seed (\d+)": "found {0} {1}",
    r"Score single architectures with (\S+), seed (\d+)": "proxy {0} {1}",
    r"Compare the metrics of single architectures with the truth": "proxies",
    r"Compare the split trees": "distances",
    r"List the splits and count their group sizes": "split_tables",
    r"Draw (\S+)": "draw {0}",
    r"Draw the trees of (\S+)": "tree_figures {0}",
    r"Draw the training curves": "training_figure",
    r"Draw the scores of the root": "root_scores_figure",
    r"Draw what the differentiable searches learned": "trajectories_figure",
    r"Search leaf (\w+) of (\S+) with (\S+), seed (\d+)": "differentiate {2} {1} {3} {0}",
    r"Compare what the leaves are worth": "comparison",
    r"Say what was found and where to look": "summary",
}


def named(message: str) -> str:
    """The job that a message announces."""
    found = [place.format(*m.groups()) for text, place in PLACES.items() if (m := re.fullmatch(text, message))]
    assert len(found) == 1, message
    return found[0]


CHANGED = "Changed since results were made (what this run needs of them is made again):\n"


class Plan(NamedTuple):
    """What ``snakemake -n`` prints: jobs but for `all`, the steps that each change touches directly, and all of it."""

    jobs: set[str]
    causes: dict[str, str]
    printed: str


def planned(folder: Path, preset: tuple[str, ...] = TINY) -> Plan:
    printed = snakemake(folder, "-n", *preset)
    lines = itertools.takewhile(lambda line: line.startswith("  "), printed.partition(CHANGED)[2].splitlines())
    causes = dict(line.strip().rsplit(": ", 1) for line in lines)
    if "Nothing to be done" in printed:
        return Plan(set(), causes, printed)
    found = [named(message) for message in re.findall(r"^Job \d+: (.*)\nReason: .", printed, re.M)]
    total = int(re.search(r"^total +(\d+)$", printed, re.M)[1])
    assert len(found) == len(set(found)) == total - 1, "every job has a message of its own"
    return Plan(set(found), causes, printed)


@pytest.fixture
def copy(tiny, tmp_path) -> Path:
    """A finished run of one's own, with its time stamps."""
    return shutil.copytree(tiny[0], tmp_path / "run")


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    """An edit of one place in a file."""

    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file}: {old!r} stands there {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def nothing(folder: Path) -> None:
    pass


def touch(folder: Path) -> None:
    """New time stamps everywhere, in any order."""
    files = [
        path for part in ("results-tiny", "rules", "fsnas", "workflow_scripts") for path in (folder / part).rglob("*")
    ]
    random.Random(0).shuffle(files)
    for i, path in enumerate(files):
        os.utime(path, (2e9 + i, 2e9 + i))


def copied(folder: Path) -> None:
    """The same files without their time stamps."""
    shutil.copytree(folder, folder.with_name("again"), copy_function=shutil.copyfile)
    shutil.rmtree(folder)
    folder.with_name("again").rename(folder)


def forgotten(folder: Path) -> None:
    """No record of what was made from what, and no time stamps."""
    copied(folder)
    shutil.rmtree(folder / ".snakemake")


def cloned(folder: Path) -> None:
    """Another checkout beside the results and Snakemake's records."""
    fresh = folder.with_name("fresh")
    fresh.mkdir()
    copy_checkout(fresh)
    for part in ("results-tiny", ".snakemake"):
        shutil.copytree(folder / part, fresh / part)
    shutil.rmtree(folder)
    fresh.rename(folder)


def moved(folder: Path) -> None:
    """The results in another folder, which the config names."""
    (folder / "results-tiny").rename(folder / "elsewhere")
    edit("configs/tiny.yaml", "outdir: results-tiny", "outdir: elsewhere")(folder)


def upgraded(folder: Path) -> None:
    """Another torch, as far as Python's list of installed packages goes."""
    about = folder / "installed/torch-99.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 99.0\n")


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for one in changes:
            one(folder)

    return change


def config(**changes) -> Callable[[Path], None]:
    """The preset with these sections laid over it."""

    def change(folder: Path) -> None:
        path = folder / "configs/tiny.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, value in changes.items():
            content[name] = {**content.get(name, {}), **value} if isinstance(value, dict) else value
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    return change


STYLE = edit("fsnas/plotting/_style.py", '"grid.linewidth": 0.6', '"grid.linewidth": 0.7')
SNIP_FILE = "fsnas/metrics/snip.py"
other_snip = edit(SNIP_FILE, ".sum() for", ".sum() * 2 for")


def renamed(folder: Path) -> None:
    path = folder / SNIP_FILE
    path.write_text(path.read_text(encoding="utf-8").replace("grads", "slopes"), encoding="utf-8")


FIGURES = {"summary", "draw proxies", "trajectories_figure"} | DISTANCES | COMPARED | TRAINING | ROOTS
ALL_FIGURES = FIGURES | jobs("tree_figures", (*METHODS, "pair"))
NEW_SEED = jobs("supernet", (2,)) | scores(*METHODS, seeds=(2,)) | trees(*METHODS, seeds=(2,))
NEW_SEED |= pair(*PAIR, seeds=(2,)) | leaves(*METHODS, seeds=(2,)) | drawn(*METHODS) | FEW_SHOT | TRAINING | ROOTS
LOST = {"summary"}  # the one file that does not say what it was made from

TABLE = {
    "nothing": (nothing, set()),
    "new time stamps in any order": (touch, set()),
    "copied without time stamps": (copied, set()),
    "a fresh clone beside old results and records": (cloned, set()),
    "a fresh clone beside old results": (both(cloned, forgotten), LOST),
    "results moved to another folder": (moved, LOST),
    "a comment, formatting, a docstring, and code of sources of images and truth that are not used": (
        both(
            edit(SNIP_FILE, "    weights = model", "    # All of them.\n    weights = model"),
            edit(SNIP_FILE, "loss_of(model, batch), weights", "loss_of(model,batch),weights"),
            edit(SNIP_FILE, "Return the sum of", "Give the sum of"),
            edit("fsnas/data/sources/cifar10.py", "train=25_000", "train=25_001"),
            edit("fsnas/benchmark/sources/natsbench.py", "mem_mb=2000", "mem_mb=2001"),
            edit("fsnas/pickles.py", 'content.encode("latin1")', 'content.encode("ascii")'),
        ),
        set(),
    ),
    "another name of a local variable": (renamed, SNIP),  # the digest is over the syntax tree, names included
    "code of a metric": (other_snip, SNIP),
    "code of a metric, and no record": (both(other_snip, forgotten), SNIP | LOST),
    "code of the cuts": (
        edit("fsnas/splitting/cuts.py", "costs += affinity * across", "costs += 2 * affinity * across"),
        AFTER_SPLITS,
    ),
    "code of a policy": (
        edit("fsnas/splitting/policies/adaptive.py", "tied_with_best(-clear", "tied_with_best(-2 * clear"),
        after_splits(ADAPTIVE),
    ),
    "code of a policy with candidates": (
        edit("fsnas/splitting/policies/tuned.py", "return Tuned(0", "return Tuned(0 * 1"),
        after_splits(TUNED),
    ),
    "an option of a policy": (
        edit("configs/tiny.yaml", "policy: adaptive, ", "policy: adaptive, max_branching: 2, "),
        after_splits(ADAPTIVE),
    ),
    "code of a sampler": (
        edit("fsnas/search/samplers/tpe.py", "multivariate=True", "multivariate=False"),
        searched(*SEARCHED),
    ),
    "code of an algorithm": (
        edit("fsnas/search/algorithms/gdas.py", "hard + hard *", "hard + 1 * hard *"),
        differentiate() | searched(LEARNED),
    ),
    "an option of an algorithm": (
        config(search={"algorithms": {"gdas": {"learning_rate": 0.01, "methods": [LEARNED]}}}),
        differentiate() | searched(LEARNED),
    ),
    "a published number": (edit("fsnas/analysis/published.json", "0.594", "0.595"), PROXIES | {"summary"}),
    "code of all figures": (STYLE, ALL_FIGURES),
    "code of one figure": (edit("fsnas/plotting/found.py", "UNIT = 0.21", "UNIT = 0.22"), {"draw found", "summary"}),
    "code of the supernet": (edit("fsnas/networks/kernels.py", "BN_EPS = 1e-5", "BN_EPS = 2e-5"), ALL - DATA),
    "a workflow script": (
        edit("workflow_scripts/split_tables.py", "trees = [", "trees = [tree for tree in []] + ["),
        {"split_tables"},
    ),
    "operations of the search space": (
        config(space={"operations": ["skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]}),
        {job for job in ALL - DATA if " 4 snip-tuned " not in job},  # as many groups as operations
    ),
    "another number of nodes": (config(space={"nodes": 3}), ALL - DATA),
    "code of the search space": (
        edit(
            "fsnas/spaces/cell.py",
            "return [found[edge] for edge in self.edges]",
            "return list(map(found.get, self.edges))",
        ),
        ALL - DATA,
    ),
    "code of the network": (
        edit("fsnas/networks/cells.py", "return self.classifier(x.mean", "return 2 * self.classifier(x.mean"),
        ALL - DATA,
    ),
    "an option of the training": (config(supernet={"lr": 0.05}), ALL - DATA),
    "how operations are mixed, which of a single path none are": (
        config(supernet={"mixing": "sum"}),
        ALL - DATA - STANDALONE - PROXIES - jobs("proxy", ("snip", "params"), (0,)),
    ),
    "an option of the scores": (config(method={"batch_size": 8}), SCORES),
    "the weights that metrics see": (
        config(method={"weights": "initial", "batch_norm": "identity"}),
        SCORES,
    ),
    "an option of the cuts": (config(method={"objective": "sum"}), AFTER_SPLITS),
    "an average over repetitions, and edges by level": (
        config(method={"average": "scores", "edge": ["3<-0", "1<-0"]}),
        AFTER_SPLITS,
    ),
    "the combination of two metrics": (edit("configs/tiny.yaml", "combine: rank", "combine: zscore"), pair()),
    "a weight of one of two metrics": (
        edit("configs/tiny.yaml", "snip: 2", "snip: 3"),
        pair() | PROXIES,
    ),
    "an option of the leaves": (config(leaves={"total_epochs": 8}), leaves(*METHODS) | FEW_SHOT | {"summary"}),
    "an option of the search": (
        config(search={"evaluations": 16}),
        searched(*SEARCHED),
    ),
    "an option of the distances": (
        config(distances={"normalisation": "as_printed"}),
        {"distances", "summary"} | DISTANCES,
    ),
    "how figures look": (config(plotting={"style": {"font.size": 8}, "width": 3.3, "methods": ["snip"]}), ALL_FIGURES),
    "one more seed": (config(seeds=[0, 1, 2]), NEW_SEED),
    "another data set": (config(data={"name": "others", "seed": 1}), ALL),
    "a method less": (
        config(methods=["snip"], leaves={"methods": ["snip"]}),
        drawn() | FEW_SHOT | LEARNING | ROOTS | PROXIES,
    ),
    "another torch": (upgraded, ALL - DATA),
}


SNIP_CHANGED = {SNIP_FILE: {"8 scores", "6 candidate_scores", "1 proxy"}}
CAUSES = {  # what the dry run says of some of them: the change, and the steps that it touches directly
    "nothing": {},
    "new time stamps in any order": {},
    "code of a metric": SNIP_CHANGED,
    "code of a metric, and no record": {**SNIP_CHANGED, "nothing says what it was made from": {"1 summary"}},
    "an option of the scores": {"option batch_size: 16 -> 8": {"12 scores", "6 candidate_scores"}},
    "an option of the training": {
        "option recipe.lr: 0.1 -> 0.05": {"2 supernet", "22 leaf", "6 standalone", "6 found"}
    },
    "another torch": {f"torch: {version('torch')} -> 99.0": {"2 supernet", "12 scores", "22 leaf"}},
}


@pytest.mark.parametrize("row", TABLE)
def test_exactly_the_affected_jobs_rerun(row, copy, monkeypatch):
    change, expected = TABLE[row]
    change(copy)
    monkeypatch.setenv("PYTHONPATH", str(copy / "installed"))
    jobs, causes, _ = planned(copy)
    assert jobs == expected
    if row in CAUSES:
        causes.pop("other inputs", None)
        assert set(causes) == set(CAUSES[row])
        assert all(steps <= set(causes[cause].split(", ")) for cause, steps in CAUSES[row].items())
        assert all("e.g. results-tiny/" in said for said in causes.values()), "one of the files is named"


def test_a_figure_is_a_file_and_its_caption(copy):
    """What CONTRIBUTING.md says, to the letter."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Add a figure")[2]
    blocks = re.findall(r"`(\S+)`:\n\n((?:    .*\n|\n)+)", page.partition("\n## ")[0])
    assert [Path(name).suffix for name, _ in blocks] == [".py", ".rst"]
    for name, text in blocks:
        (copy / name).write_text(textwrap.dedent(text).strip() + "\n", encoding="utf-8")
    name = Path(blocks[1][0]).stem
    assert planned(copy).jobs == {f"draw {name}", "summary"}
    snakemake(copy, f"results-tiny/figures/{name}.png", "--cores", "1", *TINY)
    edit(blocks[0][0], "6.0", "7.0")(copy)
    assert planned(copy).jobs == {f"draw {name}", "summary"}


# Files that are not what they seem


def test_a_run_that_stopped_between_a_remade_file_and_its_followers_is_finished(copy):
    """Whatever the time stamps say: here everything that follows is newer than what was remade."""
    other_snip(copy)
    remade = "results-tiny/seed-0/snip/level-0/scores.h5"
    printed = snakemake(copy, remade, "--cores", "2", *TINY)
    assert "This run made no summary; results-tiny/summary.txt is of an earlier one." in printed
    assert "Where to look" not in printed
    touch(copy)
    os.utime(copy / remade, (1e9, 1e9))
    found, causes, _ = planned(copy)
    assert found == SNIP - {"scores snip 0 0"}
    assert set(causes) == {SNIP_FILE, "other inputs"} and " splits, " in causes["other inputs"]


@pytest.mark.parametrize("stamp", [1e9, 2e9], ids=["older", "newer"])
def test_a_file_of_another_seed_in_the_place_of_one_is_named_and_made_again(copy, stamp):
    results = copy / "results-tiny"
    shutil.copyfile(results / "seed-1/snip/level-0/scores.h5", results / "seed-0/snip/level-0/scores.h5")
    os.utime(results / "seed-0/snip/level-0/scores.h5", (stamp, stamp))
    found, causes, _ = planned(copy)
    assert causes["option seed: 1 -> 0"] == "1 scores, e.g. results-tiny/seed-0/snip/level-0/scores.h5"
    expected = scores("snip", seeds=(0,)) | trees("snip", seeds=(0,)) | leaves("snip", seeds=(0,))
    assert found == expected | drawn("snip") | FEW_SHOT | ROOTS


def test_a_damaged_file_is_named_and_made_again(copy):
    path = copy / "results-tiny/seed-1/random/tree.json"
    path.write_text(path.read_text(encoding="utf-8").replace("3<-0", "3<-1"), encoding="utf-8")
    found, causes, _ = planned(copy)
    (damaged,) = set(causes) - {"other inputs"}
    assert re.search(r"seed-1/random/tree\.json \(.*field 'checksum'.* was changed or damaged", damaged)
    assert found == {"tree random 1"} | leaves("random", seeds=(1,)) | drawn("random") | FEW_SHOT


def test_a_table_that_was_changed_is_made_again(copy):
    path = copy / "results-tiny/tables/splits.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("snip", "snap", 1), encoding="utf-8")
    assert planned(copy).jobs == {"split_tables"}


def test_files_of_another_config_are_left_alone(copy):
    """One seed, one method, one level and fewer architectures: nothing of the rest is looked at or removed."""
    changes = config(
        seeds=[0], methods=["snip"], leaves={"methods": ["snip"]}, method={"max_leaves": 2}, truth={"architectures": 3}
    )
    changes(copy)
    forgotten(copy)
    before = {path for path in (copy / "results-tiny").rglob("*") if path.is_file()}
    printed = snakemake(copy, "-n", *TINY)
    assert "seed-0/snip/tree.json" in printed and "/random/" not in printed.partition("Building DAG of jobs")[0]
    assert before == {path for path in (copy / "results-tiny").rglob("*") if path.is_file()}


# Real reruns

MICRO = {
    "seeds": [0],
    "methods": ["first", "second", "snip"],
    "method": {"max_leaves": 2},
    "leaves": {"methods": ["snip"], "total_epochs": 2},
    "metrics": {"second": {"scale": 1.0}},
    "truth": {"architectures": 2},
    "proxies": {"metrics": ["first", "params"]},
    "metric_paths": ["my_metrics"],
}
PLUG_IN = '''
"""A metric of a user's own, which shares a helper with another."""

from fsnas.metrics import metric
from fsnas.metrics._shared import total
from fsnas.metrics._toolkit import ScoringBatch, gradients, loss_of
from fsnas.networks.supernet import GatedSupernet


@metric(direction="higher", paper="ours", equation="S = sum of dL/dW")
def {name}(model: GatedSupernet, batch: ScoringBatch, *, scale: float = 1.0) -> float:
    return scale * total(gradients(loss_of(model, batch), model.layers()), {power})
'''
SHARED = """
def total(slopes, power):
    return sum((slope.abs() ** power).sum().item() for slope in slopes.values())
"""


def micro(folder: Path) -> Path:
    """A checkout whose preset is smaller than tiny, with two metrics in a folder of the user's own."""
    copy_checkout(folder)
    (folder / "my_metrics").mkdir()
    for name, power in (("first", 1), ("second", 2)):
        text = PLUG_IN.replace("{name}", name).replace("{power}", str(power))
        (folder / "my_metrics" / f"{name}.py").write_text(text.lstrip(), encoding="utf-8")
    (folder / "my_metrics/_shared.py").write_text(SHARED.lstrip(), encoding="utf-8")
    config(**MICRO)(folder)
    return folder


CHANGES = {
    "a helper that two metrics share": (
        edit("my_metrics/_shared.py", "(slope.abs() ** power).sum().item()", "3 * (slope**2).sum().item() * power"),
        scores("first", "second", seeds=(0,), levels=(0,))
        | trees("first", "second", seeds=(0,), levels=(0,))
        | drawn("first", "second")
        | {"root_scores_figure", "proxy first 0"}
        | FEW_SHOT
        | PROXIES,
    ),
    "an option of a metric": (
        config(metrics={"second": {"scale": 2.0}}),
        scores("second", seeds=(0,), levels=(0,))
        | trees("second", seeds=(0,), levels=(0,))
        | drawn("second")
        | ROOTS
        | FEW_SHOT,
    ),
    "code of the figures": (STYLE, FIGURES | jobs("tree_figures", MICRO["methods"])),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of the micro preset."""
    folder = micro(tmp_path_factory.mktemp("micro"))
    snakemake(folder, "--cores", "2", *TINY)
    return folder


def test_reruns_end_where_a_run_from_scratch_ends(finished, tmp_path):
    """One change after the other, each with exactly its jobs; then all of them in a fresh folder."""
    folder, fresh = shutil.copytree(finished, tmp_path / "run"), tmp_path / "fresh"
    fresh.mkdir()
    micro(fresh)
    changes = {
        **CHANGES,
        "code of the cuts and of a metric, an option of the leaves, and a method less": (
            both(
                edit("fsnas/splitting/cuts.py", "costs += affinity", "costs += 2 * affinity"),
                other_snip,
                config(leaves={"total_epochs": 4}, methods=["first", "snip"]),
            ),
            None,
        ),
    }
    for name, (change, expected) in changes.items():
        change(folder)
        change(fresh)
        found = planned(folder).jobs
        assert expected is None or found == expected, name
        printed = snakemake(folder, "--cores", "2", *TINY)
        assert f"{len(found) + 1} of {len(found) + 1} steps (100%) done" in printed, name
    assert planned(folder).jobs == set()
    snakemake(fresh, "--cores", "2", *TINY)
    assert (folder / "results-tiny/seed-0/second/tree.json").exists(), "files of a removed method stay"
    assert "second" not in (folder / "results-tiny/tables/splits.csv").read_text()
    assert "seed-0/second/" in (folder / "results-tiny/summary.txt").read_text().partition("Not of this config")[2]
    assert_same_results(fresh / "results-tiny", folder / "results-tiny")


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name, (_, jobs) in TABLE.items() if jobs - LOST and "torch" not in name])
def test_every_rerun_ends_where_a_run_from_scratch_ends(name, copy, tmp_path):
    """Each row of the table for itself; half an hour. Another torch is a name only here, and computes the same."""
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    copy_checkout(fresh)
    change, _ = TABLE[name]
    change(copy)
    (other_snip if "no record" in name else change)(fresh)  # which has no record to lose
    for folder in (copy, fresh):
        snakemake(folder, "--cores", "2", *TINY)
    assert_same_results(fresh / "results-tiny", copy / "results-tiny")


def test_data_and_supernets_are_shared_between_checkouts(tmp_path, monkeypatch):
    """Snakemake's between-workflow caching: the second checkout trains nothing, and still knows what it has."""
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(tmp_path / "cache"))
    target, log = "results-tiny/seed-0/supernet.pt", "results-tiny/logs/seed-0/supernet.log"
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        copy_checkout(folder)
        snakemake(folder, target, "--cores", "2", "--cache", *TINY)
        assert ("epoch 1/1" in (folder / log).read_text()) == (name == "first"), "only the first one trains"
    other_snip(folder)
    assert "Nothing to be done" in snakemake(folder, target, "-n", "--cache", *TINY)
    config(supernet={"lr": 0.05})(folder)
    snakemake(folder, target, "--cores", "2", "--cache", *TINY)
    assert "epoch 1/1" in (folder / log).read_text()
    shutil.rmtree(tmp_path / "cache")
    said = snakemake(folder, target, "-n", *TINY, expect=1)
    assert "results are links to files that are gone, e.g. results-tiny/" in said
    remedy = re.search(r"run again: (find .*)$", said, re.MULTILINE)
    subprocess.run(shlex.split(remedy[1]), cwd=folder, check=True)
    snakemake(folder, target, "--cores", "2", *TINY)
    assert (folder / target).exists() and "Nothing to be done" in snakemake(folder, target, "-n", *TINY)
