"""What a job has made is not made again: recognised by its key, taken over whole, forgotten when that is asked for."""

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fsnas.artifacts.architectures import read_architectures, write_architectures
from fsnas.artifacts.checkpoint import read_record, write_checkpoint
from fsnas.artifacts.lineage import read_lineage
from fsnas.artifacts.training_cost import read_training_cost, write_training_cost
from fsnas.lineage.lineage import Lineage
from fsnas.training.record import TrainingCost
from tests.support.damage import flip
from tests.support.problems import random_network
from tests.support.space import SPACE
from workflow_scripts import _kept

ONE = SPACE.architecture_string([3, 3, 3, 3, 3, 3])
K = "0123456789abcdef" * 2
LINEAGES = {name: {"settings": {"of": name}, "code": [f"{name} 1"], "inputs": name} for name in ("first", "second")}


@pytest.fixture
def store(tmp_path) -> Path:
    return tmp_path / "results" / ".state"


def leaf(folder: Path, key: str, made: list, **lineage):
    """Outputs of a training, and a function that makes them."""
    checkpoint = folder / "0.pt"

    def make() -> None:
        made.append(key)
        write_checkpoint(checkpoint, random_network(1), key=key, record={}, settings={}, seed=0, dataset="digits")
        write_training_cost(checkpoint.with_suffix(".json"), TrainingCost(1, 2.0, 26, "cpu", key=key), **lineage)

    return [str(checkpoint), str(checkpoint.with_suffix(".json"))], make


def table(path: Path, key: str, made: list, **lineage):
    """One output, and a function that makes it."""

    def make() -> None:
        made.append(key)
        about = {"kind": "standalone", "key": key, **{"settings": {}, **lineage}}
        write_architectures(path, [ONE], {"accuracy": np.array([90.0])}, space=SPACE, **about)

    return [str(path)], make


KINDS = {
    "training": lambda folder, key, made, **lineage: leaf(folder / "leaves", key, made, **lineage),
    "table": lambda folder, key, made, **lineage: table(folder / "found.h5", key, made, **lineage),
}


def once(store: Path, key: str, outputs: list[str], make, place: str = "first") -> bool:
    """Do as the scripts do; return whether the outputs were taken over."""
    found = _kept.take_over(store, key, outputs, LINEAGES[place])
    if not found:
        make()
        _kept.keep(store, key, outputs)
    return found


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def job(request, store, tmp_path):
    """Run a job with a key in one of two places; the last argument tells which made anything."""
    made: list = []

    def run(key: str, place: str = "first") -> tuple[bool, list[Path]]:
        outputs, make = request.param(tmp_path / "results" / place, key, made, **LINEAGES[place])
        for output in outputs:  # as Snakemake does before it runs a job
            Path(output).unlink(missing_ok=True)
        return once(store, key, outputs, make, place), [Path(output) for output in outputs]

    return run, made


def content(paths):
    return [path.read_bytes() for path in paths]


def test_what_was_made_is_taken_over_with_the_same_bytes(job):
    run, made = job
    found, outputs = run(K)
    assert not found and made == [K]
    before = content(outputs)
    found, outputs = run(K)
    assert found and made == [K] and content(outputs) == before


def test_another_key_is_made(job):
    run, made = job
    run(K)
    assert run("other")[0] is False and made == [K, "other"]
    assert run(K)[0] and run("other")[0] and made == [K, "other"], "both stay"


def test_another_job_of_the_key_takes_it_over_as_its_own(job):
    """The results are the same; what they were made from is said of each."""
    run, made = job
    _, first = run(K)
    before = content(first)
    found, second = run(K, "second")
    assert found and made == [K] and content(first) == before
    for path in second:
        stated = LINEAGES["second"]
        assert read_lineage(path) == Lineage(tuple(stated["code"]), stated["settings"], stated["inputs"])
    if first[0].suffix == ".pt":
        assert content(first[:1]) == content(second[:1])
        assert read_training_cost(first[1]) == read_training_cost(second[1])
        assert read_record(second[0])["key"] == K
    else:
        assert read_architectures(second[0]).columns == read_architectures(first[0]).columns


def test_while_a_result_is_in_its_place_keeping_it_takes_no_disk(job, store):
    run, _ = job
    _, outputs = run(K)
    kept = sorted((store / "kept").iterdir())
    assert {os.stat(path).st_ino for path in kept} == {os.stat(path).st_ino for path in outputs}
    run(K)
    assert sorted((store / "kept").iterdir()) == kept, "and nothing else lies there"


