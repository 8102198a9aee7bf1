"""What decides no result reruns nothing; what has to run again computes nothing again; every remedy works."""

import hashlib
import io
import json
import os
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from fsnas.artifacts.dataset import read_key
from fsnas.cli import main
from fsnas.spaces import architectures
from tests.support.damage import flip
from tests.support.space import SPACE
from tests.workflow.conftest import assert_same_results, copy_checkout, snakemake
from tests.workflow.test_reruns import COMPARED, TINY, config, planned

SMALL = {
    "seeds": [0],
    "data": {"name": "mine", "source": "imagefolder", "folder": "images", "crop_padding": 0},
    "method": {"max_leaves": 2, "batch_size": 8, "repetitions": 1},
    "supernet": {"batch_size": 8},
    "methods": ["snip"],
    "leaves": {"methods": ["snip"], "total_epochs": 2},
    "evaluation": {"architectures": 5},
    "search": {"samplers": ["random"]},
    "truth": {"source": "csv", "file": "truth.csv", "column": "Accuracy", "architecture_column": "Architecture"},
    "proxies": {"metrics": ["grasp"], "batch_size": 8, "architectures": 2},
}


def write_images(folder: Path, seed: int = 0) -> None:
    """Twelve images for training and four for tests in each of two classes."""
    rng = np.random.default_rng(seed)
    for part, count in (("train", 12), ("test", 4)):
        for name in ("cat", "dog"):
            place = folder / part / name
            place.mkdir(parents=True)
            for i in range(count):
                Image.fromarray(rng.integers(256, size=(8, 8, 3), dtype=np.uint8)).save(place / f"{i}.png")


@pytest.fixture(scope="module")
def brought(tmp_path_factory) -> Path:
    """A finished run on images and a truth that the user brings."""
    folder = copy_checkout(tmp_path_factory.mktemp("brought") / "run")
    write_images(folder / "images")
    rows = [f"{i / 200},{SPACE.architecture_string(a)}" for i, a in enumerate(architectures(SPACE.full()), start=400)]
    (folder / "truth.csv").write_text("\n".join(["Accuracy,Architecture", *rows, ""]))
    config(**SMALL)(folder)
    snakemake(folder, "--cores", "2", *TINY)
    return folder


@pytest.fixture
def run(brought, tmp_path) -> Path:
    """The same, of one's own, in another place; its images lie where they lay."""
    folder = shutil.copytree(brought, tmp_path / "run", ignore=shutil.ignore_patterns("images"))
    config(data={"folder": f"{brought}/images"})(folder)
    return folder


def trained(folder: Path) -> set[str]:
    """The logs of the jobs that trained something."""
    logs = (folder / "results-tiny/logs").rglob("*.log")
    return {path.stem for path in logs if re.search(r"epoch \d+/\d+", path.read_text())}


def renamed(folder: Path) -> None:
    (folder / "truth.csv").rename(folder / "elsewhere.csv")
    config(truth={"file": str(folder / "elsewhere.csv")})(folder)


def linked(folder: Path) -> None:
    images = yaml.safe_load((folder / "configs/tiny.yaml").read_text())["data"]["folder"]
    (folder / "link").symlink_to(images)
    config(data={"folder": "link/"})(folder)


