"""What a job has made is not made again: recognised by its key, taken over whole, forgotten when that is asked for."""

import json
import os
import shutil
from pathlib import Path

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


def write(path: Path, key: str, **lineage) -> None:
    """The file of a kind, by its suffix."""
    if path.suffix == ".pt":
        write_checkpoint(path, random_network(1), key=key, record={}, settings={}, seed=0, dataset="digits")
    elif path.suffix == ".json":
        write_training_cost(path, TrainingCost(1, 2.0, 26, "cpu", key=key), **lineage)
    else:
        about = {"kind": "standalone", "settings": {}, **lineage}
        write_architectures(path, [ONE], {"accuracy": np.array([90.0])}, space=SPACE, key=key, **about)


OUTPUTS = {"training": ("leaves/0.pt", "leaves/0.json"), "table": ("found.h5",)}


@pytest.fixture(params=OUTPUTS.values(), ids=OUTPUTS)
def job(request, store, tmp_path):
    """Run a job with a key in one of two places; the last argument tells which made anything."""
    made: list = []

    def run(key: str, place: str = "first") -> tuple[bool, list[Path]]:
        outputs = [tmp_path / "results" / place / name for name in request.param]
        for output in outputs:  # as Snakemake does before it runs a job
            output.unlink(missing_ok=True)
        found = _kept.take_over(store, key, list(map(str, outputs)), LINEAGES[place])
        if not found:
            made.append(key)
            for output in outputs:
                write(output, key, **LINEAGES[place])
            _kept.keep(store, key, list(map(str, outputs)))
        return found, outputs

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


SPOILT = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "flipped": flip,
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "of another key": lambda path: write(path, "other"),
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


def test_forced_jobs_make_their_results_again(job, store):
    run, made = job
    _, forced = run(K)
    run("other", "second")
    _kept.forget(store, [*map(Path, forced), Path("nowhere.h5")])
    assert not run(K)[0] and run("other", "second")[0] and made == [K, "other", K]


def test_all_of_them(job, store):
    run, made = job
    run(K)
    run("other", "second")
    _kept.forget(store, None)
    assert not run(K)[0] and not run("other", "second")[0]


def test_the_trainings_in_a_forced_table_are_forgotten_as_well(store, tmp_path):
    for key in ("a", "b"):
        write(tmp_path / f"{key}.h5", key)
        _kept.keep(store, key, [str(tmp_path / f"{key}.h5")])
    write(tmp_path / "found.h5", "k", keys=["a", "b"])
    assert len(list((store / "kept").iterdir())) == 2
    _kept.forget(store, [tmp_path / "found.h5"])
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
