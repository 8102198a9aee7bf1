"""``fsnas plan``: jobs, hours and disk of a run before it begins, from what earlier runs took or a table of steps."""

import csv
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fsnas import spaces
from fsnas.artifacts.lineage import read_lineage
from fsnas.errors import ArtifactError, FsnasError

VARIABLE = "FSNAS_PLAN"  # the file that a dry run of the workflow writes its jobs to (workflow_scripts/_planned.py)
STAGES = {  # of a file's path below the results
    r"data/": "data",
    r"seed-\d+/supernet\.pt": "supernets",
    r".*/scores[^/]*\.h5": "scores",
    r".*/leaves/.*\.pt": "leaves",
    r".*/evaluation\.h5": "evaluation",
    r".*/search\.json": "search",
    r"truth/standalone/|.*/found\.h5": "stand-alone trainings",
    r"proxies/": "proxies",
    r"": "cuts, trees, tables, figures",
}
REST = STAGES[""]
UNSCORED = ("params", "flops", "random")  # metrics that run no network
# Time over size: slopes of docs/performance.md, "How it grows"; pixels count as images do.
SLOPES = {"channels": 0.88, "cells": 0.98, "batch_size": 0.82, "side": 1.64}
UNITS = {"cpu": "CPU", "cuda": "card"}
SINGLE = {"cpu": 0.43, "cuda": 0.68}  # of a step on the mixture: a step on one path
OVERHEAD = {"cpu": 0.3, "cuda": 3.0}  # seconds of a job beside its work: a fork, a process that starts CUDA
SHORT = 1.0  # seconds of a job that runs no network: cuts, trees, tables, figures
TOGETHER = 1.3  # what two trainings that share a card without MPS do in the time of one (docs/performance.md)
OF_TABLE, SCALED = 2.0, 3.0  # by which factor the table may be off at the sizes it was measured at, and at others
TAKEN_OVER = "taken over, not computed again"  # what the log of a job says that had nothing to do
ARCHIVE = 4096  # bytes that a file takes at the least


@dataclass(frozen=True)
class Work:
    """What a job does: how often its network runs, of which size, on which images."""

    stage: str
    what: str  # the metric, or how paths are sampled
    device: str
    passes: float
    size: Mapping[str, float]


@dataclass(frozen=True)
class Step:
    """What one pass takes, by the median, and between which factors nine tenths of the measured jobs lie."""

    work: Work
    seconds: float
    low: float = 1 / OF_TABLE
    high: float = OF_TABLE
    jobs: int = 0  # that were measured; of the table none


@dataclass
class Estimate:
    """What one stage takes."""

    jobs: int = 0
    seconds: float = 0.0
    low: float = 0.0
    high: float = 0.0
    size: float = 0.0  # bytes
    by: set[str] = field(default_factory=set)


def plan(arguments: Sequence[str], measured: Iterable[str | Path] = (), device: str | None = None) -> dict[str, Any]:
    """Return what ``snakemake`` with these ``arguments`` would take, in the working directory.

    Parameters
    ----------
    measured
        Folders of results of earlier runs, beside those that are in place.
    device
        ``cpu`` or ``cuda``; by default that of the config, and for ``auto`` a card where this machine has one.

    Returns
    -------
    dict
        ``stages``: a row each with jobs, hours, between which two they are to be expected, disk in MB, and by what they
        are known; ``total`` in the same fields; ``device``; ``note``.

    Raises
    ------
    FsnasError
        If Snakemake cannot plan the run (the message is its own), or nobody knows yet how many images there are.
    """
    asked = _dry_run(arguments)
    if asked is None:
        return {"stages": [], "note": "nothing is to be done"}
    if asked["train"] is None or asked["side"] is None:
        raise FsnasError(
            f"how many images there are is known when they are read: make {asked['data']} first "
            f"(snakemake --cores 1 {asked['data']}, with the same config), then plan"
        )
    device = device or (asked["device"] if asked["device"] != "auto" else _here())
    steps = [*_table(), *(step for folder in [asked["results"], *measured] for step in steps_of(Path(folder)))]
    stages = estimates(asked, steps, device)
    total = Estimate()
    for stage in stages.values():
        for name in ("jobs", "seconds", "low", "high", "size"):
            setattr(total, name, getattr(total, name) + getattr(stage, name))
    note = ""
    if device == "cuda" and asked["jobs_per_card"] > 1:
        note = f"hours of one card that {asked['jobs_per_card']} jobs share: {TOGETHER} trainings in the time of one"
        note += "; with NVIDIA's MPS about twice as many"
    rows = [{"stage": name, **_row(stage)} for name, stage in stages.items()]
    return {"device": device, "stages": rows, "total": _row(total), "note": note}


