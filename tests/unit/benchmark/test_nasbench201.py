"""NAS-Bench-201's official file, made here by the package's own classes; what is no such file is refused."""

import hashlib
import math
import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch
from nas_201_api import ArchResults, NASBench201API, ResultsCount

from fsnas.benchmark.sources import nasbench201
from fsnas.benchmark.trials import SETS
from fsnas.errors import ConfigError, DataError
from tests.support.damage import Trap, put
from tests.support.messages import pattern
from tests.support.space import SPACE

META = SPACE.strings()[4000:4006]
EPOCHS = {"less": 12, "full": 200}
# Index in META: seeds of the 200-epoch trainings by data set. Index 1 and 4 were not evaluated.
SEEDS = {
    0: dict.fromkeys(SETS, [777, 888, 999]),
    2: dict.fromkeys(SETS, [777]),
    3: {"cifar10-valid": [777, 999], "cifar10": [777, 888], "cifar100": [888], "ImageNet16-120": [777, 999]},
    5: {"cifar10": [888, 999], "cifar10-valid": [888]},
}
LESS = {"cifar10-valid": [111, 777], "cifar10": [777], "cifar100": [777], "ImageNet16-120": [777]}
OLD = (5, "cifar10-valid", 888)  # a trial of the first version: test accuracies at the end only, no times


# The official file


def trial(values, index, dataset, seed, epochs):
    """A trial with drawn numbers; those that a table should show are noted in ``values``."""
    rng = np.random.default_rng([index, seed, epochs, len(dataset)])
    by_epoch = {e: float(rng.uniform(0, 100)) for e in range(epochs)}
    config = {"channel": 16, "num_cells": 5, "arch_str": META[index], "class_num": 10}
    weights = {"classifier.weight": torch.ones(2)}
    result = ResultsCount(dataset, weights, by_epoch, by_epoch, 1.2, 3.4, config, seed, epochs, [0.01])
    sets = {name: {e: float(rng.uniform(0, 100)) for e in range(epochs)} for name in SETS[dataset]}
    if epochs == 200 and (index, dataset, seed) == OLD:
        result.update_OLD_eval("x-valid", sets["x-valid"], by_epoch)
        result.update_OLD_eval("ori-test", {epochs - 1: sets["ori-test"][epochs - 1]}, {epochs - 1: 0.5})
    else:
        times = OrderedDict((e, float(rng.uniform(1, 2))) for e in range(epochs))
        result.update_train_info(by_epoch, by_epoch, by_epoch, times)
        every = {f"{name}@{e}": value for name, one in sets.items() for e, value in one.items()}
        result.update_eval(every, every, every)
        values[META[index], f"{dataset}_train_seconds_{epochs}_epochs_seed_{seed}"] = math.fsum(times.values())
    for name, one in sets.items():
        values[META[index], f"{dataset}_{name}_accuracy_{epochs}_epochs_seed_{seed}"] = one[epochs - 1]
    return result


def official():
    """The content of a small official file, and its numbers by architecture and column."""
    values, infos = {}, {}
    for index, full in SEEDS.items():
        infos[index] = {}
        for training, epochs in EPOCHS.items():
            results = ArchResults(index, META[index])
            for dataset, seeds in (LESS if training == "less" else full).items():
                for seed in seeds:
                    results.update(dataset, seed, trial(values, index, dataset, seed, epochs))
            infos[index][training] = results.state_dict()
    content = {"meta_archs": list(META), "total_archs": len(META), "arch2infos": infos, "evaluated_indexes": {*SEEDS}}
    return content, values


@pytest.fixture
def file(tmp_path):
    return save(tmp_path, official()[0])


def save(folder, content):
    torch.save(content, folder / "NAS-Bench-201.pth")
    return folder / "NAS-Bench-201.pth"


