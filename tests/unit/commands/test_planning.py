"""fsnas plan: what jobs do, what they are expected to take, and from where that is known."""

import math

import pytest

from fsnas.cli import main
from fsnas.commands import planning
from fsnas.commands.planning import Step, Work, estimates, nearest, perturbed, scale, stage_of, table, work_of
from fsnas.errors import FsnasError

NETWORK = {"channels": 16, "cells": 5}
ABOUT = {"results": "results", "train": 25_000, "side": 32, "network": NETWORK, "operations": [5] * 6}
ABOUT |= {"networks": 9445, "truths": 15_625, "searches": 3, "parameters": 1_000_000, "jobs_per_card": 1}
RECIPE = {"sampling": "superposition", "epochs": 200, "batch_size": 128}
SCORES = {"metric": "snip", "options": {}, "repetitions": 4, "batch_size": 64, "level": 0}


def work(file, settings, nodes=1):
    return work_of(file, settings, ABOUT, "cuda", nodes)


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("data/digits.h5", "data"),
        ("seed-0/supernet.pt", "supernets"),
        ("seed-0/snip/level-1/scores.h5", "scores"),
        ("seed-0/pair/level-1/scores-snip.h5", "scores"),
        ("seed-0/snip/candidates/2-2/level-1/scores.h5", "scores"),
        ("seed-0/snip/leaves/0.pt", "leaves"),
        ("seed-0/snip/leaves/rung-1/0.pt", "leaves"),
        ("seed-0/snip/leaves/gdas/0.pt", "leaves"),
        ("seed-0/snip/evaluation.h5", "evaluation"),
        ("seed-0/snip/found.h5", "stand-alone trainings"),
        ("truth/standalone/3.h5", "stand-alone trainings"),
        ("truth/standalone.h5", "cuts, trees, tables, figures"),
        ("proxies/snip-seed-0.h5", "proxies"),
        ("tables/splits.csv", "cuts, trees, tables, figures"),
    ],
)
def test_every_file_has_its_stage(file, stage):
    assert stage_of(file) == stage


def test_passes_are_counted_as_the_jobs_make_them():
    assert work("seed-0/supernet.pt", {"network": NETWORK, "recipe": RECIPE}).passes == 200 * 195
    learned = {"network": NETWORK, "recipe": RECIPE, "algorithm": "darts", "options": {}}
    assert work("seed-0/snip/leaves/darts/0.pt", learned).passes == 2 * 200 * 195, "weights and architecture"
    assert work("seed-0/snip/leaves/d/0.pt", learned | {"options": {"order": 2}}).passes == 3 * 200 * 195
    assert work("truth/standalone/0.h5", {"recipe": RECIPE, "architectures": ["a"]}).passes == 200 * 195
    assert work("seed-0/snip/found.h5", {"recipe": RECIPE}).passes == 3 * 200 * 195, "one a search"
    assert work("seed-0/snip/level-0/scores.h5", SCORES).passes == 30 * 4
    assert work("seed-0/r/level-0/scores.h5", SCORES | {"metric": "random"}).passes == 0
    everything = {"architectures": 0, "batches": 4, "batch_size": 256}
    assert work("seed-0/snip/evaluation.h5", everything).passes == 9445 * 4
    searched = {"search": {"samplers": ["random", "tpe"], "evaluations": 100}, "batches": 4, "batch_size": 256}
    assert work("seed-0/snip/search.json", searched).passes == 2 * 100 * 4


def test_perturbed_supernets_of_a_level():
    """Of a tree of depth 3 about 185; the cuts of a real one leave 170."""
    assert perturbed([5] * 6, level=0, nodes=1) == 30
    assert sum(perturbed([5] * 6, level, 2**level) for level in range(3)) == 185


def test_ntk_and_lr_see_other_sizes():
    assert work("a/scores.h5", SCORES | {"metric": "ntk", "options": {"samples": 16}}).size["batch_size"] == 16
    assert work("a/scores.h5", SCORES | {"metric": "lr", "options": {"samples": 3000}}).size == {}


def test_a_measured_step_of_the_same_size_counts_most():
    one = work("seed-0/supernet.pt", {"network": NETWORK, "recipe": RECIPE})
    small = Work("supernets", "superposition", "cuda", 1.0, one.size | {"channels": 8})
    steps = [Step(small, 0.01, jobs=3), Step(one, 0.02, jobs=2), Step(one, 0.03)]
    assert nearest(one, steps) == (steps[1], 1.0)
    step, factor = nearest(one, steps[::2])
    assert step.jobs == 3 and factor == pytest.approx(2**0.88)
    assert scale(one, steps[0]) == factor
    assert nearest(one, [Step(Work("leaves", "*", "cuda", 1.0, one.size), 1.0)]) is None