def table(document: Mapping[str, Any]) -> str:
    """Return a plan as a table for a person."""
    if not document["stages"]:
        return str(document["note"])
    short = document["total"]["hours"] < 2
    factor, kind = (60, "minutes") if short else (1, "hours")
    lines = [("stage", "jobs", f"{UNITS[document['device']]} {kind}", "between", "disk, MB", "known from")]
    for row in [*document["stages"], {"stage": "in all", **document["total"]}]:
        middle, low, high = (_short(factor * row[name]) for name in ("hours", "at least", "at most"))
        lines.append(
            (row["stage"], str(row["jobs"]), middle, f"{low} and {high}", _short(row["MB"]), row["known from"])
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    left = (0, 5)  # columns of words
    drawn = [
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join([*(line.rstrip() for line in drawn), *filter(None, [document["note"]])])


def _short(value: float) -> str:
    """Return a number with two digits that say something.

    >>> _short(0.0234), _short(2.83), _short(200.4)
    ('0.02', '2.8', '200')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _dry_run(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return the jobs that would run; None if there are none."""
    with tempfile.TemporaryDirectory(prefix="fsnas-") as folder:
        file = Path(folder, "plan.json")
        command = [sys.executable, "-m", "snakemake", "-n", *arguments, "--quiet", "all"]
        done = subprocess.run(command, env={**os.environ, VARIABLE: str(file)}, capture_output=True, text=True)
        if done.returncode:
            raise FsnasError(f"Snakemake cannot plan this run:\n{(done.stderr or done.stdout).strip()}")
        return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def _here() -> str:
    """Return the device that ``auto`` means on this machine."""
    return "cuda" if any(file.name[6:].isdigit() for file in Path("/dev").glob("nvidia*")) else "cpu"


def _row(stage: Estimate) -> dict[str, Any]:
    hours = {name: getattr(stage, name) / 3600 for name in ("seconds", "low", "high")}
    said = {"jobs": stage.jobs, "hours": hours["seconds"], "at least": hours["low"], "at most": hours["high"]}
    return {**said, "MB": stage.size / 1e6, "known from": ", ".join(sorted(stage.by))}


def stage_of(file: str) -> str:
    """Return the stage of a file, by its path below the results.

    >>> stage_of("seed-0/snip/level-1/scores.h5"), stage_of("seed-0/snip/level-1/splits.json")
    ('scores', 'cuts, trees, tables, figures')
    """
    return next(stage for pattern, stage in STAGES.items() if re.match(pattern, file))


def work_of(file: str, settings: Mapping[str, Any], about: Mapping[str, Any], device: str, nodes: int = 1) -> Work:
    """Return what the job does that makes ``file``, from its options.

    Parameters
    ----------
    file
        Its path below the results.
    settings
        The options of its lineage.
    about
        Of the run: ``train`` (images), ``side`` (pixels), ``network`` (size), ``operations`` (of every edge),
        ``networks`` (different ones in the space), ``truths`` (architectures with a truth) and ``searches`` (samplers
        and algorithms).
    nodes
        How many nodes a score file is of.
    """
    stage = stage_of(file)
    network = settings.get("network") or about["network"]
    size = {name: value for name, value in network.items() if isinstance(value, (int, float))}
    recipe = settings.get("recipe") or {}
    size |= {"side": about["side"], "batch_size": recipe.get("batch_size") or settings.get("batch_size") or 1}
    what, passes = "", 1.0
    if stage in ("supernets", "leaves", "stand-alone trainings"):
        what = settings.get("algorithm") or (recipe.get("sampling", "") if stage != "stand-alone trainings" else "")
        count = len(settings.get("architectures", "")) or (about["searches"] if file.endswith("found.h5") else 1)
        passes = count * recipe.get("epochs", 0) * max(1, about["train"] // size["batch_size"])
        if "algorithm" in settings:  # weights and architecture in turn, the second order through one step more
            passes *= 1 + settings["options"].get("order", 1)
    elif stage == "scores":
        what = settings["metric"]
        passes = settings["repetitions"] * perturbed(about["operations"], settings["level"], nodes)
    elif stage == "evaluation":
        passes = min(settings["architectures"] or math.inf, about["truths"], about["networks"]) * settings["batches"]
    elif stage == "search":
        search = settings["search"]
        passes = len(search["samplers"]) * search["evaluations"] * settings["batches"]
    elif stage == "proxies" and "metric" in settings:
        what = settings["metric"]
        passes = min(settings["architectures"] or math.inf, about["truths"])
    if what == "ntk":
        size["batch_size"] = settings["options"].get("samples") or size["batch_size"]
    if what == "lr":
        size = {}  # its thin network and its crops are always the same
    return Work(stage, what, device, passes if what not in UNSCORED else 0.0, size)


def perturbed(operations: Sequence[int], level: int, nodes: int) -> float:
    """Return how many perturbed supernets the nodes of a level have, about: half of a cut edge's operations are left.

    >>> perturbed([5] * 6, level=0, nodes=1), perturbed([5] * 6, level=2, nodes=4)
    (30.0, 100.0)
    """
    most = sorted(operations, reverse=True)
    return float(nodes * (sum(most[level:]) + sum(count / 2 for count in most[:level] if count > 3)))


def scale(work: Work, step: Step) -> float:
    """Return how much longer a pass of ``work`` takes than that of ``step``, by the sizes that both have."""
    there = step.work.size
    factor = math.prod(
        (value / there[name]) ** SLOPES.get(name, 1) for name, value in work.size.items() if name in there
    )
    return factor * (work.size["batch_size"] / there["batch_size"] if work.what == "ntk" else 1)  # a pass an image


def nearest(work: Work, steps: Iterable[Step]) -> tuple[Step, float] | None:
    """Return the step that says most of ``work``, and the factor to it: measured and of the same size, if there is one.

    A metric on one architecture counts as on a perturbed supernet, less what a step on one path is faster.
    """
    stages = (work.stage, "scores") if work.stage == "proxies" else (work.stage,)
    found = [
        (not step.jobs, stages.index(step.work.stage), step.work.what != work.what, abs(math.log(factor)), step, factor)
        for step in steps
        if step.work.stage in stages and step.work.device == work.device and step.work.what in (work.what, "*")
        for factor in [scale(work, step) * (SINGLE[work.device] if step.work.stage != work.stage else 1)]
    ]
    best = min(found, key=lambda entry: entry[:4], default=None)
    return None if best is None else best[4:]


def estimates(asked: Mapping[str, Any], steps: Sequence[Step], device: str) -> dict[str, Estimate]:
    """Return what every stage takes, scores of each metric by themselves, in the order of the stages."""
    found: dict[tuple[int, str], Estimate] = defaultdict(Estimate)
    order, roots = list(STAGES.values()), set[str]()
    trainings = ("supernets", "leaves", "stand-alone trainings")
    for job in asked["jobs"]:
        file = os.path.relpath(job["file"], asked["results"])
        work = work_of(file, job["settings"], asked, device, job["nodes"])
        if work.stage == "scores" and not job["settings"]["level"]:  # methods share those of a root
            text = json.dumps(job["settings"], sort_keys=True)
            work = replace(work, passes=0.0) if text in roots else work
            roots.add(text)
        name = f"scores with {work.what}" if work.stage == "scores" else work.stage
        estimate = found[order.index(work.stage), name]
        estimate.jobs += 1
        estimate.size += _bytes(work, asked)
        if best := nearest(work, steps):
            step, factor = best
            low, high, by = step.low, step.high, f"{step.jobs} job{'s' * (step.jobs > 1)} like these"
            if abs(math.log(factor)) > 0.01:
                low, high = min(low, 1 / SCALED), max(high, SCALED)
                by = "jobs of other sizes" if step.jobs else "the table, other sizes"
            elif not step.jobs:
                by = "the table"
            shared = TOGETHER if device == "cuda" and asked["jobs_per_card"] > 1 and work.stage in trainings else 1
            seconds = work.passes * step.seconds * factor / shared
        else:
            seconds, low, high, by = SHORT, 1.0, 1.0, f"{SHORT:g} s each, on the CPU"
        start = OVERHEAD[device if best else "cpu"]
        estimate.seconds += start + seconds
        estimate.low += start + seconds * low
        estimate.high += start + seconds * high
        estimate.by.add(by)
    return {name: found[key] for key in sorted(found) for name in [key[1]]}


def _bytes(work: Work, asked: Mapping[str, Any]) -> float:
    """Return what the files of a job take: weights in float32, of leaves half of them, images as bytes."""
    weights = 4.0 * asked["parameters"]
    if work.stage == "data":
        return 2.4 * asked["train"] * 3 * asked["side"] ** 2  # train, valid and test parts; three channels
    return ARCHIVE + {"supernets": weights, "leaves": weights / 2}.get(work.stage, 16 * ARCHIVE)


def _table() -> Iterator[Step]:
    """Yield the steps of the table that ships: one core of an AMD EPYC, one H200 (docs/performance.md)."""
    with Path(__file__).with_name("steps.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            size = {name: float(row[name]) for name in ("batch_size", "channels", "cells", "side")}
            yield Step(Work(row["stage"], row["what"], row["device"], 1.0, size), float(row["seconds"]))


def steps_of(results: Path) -> list[Step]:
    """Return what passes took in a finished or stopped run: its files say what they are, ``benchmarks/`` how long."""
    about = _about(results)
    if about is None:
        return []
    measured: dict[tuple, list[tuple[Work, float]]] = defaultdict(list)
    for path in sorted(results.rglob("*")):
        file = path.relative_to(results).as_posix()
        if file.startswith(".") or stage_of(file) in (REST, "data") or path.suffix not in (".pt", ".h5", ".json"):
            continue
        try:
            lineage = read_lineage(path, whole=False)
            taken = _taken(results, file)
        except (ArtifactError, OSError, KeyError, ValueError):
            continue  # of no use here; a run names it and makes it again
        if lineage is None or taken is None:
            continue
        device = lineage.device or "cpu"
        nodes = _nodes(path) if stage_of(file) == "scores" else 1
        work = work_of(file, lineage.settings, about, device, nodes)
        if work.passes:
            seconds = max(1e-3, taken["cpu_time" if device == "cpu" else "s"] - OVERHEAD[device])
            measured[work.stage, work.what, device, *sorted(work.size.items())].append((work, seconds / work.passes))
    return [_step(jobs) for jobs in measured.values()]


def _step(jobs: Sequence[tuple[Work, float]]) -> Step:
    taken = [seconds for _, seconds in jobs]
    middle = statistics.median(taken)
    tenths = statistics.quantiles(taken, n=20, method="inclusive") if len(taken) > 1 else [middle / 2, middle * 2]
    return Step(jobs[0][0], middle, tenths[0] / middle, tenths[-1] / middle, len(taken))


def _about(results: Path) -> dict[str, Any] | None:
    """Return what is the same for all jobs of a run, as its data and its first training say it."""
    from fsnas.artifacts.dataset import read_extent

    extent = next(filter(None, map(read_extent, sorted(results.glob("data/*.h5")))), None)
    trained, searched = (_settings(results, pattern) for pattern in ("seed-*/supernet.json", "seed-*/*/search.json"))
    if extent is None or not trained:
        return None
    try:
        space = spaces.load(**trained["space"])
    except FsnasError:  # one of the user's own
        return None
    truths = sum(1 for _ in results.glob("truth/standalone/*.h5"))
    return {
        "train": extent.train,
        "side": extent.height,
        "network": trained["network"],
        "operations": [*map(int, space.allowed.sum(axis=1))],
        "truths": truths or len(space.strings()),
        "networks": math.inf if truths else networks_of(space),
        "searches": sum(len(searched["search"].get(of, ())) for of in ("samplers", "algorithms")) if searched else 1,
    }


def networks_of(space: spaces.SearchSpace) -> int:
    """Return how many architectures of a search space are different networks."""
    from fsnas.networks.shared_weights import different_networks  # torch

    return len(different_networks(space, space.indices(space.strings()))[0])


def _settings(results: Path, pattern: str) -> dict[str, Any]:
    """Return the options of the first file of a kind, empty if there is none."""
    path = next(iter(sorted(results.glob(pattern))), None)
    return {} if path is None else dict(json.loads(path.read_text(encoding="utf-8"))["settings"])


def _nodes(path: Path) -> int:
    import h5py

    with h5py.File(path, locking=False) as file:
        return len(file["nodes"])


def _taken(results: Path, file: str) -> dict[str, float] | None:
    """Return what the job took that made ``file``, from ``benchmarks/``; None of one that took it over from another.

    Its log has the same place below ``logs/``.
    """
    name = re.sub(r"level-(\d+)/scores(.*)$", r"scores-\1\2", os.path.splitext(file)[0])
    name = re.sub(r"truth/standalone/", "truth/", re.sub(r"(leaves/[^/]+)/", r"\1-", name))
    path, log = results / "benchmarks" / f"{name}.tsv", results / "logs" / f"{name}.log"
    if not path.is_file() or log.is_file() and TAKEN_OVER in log.read_text(encoding="utf-8", errors="replace"):
        return None
    head, row = path.read_text(encoding="utf-8").split("\n")[:2]
    return dict(zip(head.split("\t"), map(float, row.split("\t")), strict=True))