def test_every_number_is_the_one_that_was_put_in(file):
    values = official()[1]
    names, columns = nasbench201.read(file)
    assert names == [META[index] for index in SEEDS]
    seeds = {name for name in columns if not name.endswith("_mean")}
    assert seeds == {column for _, column in values}
    for name in seeds:
        assert columns[name].dtype == np.float64
        expected = [values.get((architecture, name), np.nan) for architecture in names]
        np.testing.assert_allclose(columns[name], expected, rtol=1e-12)


def test_a_mean_is_over_the_seeds_that_an_architecture_has(file):
    names, columns = nasbench201.read(file)
    means = [name for name in columns if name.endswith("_mean")]
    assert len(means) == 2 * (2 + 1 + 3 + 3 + 4)
    for mean in means:
        seeds = [values for name, values in columns.items() if name.startswith(mean.removesuffix("mean") + "seed_")]
        for i in range(len(names)):
            known = [values[i] for values in seeds if not np.isnan(values[i])]
            np.testing.assert_allclose(columns[mean][i], np.mean(known) if known else np.nan, rtol=1e-12)
    assert math.isnan(columns["cifar100_x-test_accuracy_200_epochs_mean"][3])
    assert math.isnan(columns["cifar10_ori-test_accuracy_200_epochs_seed_999"][1])


SHOWN = {
    "cifar10-valid": {"x-valid": "valid-accuracy", "ori-test": "test-accuracy"},
    "cifar10": {"ori-test": "test-accuracy"},
    "cifar100": {"x-valid": "valid-accuracy", "x-test": "test-accuracy", "ori-test": "valtest-accuracy"},
    "ImageNet16-120": {"x-valid": "valid-accuracy", "x-test": "test-accuracy", "ori-test": "valtest-accuracy"},
}


def test_the_package_itself_gives_the_same_numbers(file):
    names, columns = nasbench201.read(file)
    api, compared = NASBench201API(official()[0], verbose=False), 0
    for column, values in columns.items():
        dataset, _, rest = column.partition("_")
        quantity, _, how = rest.partition("_accuracy_" if "_accuracy_" in rest else "_seconds_")
        epochs, _, seed = how.partition("_epochs_")
        field = {"train": "train-all-time", **SHOWN[dataset]}[quantity]
        which = False if seed == "mean" else int(seed.removeprefix("seed_"))
        for name, value in zip(names, values, strict=True):
            if not np.isnan(value):
                info = api.get_more_info(api.query_index_by_arch(name), dataset, hp=epochs, is_random=which)
                np.testing.assert_allclose(value, info[field], rtol=1e-12)
                compared += 1
    assert compared > 200


def test_architectures_leave_memory_once_they_are_read(file, monkeypatch):
    content, left = official()[0], []
    numbers = nasbench201.numbers_of
    monkeypatch.setattr(nasbench201, "load_torch", lambda path: content)
    monkeypatch.setattr(
        nasbench201, "numbers_of", lambda *args: left.append(len(content["arch2infos"])) or numbers(*args)
    )
    nasbench201.read(file)
    assert left == [3, 3, 2, 2, 1, 1, 0, 0]


@pytest.mark.parametrize("format_of", ["1.6 and later", "before"])
def test_the_two_formats_of_torch_are_read_alike(format_of, tmp_path):
    torch.save(official()[0], tmp_path / "a.pth", _use_new_zipfile_serialization=format_of != "before")
    names, columns = nasbench201.read(tmp_path / "a.pth")
    others, expected = nasbench201.read(save(tmp_path, official()[0]))
    assert names == others and list(columns) == list(expected)
    for name, values in columns.items():
        np.testing.assert_array_equal(values, expected[name])


def test_another_hash_is_refused_and_the_file_is_not_opened(tmp_path):
    path, sprung = save(tmp_path, {"meta_archs": Trap(tmp_path / "sprung")}), tmp_path / "sprung"
    before, found = path.read_bytes(), hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(DataError, match=rf"201\.pth: its sha256 is {found}, expected {'0' * 64}.* was not opened"):
        nasbench201.read(path, sha256="0" * 64)
    assert path.read_bytes() == before
    for given in ({"sha256": found}, {}):
        with pytest.raises(DataError, match=r"cannot be unpickled .* names \S+, which is not read: it could run any"):
            nasbench201.read(path, **given)
    assert not sprung.exists()
    torch.load(path, weights_only=False)
    assert sprung.exists(), "the trap is none"


