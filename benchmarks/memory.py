"""Print the peak memory of each metric on two perturbed supernets, ours and as published, each in a process of its own.

python -m benchmarks.memory [CHANNELS CELLS BATCH]
"""

import subprocess
import sys
from pathlib import Path

from benchmarks.test_scores import METRICS

PROGRAM = """
import resource, torch
from benchmarks import published
from benchmarks.sizes import Size
from benchmarks.test_scores import reference
from fsnas.metrics import load

torch.set_num_threads(2)
size = Size({size}, 32)
models, batch = size.perturbed()[:2], size.repetition()
work = reference({metric!r}, models, batch)
function = load({metric!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if {ours}:
    function(models, 0, batch) if {metric!r} == "gm" else [function(model, batch) for model in models]
else:
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def peak(metric: str, ours: bool, size: str) -> float:
    """Return the MB that a metric adds to a process with everything imported and built."""
    program = PROGRAM.format(metric=metric, ours=ours, size=size)
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024) / 1e6


def main(*size: str) -> None:
    """Print a Markdown table."""
    numbers = ", ".join(size or ("16", "5", "64"))
    print(f"C, N, batch: {numbers}\n\n| metric | as published, MB | ours, MB | ratio |\n| --- | --- | --- | --- |")
    for metric in METRICS:
        published, ours = (peak(metric, who, numbers) for who in (False, True))
        print(f"| {metric} | {published:.0f} | {ours:.0f} | {ours / max(published, 1e-9):.2f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