def test_without_hard_links_it_is_copied(job, store, monkeypatch):
    def refused(*given, **options):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    run, made = job
    _, outputs = run(K)
    assert {os.stat(path).st_nlink for path in outputs} == {1}
    assert run(K)[0] and made == [K]


def of_another_key(path):
    if path.suffix == ".json":
        write_training_cost(path, TrainingCost(1, 2.0, 26, "cpu", key="other"))
    elif path.suffix == ".pt":
        write_checkpoint(path, random_network(1), key="other", record={}, settings={}, seed=0, dataset="digits")
    else:
        write_architectures(
            path, [ONE], {"accuracy": np.array([1.0])}, space=SPACE, kind="standalone", key="other", settings={}
        )


SPOILT = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "flipped": flip,
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "of another key": of_another_key,
}


@pytest.mark.parametrize("number", [0, -1])
@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_what_is_not_whole_is_made_again(spoil, number, job, store):
    run, made = job
    run(K)
    path = sorted((store / "kept").iterdir())[number]
    spoil(path)
    if path.is_dir():
        shutil.rmtree(path)
    assert not run(K)[0] and made == [K, K]
    assert run(K)[0]


# What Snakemake is told to run anyway


def workflow(*jobs, forceall=False):
    """Jobs as (outputs, forced)."""
    named = [SimpleNamespace(output=list(map(str, outputs)), forced=forced) for outputs, forced in jobs]
    dag = SimpleNamespace(needrun_jobs=lambda: named, reason=lambda job: SimpleNamespace(forced=job.forced))
    return SimpleNamespace(dag=dag, dag_settings=SimpleNamespace(forceall=forceall))


def test_forced_jobs_make_their_results_again(job, store):
    run, made = job
    _, forced = run(K)
    _, other = run("other", "second")
    _kept.forget_forced(workflow((forced, True), (other, False), (["nowhere.h5"], True)), store)
    assert not run(K)[0] and run("other", "second")[0] and made == [K, "other", K]


def test_all_of_them(job, store):
    run, made = job
    run(K)
    run("other", "second")
    _kept.forget_forced(workflow(forceall=True), store)
    assert not run(K)[0] and not run("other", "second")[0]


def test_the_trainings_in_a_forced_table_are_forgotten_as_well(store, tmp_path):
    made: list = []
    for key in ("a", "b"):
        outputs, make = table(tmp_path / f"{key}.h5", key, made)
        once(store, key, outputs, make)
    both = tmp_path / "found.h5"
    write_architectures(
        both,
        [ONE],
        {"x": np.array([1.0])},
        space=SPACE,
        kind="standalone",
        key="k",
        keys=["a", "b"],
        settings={},
        code=[],
        inputs="",
    )
    _kept.forget_forced(workflow(([both], True)), store)
    assert not list((store / "kept").iterdir())


# How much is kept


@pytest.fixture
def filled(store):
    """Five files of 2 MiB, of which the third is in its place; the first is the oldest."""
    (store / "kept").mkdir(parents=True)
    for number in range(5):
        path = store / "kept" / f"{number}.h5"
        path.write_bytes(bytes(2**21))
        os.utime(path, (1e9 + number, 1e9 + number))
    os.link(store / "kept" / "2.h5", store.parent / "in its place.h5")
    return store


def test_the_oldest_of_what_is_in_no_place_goes_first(filled):
    said = _kept.prune(filled, most=2**22)
    assert sorted(path.name for path in (filled / "kept").iterdir()) == ["2.h5", "3.h5", "4.h5"]
    assert "2 results of other settings, 4 MB (at most 4 MB)" in said and "may be removed" in said
    shutil.rmtree(filled)
    assert (filled.parent / "in its place.h5").exists() and _kept.prune(filled) == ""


def test_what_is_in_its_place_does_not_count(filled):
    for number in (0, 1, 3, 4):
        (filled / "kept" / f"{number}.h5").unlink()
    assert _kept.prune(filled, most=0) == "" and (filled / "kept" / "2.h5").exists()


def test_little_is_not_worth_a_line(store, tmp_path):
    (store / "kept").mkdir(parents=True)
    (store / "kept" / "a.json").write_text(json.dumps({}))
    assert _kept.prune(store) == "" and (store / "kept" / "a.json").exists()