def test_the_right_hash_in_any_case_is_taken(file):
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    assert nasbench201.read(file, sha256=found.upper())[0] == nasbench201.read(file)[0]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_official_file_is_refused(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"201\.pth: cannot be unpickled .*; expected the official NAS-Bench-201 file"):
        nasbench201.read(file)


def test_what_is_no_official_file_is_refused(tmp_path):
    missing = tmp_path / "missing.pth"
    for given in ({}, {"sha256": "0" * 64}):
        with pytest.raises(DataError, match=r"missing\.pth: no such file; .*truth\.file"):
            nasbench201.read(missing, **given)
    with pytest.raises(DataError, match=r"is a folder, expected the official file of NAS-Bench-201; .*truth\.file"):
        nasbench201.read(tmp_path)
    (tmp_path / "table.csv").write_text("ArchitectureString,Accuracy\n")
    with pytest.raises(DataError, match=r"table\.csv: is text, .*if it is a CSV, set truth\.source to csv"):
        nasbench201.read(tmp_path / "table.csv")
    # A pickle that names a class which is not installed; the names are of one length, as the format wants.
    code = pickle.dumps(OrderedDict()).replace(b"collections", b"collectiens")
    (tmp_path / "unknown.pth").write_bytes(code)
    with pytest.raises(DataError, match=r"unknown\.pth: cannot be unpickled"):
        nasbench201.read(tmp_path / "unknown.pth")
    with pytest.raises(DataError, match=r"field 'top level' is a list, expected a dict with \['meta_archs'"):
        nasbench201.read(save(tmp_path, [1, 2]))
    with pytest.raises(DataError, match=r"field 'meta_archs' is missing, found \['weight', 'bias'\].*truth\.file"):
        nasbench201.read(save(tmp_path, torch.nn.Linear(2, 2).state_dict()))


