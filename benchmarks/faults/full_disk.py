"""Fill the disk before each stage of the tiny run; the stage must fail clearly, leave nothing cut off, and go on after.

    sudo python benchmarks/faults/full_disk.py

The results lie on a tmpfs of 60 MB, which only root can mount. Before a stage is run all but 4 KB are filled; then the
space is given back and the run goes on. The end is compared with a run that never met a full disk.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from fsnas.artifacts.lineage import read_lineage  # noqa: E402
from tests.workflow.conftest import assert_same_results, copy_checkout, snakemake  # noqa: E402

LEFT = 4096  # bytes
STAGES = [
    "data/digits.h5",
    "seed-0/supernet.pt",
    "seed-0/snip/level-0/scores.h5",
    "seed-0/snip/level-0/splits.json",
    "seed-0/snip/tree.json",
    "seed-0/snip/leaves/0.pt",
    "truth/standalone/0.h5",
    "truth/standalone.h5",
    "seed-0/snip/evaluation.h5",
    "seed-0/snip/search.json",
    "seed-0/snip/found.h5",
    "proxies/snip-seed-0.h5",
    "tables/splits.csv",
    "tables/split_distance.csv",
    "tables/rank_correlation.csv",
    "tables/proxies.csv",
    "figures/figure-1a.png",
    "figures/trees/snip-seed-0.png",
    "figures/training.png",
    "figures/cost.png",
    "summary.txt",
]


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a tmpfs at ``folder``."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Fill ``disk`` while the block runs."""
    filler = disk / "filler"
    try:
        with filler.open("wb") as file:
            status = os.statvfs(disk)
            os.posix_fallocate(file.fileno(), 0, status.f_bavail * status.f_frsize - LEFT)
        yield
    finally:
        filler.unlink()


def arguments(disk: Path, *targets: str) -> list[str]:
    """Return the command line of a run with its results on ``disk``."""
    results = disk / "results-tiny"
    named = [str(results / target) for target in targets]
    return [*named, "--cores", "2", "--configfile", "configs/tiny.yaml", "--config", f"outdir={results}"]


def meet_full_disk(folder: Path, disk: Path, target: str) -> str:
    """Make all that ``target`` needs, then ``target`` on a full disk, then with space again; return what was said.

    Nothing that lies under a final name may be cut off, and no temporary file may be left.
    """
    snakemake(folder, *arguments(disk, target), "--omit-from", str(disk / "results-tiny" / target))
    with full(disk):
        said = snakemake(folder, *arguments(disk, target), expect=1)
    for path in (disk / "results-tiny").rglob("*"):
        assert not (path.is_file() and path.name.startswith(".") and path.parent.name != ".state"), path
        if path.is_file() and not {"logs", "benchmarks", ".state"} & set(path.parts):
            read_lineage(path)
    snakemake(folder, *arguments(disk, target))
    return next(line for line in said.splitlines() if "No space left on device" in line)


def main() -> None:
    """Meet a full disk at every stage."""
    with tempfile.TemporaryDirectory(prefix="full-disk-") as base:
        reference, folder = (copy_checkout(Path(tempfile.mkdtemp(dir=base))) for _ in range(2))
        snakemake(reference, "--cores", "2", "--configfile", "configs/tiny.yaml")
        with small_disk(Path(base, "disk")) as disk:
            for target in STAGES:
                print(f"{target}: {meet_full_disk(folder, disk, target)}", flush=True)
            snakemake(folder, *arguments(disk))
            assert_same_results(reference / "results-tiny", disk / "results-tiny")
    print(f"{len(STAGES)} stages met a full disk; the end is the same as that of a run that never did")


if __name__ == "__main__":
    main()
