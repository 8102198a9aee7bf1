"""NATS-Bench's topology archive, made here by the package's own classes; what is no such archive is refused."""

import bz2
import hashlib
import pickle
import subprocess
import tarfile
from collections import OrderedDict

import numpy as np
import pytest
from nats_bench import NATStopology
from nats_bench.api_utils import ArchResults, ResultsCount, pickle_load, pickle_save

from fsnas.benchmark.sources import check, natsbench
from fsnas.benchmark.trials import SETS
from fsnas.errors import DataError
from tests.support.damage import Trap, put
from tests.support.messages import pattern
from tests.support.space import SPACE

META = [*SPACE.strings()[4000:4002], *SPACE.strings()[-2:]]  # with the operation none, and without
SHOWN = {
    "cifar10-valid": {"x-valid": "valid-accuracy", "ori-test": "test-accuracy"},
    "cifar10": {"ori-test": "test-accuracy"},
    "cifar100": {"x-valid": "valid-accuracy", "x-test": "test-accuracy", "ori-test": "valtest-accuracy"},
    "ImageNet16-120": {"x-valid": "valid-accuracy", "x-test": "test-accuracy", "ori-test": "valtest-accuracy"},
}


def trial(index, dataset, seed, epochs, name):
    """A trial with drawn numbers, as AutoDL-Projects' tss-collect.py puts one together."""
    rng = np.random.default_rng([index, seed, epochs, len(dataset)])
    by_epoch = {epoch: float(rng.uniform(0, 100)) for epoch in range(epochs)}
    config = {"channel": 16, "num_cells": 5, "arch_str": name, "class_num": 10}
    params = np.float64(0.3)  # as numpy counts them
    result = ResultsCount(dataset, None, by_epoch, by_epoch, params, 3.4, config, seed, epochs, [0.01])
    if epochs == 12:
        result.update_train_info(by_epoch, by_epoch, by_epoch, dict(by_epoch))
        every = {f"{of}@{epoch}": float(rng.uniform(0, 100)) for of in SETS[dataset] for epoch in range(epochs)}
        result.update_eval(every, every, every)
    else:  # an older training: some sets were evaluated at the end only
        for of in SETS[dataset]:
            seen = range(epochs) if of == SETS[dataset][-1] else [epochs - 1]
            values = {epoch: float(rng.uniform(0, 100)) for epoch in seen}
            result.update_OLD_eval(of, values, values)
        result.reset_pseudo_train_times(float(rng.uniform(1, 2)))
    return result


def infos(index, name):
    """What the archive holds of one architecture: trainings of 12 epochs, and of 200 with as many seeds as it has."""
    found = OrderedDict()
    for training, seeds in (("12", [111, 777]), ("200", [777, 888, 999][: 1 + index % 3])):
        results = ArchResults(index, name)
        for dataset in SETS:
            for seed in seeds:
                results.update(dataset, seed, trial(index, dataset, seed, int(training), name))
        results.clear_params()
        found[training] = results.state_dict()
    return found


def write_archive(folder, strings=META, digits=6):
    """Write the archive of some architectures into ``folder``, which is returned."""
    folder.mkdir(parents=True)
    meta = {"meta_archs": list(strings), "total_archs": len(strings), "arch2infos": None, "evaluated_indexes": set()}
    pickle_save(meta, str(folder / "meta.pickle"))
    for index, name in enumerate(strings):
        pickle_save(infos(index, name), str(folder / f"{index:0{digits}d}.pickle"))
    return folder


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("nats") / natsbench.ARCHIVE)


@pytest.fixture
def copy(archive, tmp_path):
    """An archive of one's own."""
    folder = tmp_path / natsbench.ARCHIVE
    folder.mkdir()
    for file in archive.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def tarred(folder):
    path = folder.with_suffix(".tar")
    with tarfile.open(path, "w") as file:
        file.add(folder, folder.name)
    return path


def test_the_package_itself_gives_the_same_numbers(archive):
    check("natsbench", archive)
    names, columns = natsbench.read(archive)
    assert names == META and len(columns) > 50
    api, compared = NATStopology(str(archive), fast_mode=True, verbose=False), 0
    for column, values in columns.items():
        dataset, _, rest = column.partition("_")
        quantity, _, how = rest.partition("_accuracy_" if "_accuracy_" in rest else "_seconds_")
        epochs, _, seed = how.partition("_epochs_")
        field = {"train": "train-all-time", **SHOWN[dataset]}[quantity]
        for index, value in enumerate(values):
            if np.isnan(value):
                assert epochs == "200" and int(seed.removeprefix("seed_")) > 777 + 111 * (index % 3)
                continue
            which = False if seed == "mean" else int(seed.removeprefix("seed_"))
            info = _info(api, index, dataset, epochs, which)
            np.testing.assert_allclose(value, info[field], rtol=1e-12, err_msg=column)
            compared += 1
    assert compared > 200


def _info(api, index, dataset, epochs, which):
    """`get_more_info`, which wants times of every evaluation that the older trainings have not."""
    for state in api.arch2infos_dict.get(index, {}).values():
        for result in state.all_results.values():
            result.eval_times = {}
    try:
        return api.get_more_info(index, dataset, hp=epochs, is_random=which)
    except ValueError:  # the first time it is loaded
        return _info(api, index, dataset, epochs, which)