def summed(folder: Path) -> None:
    file = Path(yaml.safe_load((folder / "configs/tiny.yaml").read_text())["truth"]["file"])
    config(truth={"sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest()})(folder)


SAME = {
    "another name of the folder of images": linked,
    "downloads allowed": config(data={"download": True}),
    "a file for a split that is not asked for": config(data={"split_file": "nowhere.txt"}),
    "the device that was found": config(device="cpu"),
    "another name of the file of the truth": renamed,
    "the checksum of the truth": summed,
    "memory for a file that is not read": config(truth={"mem_mb": 1}),
    "5 for 5.0": config(supernet={"grad_clip": 5}),
    "options of evolution, which is not asked for": config(search={"population": 7, "tournament": 3}),
    "the default of an option": config(metrics={"grasp": {"temperature": 1}}),
}
SAYING = {"summary", "draw proxies"} | COMPARED  # whose captions name the truth's file and the search


def test_what_decides_no_result_reruns_nothing_that_costs(run):
    for change in SAME.values():
        change(run)
    found, causes, _ = planned(run)
    assert found <= SAYING, causes


def test_a_wrong_checksum_of_the_truth_is_found_at_once(run):
    config(truth={"sha256": "0" * 64})(run)
    said = snakemake(run, "-n", *TINY, expect=1)
    assert "truth.sha256" in said and "Traceback" not in said


def test_a_result_of_another_device_is_made_again(run):
    """The card that is asked for is not here, so this is a dry run; the records go back to `auto` afterwards."""
    config(device="cuda")(run)
    found, causes, _ = planned(run)
    assert {"supernet 0", "leaf snip 0 0", "proxy grasp 0", "evaluate snip 0"} <= found and "data" not in found
    assert "1 supernet" in causes["device: cpu -> cuda"]
    config(device="auto")(run)
    assert planned(run).jobs == set()


def test_the_same_images_in_another_folder_are_read_again_and_nothing_is_trained(run, tmp_path):
    images = Path(yaml.safe_load((run / "configs/tiny.yaml").read_text())["data"]["folder"])
    shutil.copytree(images, tmp_path / "others")
    before = shutil.copytree(run / "results-tiny", tmp_path / "before")
    config(data={"folder": str(tmp_path / "others")})(run)
    assert "data" in planned(run).jobs
    snakemake(run, "--cores", "2", *TINY)
    assert not trained(run) and planned(run).jobs == set()
    for name in ("supernet.pt", "snip/leaves/0.pt", "snip/leaves/1.pt"):
        assert (before / "seed-0" / name).read_bytes() == (run / "results-tiny/seed-0" / name).read_bytes()
    write_images(tmp_path / "different", seed=1)
    config(data={"folder": str(tmp_path / "different")})(run)
    snakemake(run, "results-tiny/seed-0/supernet.pt", "--cores", "2", *TINY)
    assert trained(run) == {"supernet"} and read_key(run / "results-tiny/data/mine.h5")


# Damage, and what is advised


DAMAGED = [
    *("data/digits.h5", "seed-0/snip/level-0/scores.h5", "seed-1/snip/level-1/splits.json", "seed-0/random/tree.json"),
    *("seed-1/random/search.json", "seed-0/snip/evaluation.h5", "truth/standalone/3.h5", "proxies/snip-seed-0.h5"),
    *("tables/splits.csv", "seed-0/snip/leaves/1.json", "seed-1/random/leaves/3.pt"),
]


def test_the_remedy_of_every_damage_works_and_trains_nothing(tiny, tmp_path):
    """`fsnas inspect` names the damage and what to do, which makes the file again, and the same."""
    folder = shutil.copytree(tiny[0], tmp_path / "run")
    for name in DAMAGED:
        path = folder / "results-tiny" / name
        flip(path)
        said = inspect(path)
        assert "run again" in said, said
        for file in (path, path.with_suffix(".json"))[: 1 + ("both files" in said)]:
            file.unlink()
    for log in (folder / "results-tiny/logs").rglob("*.log"):
        log.unlink()
    snakemake(folder, "--cores", "2", *TINY)
    assert_same_results(tiny[0] / "results-tiny", folder / "results-tiny")
    assert not trained(folder)
    assert planned(folder).jobs == set()


def inspect(path: Path) -> str:
    """What `fsnas inspect` says of a damaged file."""
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(said):
        assert main(["inspect", str(path)]) != 0
    return " ".join(said.getvalue().split())


def test_a_method_of_several_metrics_takes_over_the_scores_that_others_have_at_the_root(tiny, tmp_path):
    folder = shutil.copytree(tiny[0], tmp_path / "run")
    entries = ["snip", "random", {"both": {"metrics": ["random", "snip"]}}]
    config(methods=entries, leaves={"methods": ["snip"]})(folder)
    splits = "results-tiny/seed-0/both/level-0/splits.json"
    assert planned(folder).jobs >= {f"joint_scores {metric} both 0 0" for metric in ("snip", "random")}
    snakemake(folder, splits, "--cores", "1", *TINY)
    for metric in ("snip", "random"):
        assert (
            "taken over, not computed" in (folder / f"results-tiny/logs/seed-0/both/scores-0-{metric}.log").read_text()
        )
        own, theirs = (
            folder / f"results-tiny/seed-0/{at}"
            for at in (f"both/level-0/scores-{metric}.h5", f"{metric}/level-0/scores.h5")
        )
        assert own.read_bytes() == theirs.read_bytes()


def test_one_digit_in_a_split_trains_no_leaf(tiny, tmp_path):
    folder = shutil.copytree(tiny[0], tmp_path / "run")
    splits = folder / "results-tiny/seed-0/snip/level-0/splits.json"
    content = json.loads(splits.read_text())
    content["nodes"][0]["cost"] += 1
    splits.write_text(json.dumps(content))
    leaf = "results-tiny/seed-0/snip/leaves/0.pt"
    assert "leaf snip 0 0" in planned(folder).jobs
    snakemake(folder, leaf, "--cores", "2", *TINY)
    assert "taken over" in (folder / "results-tiny/logs/seed-0/snip/leaves/0.log").read_text()
    assert (folder / leaf).read_bytes() == (tiny[0] / leaf).read_bytes()
    snakemake(folder, leaf, "--forcerun", "leaf", "--cores", "2", *TINY)
    assert "epoch 1/1" in (folder / "results-tiny/logs/seed-0/snip/leaves/0.log").read_text(), "forced is forced"


def test_inputs_from_the_future_throw_nothing_away(tiny, tmp_path):
    """A node whose clock is ahead, or a copied file: what was trained stays, and stays in later runs."""
    folder = shutil.copytree(tiny[0], tmp_path / "run")
    data, root = (folder / "results-tiny" / name for name in ("data/digits.h5", "seed-0/supernet.pt"))
    future = data.stat().st_mtime + 6 * 3600
    os.utime(data, (future, future))
    assert planned(folder).jobs == set()
    root.unlink()
    shutil.rmtree(folder / "results-tiny/.state")
    snakemake(folder, "results-tiny/seed-0/supernet.pt", "--cores", "2", *TINY)
    assert root.read_bytes() == (tiny[0] / "results-tiny/seed-0/supernet.pt").read_bytes()
    assert "supernet 0" not in planned(folder).jobs