def test_the_roots_of_the_paper_preset_take_what_the_page_says():
    """10 supernets, 200 epochs of 195 steps of 34 ms, two that share a card: 2.8 hours."""
    file = "results/seed-0/supernet.pt"
    job = {"file": file, "settings": {"network": NETWORK, "recipe": RECIPE}, "nodes": 1}
    asked = ABOUT | {"jobs": [job] * 10, "jobs_per_card": 2}
    found = estimates(asked, [*planning._table()], "cuda")["supernets"]
    assert found.seconds == pytest.approx(10 * (3 + 200 * 195 * 0.034 / 1.3))
    assert 2.8 < found.seconds / 3600 < 2.9
    assert found.low < found.seconds / 1.9 and found.high > 1.9 * found.seconds and found.by == {"the table"}


def test_scores_of_a_root_that_methods_share_are_counted_once():
    jobs = [{"file": f"results/seed-0/{name}/level-0/scores.h5", "settings": SCORES, "nodes": 1} for name in "ab"]
    found = estimates(ABOUT | {"jobs": jobs}, [*planning._table()], "cuda")["scores with snip"]
    assert found.jobs == 2 and found.seconds == pytest.approx(2 * 3 + 120 * 0.06)


def test_a_table_for_a_person_adds_up():
    row = {"jobs": 3, "hours": 0.5, "at least": 0.25, "at most": 1.0, "MB": 12.0, "known from": "the table"}
    said = table({"device": "cpu", "stages": [{"stage": "leaves", **row}], "total": row, "note": "a note"})
    head, leaves, total, note = said.splitlines()
    assert head.split()[:4] == ["stage", "jobs", "CPU", "minutes"] and note == "a note"
    assert leaves.split() == ["leaves", "3", "30", "15", "and", "60", "12", "the", "table"]
    assert total.startswith("in all")


def test_images_that_nobody_has_counted_are_to_be_read_first(monkeypatch):
    asked = ABOUT | {"train": None, "data": "results/data/mine.h5", "jobs": []}
    monkeypatch.setattr(planning, "_dry_run", lambda arguments: asked)
    with pytest.raises(FsnasError, match=r"make results/data/mine\.h5 first \(snakemake --cores 1 results/data/mine"):
        planning.plan([])


def test_what_snakemake_says_against_a_run_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["plan", "--snakefile", "gone"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("fsnas: Snakemake cannot plan this run:") and "gone" in said
    with pytest.raises(SystemExit):
        main(["inspect", "--gone", "x"])
    assert "unrecognized arguments: --gone" in capsys.readouterr().err


def test_a_folder_without_results_says_nothing(tmp_path):
    assert planning.steps_of(tmp_path) == []
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.h5").write_bytes(b"")
    assert planning.steps_of(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("seed-0/supernet.pt", "seed-0/supernet"),
        ("seed-0/pair/level-1/scores-snip.h5", "seed-0/pair/scores-1-snip"),
        ("seed-0/snip/leaves/0.pt", "seed-0/snip/leaves/0"),
        ("seed-0/snip/leaves/rung-1/0.pt", "seed-0/snip/leaves/rung-1-0"),
        ("seed-0/snip/leaves/gdas/0.pt", "seed-0/snip/leaves/gdas-0"),
        ("truth/standalone/3.h5", "truth/3"),
    ],
)
def test_what_a_job_took_is_found(tmp_path, file, name):
    (tmp_path / "benchmarks" / name).parent.mkdir(parents=True)
    (tmp_path / "benchmarks" / f"{name}.tsv").write_text("s\tcpu_time\n2.5\t3.5\n")
    assert planning._taken(tmp_path, file) == {"s": 2.5, "cpu_time": 3.5}


def test_the_table_has_a_row_for_all_that_computes_and_agrees_with_the_page():
    steps = [*planning._table()]
    assert {step.work.device for step in steps} == {"cpu", "cuda"} and all(step.seconds > 0 for step in steps)
    for device in ("cpu", "cuda"):
        for stage in ("supernets", "leaves", "stand-alone trainings", "scores", "evaluation", "search", "proxies"):
            one = Work(stage, "snip", device, 1.0, {"batch_size": 64, "channels": 16, "cells": 5, "side": 32})
            found = nearest(one, steps) or nearest(Work(stage, "fair", device, 1.0, one.size), steps)
            assert found and math.isfinite(found[1]), (device, stage)