def test_too_little_memory_is_said(file, monkeypatch):
    def load(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(nasbench201, "load_torch", load)
    with pytest.raises(DataError, match=r"201\.pth: not enough memory .* tens of GB; raise truth\.mem_mb"):
        nasbench201.read(file)


OF_2 = "arch2infos[2].full"  # with one trial on CIFAR-10
FIRST = ("arch2infos", 2, "full", "all_results", ("cifar10", 777))
LAST = (*FIRST, "eval_acc1es", "ori-test@199")
WRONG = {
    "no infos": ({"arch2infos": ...}, "'arch2infos' is missing"),
    "no indices": ({"evaluated_indexes": ...}, "'evaluated_indexes' is missing"),
    "another index": ({"evaluated_indexes": {*SEEDS, 4}}, "'evaluated_indexes' .*5 indices, not the same as the 4"),
    "an index less": ({"arch2infos[3]": ...}, "'evaluated_indexes' .*4 indices, not the same as the 3"),
    "indices no set": ({"evaluated_indexes": 7}, "'evaluated_indexes' cannot be read"),
    "a dict of names": ({"meta_archs": {}}, "'meta_archs' is a dict, expected a list"),
    "a list of infos": ({"arch2infos": []}, "'arch2infos' is '[]', expected a dict"),
    "nothing evaluated": ({"arch2infos": {}, "evaluated_indexes": []}, "'arch2infos' is '{}', expected"),
    "mixed indices": ({"arch2infos": {0: {}, "a": {}}, "evaluated_indexes": {0, "a"}}, "'arch2infos' cannot be read"),
    "too few names": ({"meta_archs[5]": ...}, "'meta_archs[5]' cannot be read (IndexError"),
    "unknown operation": ({"meta_archs[3]": "|conv~0|"}, "'meta_archs[3]' cannot be read .*cannot read 'conv~"),
    "no name": ({"meta_archs[3]": None}, "'meta_archs[3]' cannot be read"),
    "duplicate": ({"meta_archs[3]": META[0]}, "'meta_archs[3]' .*is there already"),
    "names in another order": ({"meta_archs": META[::-1]}, "[0].less' .*arch_str is .*, but meta_archs has"),
    "no 12 epochs": ({"arch2infos[2].less": ...}, "'arch2infos[2].less' .*KeyError: 'less'"),
    "no 200 epochs": ({OF_2: ...}, "'arch2infos[2].full' .*KeyError: 'full'"),
    "no results": ({"arch2infos[2]": None}, "'arch2infos[2].less' cannot be read"),
    "name of another file": ({OF_2: "other.pth"}, "'arch2infos[2].full' .*found a str, expected a dict"),
    "an empty state": ({OF_2: {}}, "'arch2infos[2].full' cannot be read"),
    "other data set": ({f"{OF_2}.dataset_seed.svhn": [777]}, "'arch2infos[2].full' .*dataset_seed has 'svhn'"),
    "seed twice": ({f"{OF_2}.dataset_seed.cifar10": [777, 777]}, "'cifar10': .*each seed once"),
    "seed without trial": ({f"{OF_2}.dataset_seed.cifar10": [777, 1]}, ".full' .*KeyError"),
    "no trial": (
        {f"arch2infos[{i}].{training}.dataset_seed": {} for i in SEEDS for training in EPOCHS},
        "'arch2infos' holds no trial",
    ),
    "trials switched": (
        {"arch2infos[2].less": official()[0]["arch2infos"][2]["full"]},
        "'arch2infos[2].less' .*a trial has 200 epochs, expected 12",
    ),
    "no last epoch": ({LAST: ...}, "KeyError: 'ori-test@199'"),
    "accuracy NaN": ({LAST: np.nan}, "on ori-test is nan, expected"),
    "accuracy above 100": ({LAST: 101.0}, "is 101.0, expected 0"),
    "accuracy a text": ({LAST: "high"}, "could not convert"),
    "a time less": ({(*FIRST, "train_times", 7): ...}, ".full' .*KeyError: 7"),
    "time infinite": ({(*FIRST, "train_times", 7): np.inf}, "train_times add up to inf"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_field_of_the_official_file_is_named(changes, message, tmp_path):
    content = official()[0]
    for field, value in changes.items():
        put(content, field, value)
    message = rf"201\.pth: field .*{pattern(message)}.*; expected the official NAS-Bench-201 file"
    with pytest.raises(DataError, match=message):
        nasbench201.read(save(tmp_path, content))


def test_an_official_file_in_fractions_is_refused(tmp_path):
    content, _ = official()
    for info in content["arch2infos"].values():
        for state in info.values():
            for trial_ in state["all_results"].values():
                trial_["eval_acc1es"] = {name: value / 100 for name, value in trial_["eval_acc1es"].items()}
    with pytest.raises(DataError, match=r"'arch2infos' holds accuracies up to 0\..*, expected percent, not fractions"):
        nasbench201.read(save(tmp_path, content))


@pytest.mark.parametrize("data", ["cifar10", "cifar100"])
def test_the_usual_truth_is_that_of_the_data_set(data):
    name = {"cifar10": "cifar10_ori-test", "cifar100": "cifar100_x-test"}[data] + "_accuracy_200_epochs_mean"
    assert nasbench201.column("a.pth", None, architecture_column="A", data=data) == name


@pytest.mark.parametrize("name", [None, "accuracy", "cifar10_x-valid_accuracy_200_epochs_mean"])
def test_a_column_that_the_official_file_cannot_have_is_refused(name):
    """CIFAR-10 trained on all images has no part that was held back."""
    found = repr(name) if name else "null, but for data.source 'digits' no column is the usual one"
    message = rf"truth\.column: found {found}, expected a column like cifar10_ori-test_acc"
    with pytest.raises(ConfigError, match=message):
        nasbench201.column("a.pth", name, architecture_column="A", data="digits")
