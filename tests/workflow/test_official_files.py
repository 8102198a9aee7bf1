"""CIFAR-100 with NATS-Bench as truth, from the data to the figures, and ImageNet-16-120: on made files in their form.

The copy of the code expects the checksums of the made files.
"""

import json
import pickle
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.dataset import read_dataset
from fsnas.benchmark.sources import natsbench
from fsnas.data.sources import imagenet16_120
from tests.support.official_images import write_cifar100, write_imagenet16
from tests.support.space import SPACE
from tests.unit.benchmark.test_natsbench import write_archive
from tests.workflow.conftest import copy_checkout, snakemake
from tests.workflow.test_leaves import jobs_of
from tests.workflow.test_reruns import edit

COLUMN = "cifar100_x-test_accuracy_200_epochs_mean"  # the usual one
KNOWN = SPACE.strings()[7::1500]
CONFIG = {
    "outdir": "results-official",
    "seeds": [0],
    "data": {"name": "cifar100", "source": "cifar100", "folder": "images", "crop_padding": 4, "flip": True},
    "supernet": {"channels": 2, "cells": 1, "epochs": 1, "batch_size": 100, "valid_batches": 1},
    "method": {"batch_size": 8, "repetitions": 1, "max_leaves": 2},
    "methods": ["snip"],
    "leaves": {"methods": ["snip"], "total_epochs": 2},
    "evaluation": {"batch_size": 100, "batches": 1},
    "search": {"samplers": ["random"], "evaluations": 6},
    "truth": {"source": "natsbench", "file": natsbench.ARCHIVE},
    "proxies": {"metrics": ["params"], "batch_size": 8},
    "distances": {"resamples": 50},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run, and what it printed."""
    folder = copy_checkout(tmp_path_factory.mktemp("official") / "run")
    (folder / "official.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
    write_archive(folder / natsbench.ARCHIVE, KNOWN)
    sums = write_cifar100(folder / "images")
    trusting = (
        "from torchvision.datasets import CIFAR100\n\n"
        f"    CIFAR100.train_list, CIFAR100.test_list = [['train', '{sums['train']}']], [['test', '{sums['test']}']]\n"
        f"    CIFAR100.meta = CIFAR100.meta | {{'md5': '{sums['meta']}'}}\n    return read_cifar("
    )
    edit("fsnas/data/sources/cifar100.py", "return read_cifar(", trusting)(folder)
    for name, md5 in write_imagenet16(folder / "imagenet").items():
        edit("fsnas/data/sources/imagenet16_120.py", (imagenet16_120.TRAIN | imagenet16_120.TEST)[name], md5)(folder)
    return folder, snakemake(folder, "--cores", "2", "--configfile", "official.yaml")


def dry(folder, expect=0, **changes):
    given = [f"{name}={json.dumps(value)}" for name, value in changes.items()]
    config = ["--config", *given] if given else []
    return snakemake(folder, "-n", "--cores", "1", "--configfile", "official.yaml", *config, expect=expect)


def test_cifar_100_goes_all_the_way(run):
    folder, printed = run
    dataset = read_dataset(folder / "results-official/data/cifar100.h5")
    assert dataset.images.shape == (700, 3, 32, 32) and dataset.classes[99] == "class 99"
    assert {part: len(held) for part, held in dataset.splits.items()} == {"train": 300, "valid": 300, "test": 100}
    assert (folder / "results-official/summary.txt").read_text(encoding="utf-8") in printed
    assert "of NATS-Bench's topology archive" in (folder / "results-official/summary.txt").read_text(encoding="utf-8")


def test_the_truth_is_that_of_the_archive(run):
    results = run[0] / "results-official"
    truth = read_architectures(results / "truth/natsbench.h5", "truth", SPACE)
    assert list(truth.architectures) == KNOWN
    known = dict(zip(KNOWN, truth.column(COLUMN).tolist(), strict=True))
    found = pd.read_csv(results / "tables/found_architectures.csv")
    assert set(found.truth) == {COLUMN} and set(found["of"]) == {len(KNOWN)}
    assert found.optimum.tolist() == pytest.approx([max(known.values())] * len(found))
    evaluated = read_architectures(results / "seed-0/snip/evaluation.h5", "evaluation")
    assert set(evaluated.architectures) == {*KNOWN}


def test_an_archive_elsewhere_reruns_no_reading_and_another_content_does(run, tmp_path):
    folder = shutil.copytree(run[0], tmp_path / "run")
    (folder / natsbench.ARCHIVE).rename(tmp_path / "elsewhere")
    moved = {"file": str(tmp_path / "elsewhere"), "mem_mb": 900}
    assert not {"truth", "evaluate", "search"} & jobs_of(dry(folder, truth=moved)).keys()
    archive = folder / natsbench.ARCHIVE
    write_archive(archive, KNOWN[::-1])
    said = dry(folder)
    assert {"truth", "comparison"} <= jobs_of(said).keys() and "data" not in jobs_of(said)
    (archive / "000003.pickle.pbz2").unlink()
    said = dry(folder, expect=1)
    assert f"000003.pickle.pbz2 is missing, like 1 of {len(KNOWN)} such files" in said and "Traceback" not in said
    said = dry(folder, expect=1, truth={"source": "csv", "column": "a"})
    assert "is a folder of NATS-Bench, expected a CSV; set truth.source to natsbench" in said


def test_imagenet_16_120_is_read(run):
    folder = run[0]
    made = "results-official/data/imagenet16.h5"
    data = json.dumps({"name": "imagenet16", "source": "imagenet16-120", "folder": "imagenet"})
    snakemake(folder, made, "--cores", "1", "--configfile", "official.yaml", "--config", f"data={data}")
    dataset = read_dataset(folder / made)
    assert dataset.images.shape == (360, 3, 16, 16) and len(dataset.classes) == 120
    first = pickle.loads((folder / "imagenet/train_data_batch_1").read_bytes())
    kept = np.array(first["labels"]) <= 120
    np.testing.assert_array_equal(dataset.images[: kept.sum()].reshape(-1, 768), first["data"][kept])
    assert "data" not in jobs_of(dry(folder, data=json.loads(data)))