def test_a_tar_is_read_as_the_folder_in_it(archive, tmp_path, copy):
    names, columns = natsbench.read(archive)
    for other in (tarred(copy), write_archive(tmp_path / "digits", digits=1)):
        check("natsbench", other)
        others, found = natsbench.read(other)
        assert others == names and list(found) == list(columns)
        for name, values in columns.items():
            np.testing.assert_array_equal(found[name], values)


def test_one_file_is_in_memory_at_a_time_and_those_outside_the_space_are_not_read(copy, monkeypatch):
    small = SPACE.with_operations([name for name in SPACE.operations if name != "none"])
    held = [name for name in META if "none" not in name]
    assert 0 < len(held) < len(META), "the test is none"
    for index, name in enumerate(META):
        if name not in held:
            (copy / f"{index:06d}.pickle.pbz2").write_bytes(b"not even a pickle")
    assert natsbench.read(copy, space=small)[0] == held


def test_the_hash_of_a_folder_is_that_of_its_files_in_order(copy):
    shell = subprocess.run("cat *.pickle.pbz2 | sha256sum", shell=True, cwd=copy, capture_output=True, text=True)
    found = shell.stdout.split()[0]
    (copy / ".DS_Store").write_text("hidden")
    assert natsbench.read(copy, sha256=found)[0] == META
    file = tarred(copy)
    assert natsbench.read(file, sha256=hashlib.sha256(file.read_bytes()).hexdigest())[0] == META
    for path in (copy, file):
        with pytest.raises(DataError, match=f"its sha256 is .*, expected {'0' * 64}.* was not opened"):
            natsbench.read(path, sha256="0" * 64)


def test_a_trap_is_not_sprung(copy, tmp_path):
    sprung = tmp_path / "sprung"
    for name in ("000001.pickle.pbz2", "meta.pickle.pbz2"):
        (copy / name).write_bytes(bz2.compress(pickle.dumps({"meta_archs": Trap(sprung)}, 4)))
        with pytest.raises(
            DataError, match=rf"{name} cannot be read .*names \S+, which is not read: it could run any c"
        ):
            natsbench.read(copy)
    assert not sprung.exists()
    pickle_load(copy / "meta.pickle")
    assert sprung.exists(), "the trap is none"


SECOND = "000001.pickle.pbz2"
WRONG = {
    "no field": ({("200",): ...}, "field '200' cannot be read (KeyError"),
    "another architecture": ({("12", "arch_str"): META[3]}, "field '12' .*arch_str is .*, but meta_archs has"),
    "other epochs": ({("200", "all_results", ("cifar10", 777), "epochs"): 90}, "field '200' .*90 epochs, expected 200"),
    "no last epoch": (
        {("12", "all_results", ("cifar10", 777), "eval_acc1es"): {}},
        "field '12' .*KeyError: 'ori-test@11'",
    ),
    "a text": ({("12",): "other.pickle"}, "field '12' .*found a str, expected a dict"),
    "a seed less": ({("12", "all_results", ("cifar10", 777)): ...}, "field '12' .*KeyError"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_field_is_named_with_its_file(changes, message, copy):
    content = pickle_load(copy / "000001.pickle")
    for field, value in changes.items():
        put(content, field, value)
    pickle_save(content, str(copy / "000001.pickle"))
    with pytest.raises(DataError, match=rf"{SECOND}, {pattern(message)}.*; expected NATS-tss-v1_0-3ffb9-simple: down"):
        natsbench.read(copy)


def meta(copy, strings):
    pickle_save({"meta_archs": strings}, str(copy / "meta.pickle"))


def no_meta(copy):
    (copy / "meta.pickle.pbz2").unlink()


def no_file(copy):
    (copy / SECOND).unlink()


OTHERS = {
    "no meta file": (no_meta, "meta.pickle.pbz2 is missing; expected NATS-tss-v1_0-3ffb9-simple, whole"),
    "a file less": (no_file, f"{SECOND} is missing, like 1 of 4 such files; expected"),
    "the size space": (lambda copy: meta(copy, ["8:8:8:8:8"]), "names architectures like '8:8:8:8:8', those of the s"),
    "another space": (lambda copy: meta(copy, ["|conv~0|"]), "meta_archs[0] cannot be read .*cannot read 'conv~0'"),
    "one twice": (lambda copy: meta(copy, META[:1] * 2), "meta_archs[1] cannot be read .* is there already"),
    "no list": (lambda copy: meta(copy, {}), "meta_archs is '{}', expected a list"),
    "a damaged meta file": (
        lambda copy: (copy / "meta.pickle.pbz2").write_bytes(b"BZh"),
        "meta.pickle.pbz2 cannot be read",
    ),
}


@pytest.mark.parametrize(("change", "message"), OTHERS.values(), ids=OTHERS)
def test_another_archive_and_one_that_is_not_whole_are_refused_at_once(change, message, copy):
    change(copy)
    for path in (copy, tarred(copy)):
        if path == copy or change is not no_meta:
            with pytest.raises(DataError, match=pattern(message)):
                check("natsbench", path)
        with pytest.raises(DataError, match=pattern(message)):
            natsbench.read(path)


def test_what_is_no_archive_is_refused(tmp_path, copy):
    with pytest.raises(DataError, match=r"is a folder, expected the topology archive of NATS-Bench"):
        natsbench.read(tmp_path)
    with pytest.raises(DataError, match=r"none: no such file; correct truth.file"):
        natsbench.read(tmp_path / "none")
    file = tarred(copy)
    file.write_bytes(file.read_bytes()[:3000])
    with pytest.raises(DataError, match=r"\.tar: (the \.tar cannot be read|\S+ (is missing|cannot be read))"):
        natsbench.read(file)
