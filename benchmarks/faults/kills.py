"""Kill the tiny run at random moments, go on after each kill, and compare the end with a run that was never killed.

    python benchmarks/faults/kills.py --kills 50

Three ways, in turn: SIGKILL of the whole process group, SIGKILL of one job, SIGINT (Ctrl-C) of Snakemake. After each
the next ``snakemake`` must go on by itself, or ask for ``--unlock`` and go on after that. A run that reaches its end is
compared with the reference, file by file; then the next starts from nothing. Prints one line a kill and a summary.
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.workflow.conftest import assert_same_results, copy_checkout  # noqa: E402

SNAKEMAKE, TINY = [sys.executable, "-m", "snakemake"], ["--configfile", "configs/tiny.yaml"]
WAYS = ("SIGKILL of the group", "SIGKILL of a job", "SIGINT")


def start(folder: Path, *targets: str, cores: int = 2) -> subprocess.Popen:
    """Start Snakemake in a process group of its own; what it prints goes to ``printed.txt``."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with open(folder / "printed.txt", "w") as printed:
        return subprocess.Popen(
            [*SNAKEMAKE, *targets, "--cores", str(cores), *TINY],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            start_new_session=True,
        )


def members(group: int) -> dict[int, str]:
    """The processes of a group, with their command lines."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if int((path / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                found[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


def kill(run: subprocess.Popen, way: str, rng: random.Random) -> str:
    """Kill in one of the ways and wait until nothing is left; return what was killed."""
    if way == "SIGKILL of the group":
        os.killpg(run.pid, signal.SIGKILL)
        what = "all"
    elif way == "SIGINT":
        run.send_signal(signal.SIGINT)
        what = "snakemake"
    else:
        jobs = {
            pid: line for pid, line in members(run.pid).items() if "/scripts/tmp" in line and "-m snakemake" not in line
        }
        if not jobs:
            return ""
        pid = rng.choice(sorted(jobs))
        what = re.search(r"tmp\w+\.(\w+)\.py", jobs[pid])[1]
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return ""
    run.wait(timeout=300)
    while members(run.pid):
        time.sleep(0.05)
    return what


def go_on(folder: Path, cores: int) -> tuple[subprocess.Popen, bool]:
    """Start Snakemake again; where the folder is locked, it must say how to unlock it, and that must do."""
    run = start(folder, cores=cores)
    while run.poll() is None and "Job stats" not in (folder / "printed.txt").read_text():
        time.sleep(0.1)
    if run.poll() not in (None, 0) and "--unlock" in (folder / "printed.txt").read_text():
        subprocess.run([*SNAKEMAKE, "--unlock", *TINY], cwd=folder, check=True, capture_output=True)
        return start(folder, cores=cores), True
    return run, False


def killed_run(
    folder: Path, reference: Path, rng: random.Random, kills: int, longest: float, cores: int = 2
) -> Counter[str]:
    """Run to the end in ``folder``, killed up to ``kills`` times, and compare the results with the reference.

    Returns how often what was done.
    """
    copy_checkout(folder)
    counts: Counter[str] = Counter()
    run = start(folder, cores=cores)
    done = 0
    while run.poll() is None:
        try:
            run.wait(timeout=rng.uniform(2, longest) if done < kills else 900)
            break
        except subprocess.TimeoutExpired:
            way = WAYS[rng.randrange(len(WAYS))]
        what = kill(run, way, rng)
        if what:
            done += 1
            steps = re.findall(r"(\d+ of \d+) done,", (folder / "printed.txt").read_text())
            run, unlocked = go_on(folder, cores)
            counts.update([way, *["unlocked"] * unlocked])
            print(f"{way} ({what}), {steps[-1] if steps else 0} jobs done{', unlocked' * unlocked}", flush=True)
    assert run.returncode == 0, (folder / "printed.txt").read_text()[-3000:]
    assert_same_results(reference / "results-tiny", folder / "results-tiny")
    left = [str(path) for path in (folder / "results-tiny").rglob(".*") if path.is_file()]
    assert not left, left
    print("the same as a run never killed", flush=True)
    counts["runs that end the same as one never killed"] += 1
    return counts


def main() -> int:
    """Kill so often, over as many runs as it takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=15.0, help="seconds that a run lives at most")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="kills-") as base:
        reference = copy_checkout(Path(tempfile.mkdtemp(dir=base)))
        assert start(reference).wait() == 0, (reference / "printed.txt").read_text()[-3000:]
        while (done := sum(counts[way] for way in WAYS)) < arguments.kills:
            folder = Path(tempfile.mkdtemp(dir=base))
            counts += killed_run(folder, reference, rng, arguments.kills - done, arguments.longest)
    print(dict(counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
