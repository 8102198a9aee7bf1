"""Print what a job costs beside its work: trivial scoring jobs of the tiny preset, one after the other, on one core.

    python -m benchmarks.overhead [JOBS]

Each repetition imports torch in a process, and scores the supernets of JOBS seeds and of half as many with `random`:
what one more job takes is the difference, without the start of Snakemake.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.workflow.conftest import copy_checkout, snakemake

REPETITIONS = 5


def seconds(folder: Path, jobs: int) -> float:
    """Return how long a run takes whose ``jobs`` jobs each score a root with `random`."""
    seeds = range(jobs)
    targets = [f"results-tiny/seed-{seed}/random/level-0/scores.h5" for seed in seeds]
    for target in targets:
        (folder / target).unlink(missing_ok=True)
    start = time.perf_counter()
    snakemake(folder, *targets, "--cores", "1", "--configfile", "configs/tiny.yaml", "--config", f"seeds={[*seeds]}")
    return time.perf_counter() - start


def main(jobs: int) -> None:
    """Print a Markdown table."""
    with tempfile.TemporaryDirectory() as name:
        folder = copy_checkout(Path(name))
        seconds(folder, jobs)  # trains the supernets
        imports, each = [], []
        for _ in range(REPETITIONS):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import torch"], check=True)
            imports.append(time.perf_counter() - start)
            few, many = seconds(folder, jobs // 2), seconds(folder, jobs)
            each.append((many - few) / (jobs - jobs // 2))
    print("| what | seconds (median) | lowest | highest |\n| --- | --- | --- | --- |")
    for what, found in (("a process that imports torch", imports), ("one more job of a run", each)):
        print(f"| {what} | {statistics.median(found):.2f} | {min(found):.2f} | {max(found):.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
