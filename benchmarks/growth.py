"""Measure how the time of a step, of scoring and of the distance tables grows, and draw it with slopes.

    python -m benchmarks.growth docs/figures/growth.png

A slope is that of a line through the logarithms; 1 is in proportion, 2 with the square.
"""

import dataclasses
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from matplotlib.figure import Figure

from benchmarks.sizes import Size
from benchmarks.test_trees import tables
from fsnas.splitting.scoring import score_node
from tests.support.space import OPERATIONS, SPACE
from tests.support.splits import grown_tree

SMALL = Size(channels=8, cells=1, batch=32, side=32)
REPETITIONS = 5


def step(size: Size) -> Callable[[], object]:
    """Return a step of the supernet."""
    model, batch = size.model(), size.repetition()
    return lambda: F.cross_entropy(model(batch.images), batch.labels).backward()


def scoring(repetitions: int = 1, edges: int = 6, nodes: int = 1) -> Callable[[], object]:
    """Return the scoring with snip of nodes of which some edges can be split; the others hold a convolution."""
    model, batch = SMALL.model(), SMALL.repetition()
    space = SPACE.full()
    space[edges:] = np.array(OPERATIONS) == "nor_conv_3x3"
    return lambda: [score_node(model.network, space, "snip", [batch] * repetitions) for _ in range(nodes)]


def distances(seeds: int) -> Callable[[], object]:
    """Return the distance tables of one method's trees."""
    rng = np.random.default_rng(0)
    trees = [grown_tree("method", seed, [2, 2, 2], rng) for seed in range(seeds)]
    return lambda: tables(trees)


WORK = {
    "step: channels C": ([4, 8, 16, 32], lambda x: step(dataclasses.replace(SMALL, channels=x)), "1 to 2"),
    "step: cells N": ([1, 2, 4, 8], lambda x: step(dataclasses.replace(SMALL, cells=x)), "1"),
    "step: batch": ([16, 32, 64, 128], lambda x: step(dataclasses.replace(SMALL, batch=x)), "1"),
    "scoring: repetitions R": ([1, 2, 4], lambda x: scoring(repetitions=x), "1"),
    "scoring: edges to split": ([1, 2, 4, 6], lambda x: scoring(edges=x), "1, and larger supernets"),
    "scoring: nodes of a level": ([1, 2, 4], lambda x: scoring(nodes=x), "1"),
    "distance tables: seeds": ([16, 64, 256, 1024], distances, "2"),
}


def seconds(work: Callable[[], object]) -> list[float]:
    """Return the times of the repetitions, after one that is not counted."""
    found = []
    for _ in range(REPETITIONS + 1):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found[1:]


def main(path: str) -> None:
    """Measure, print a Markdown table, and draw."""
    torch.set_num_threads(2)
    figure = Figure(figsize=(12, 5.6), layout="constrained")
    panels = figure.subplots(2, 4).flat
    print("| what grows | values | seconds (median of 5) | slope | work |\n| --- | --- | --- | --- | --- |")
    for (name, (values, make, work)), panel in zip(WORK.items(), panels, strict=False):
        times = [seconds(make(value)) for value in values]
        medians = [median(each) for each in times]
        slope = np.polyfit(np.log(values), np.log(medians), 1)[0]
        print(f"| {name} | {values} | {', '.join(f'{m:.3g}' for m in medians)} | {slope:.2f} | {work} |", flush=True)
        low, high = (np.array([pick(each) for each in times]) for pick in (min, max))
        panel.errorbar(values, medians, [medians - low, high - medians], marker="o", capsize=3)
        panel.set(xscale="log", yscale="log", title=f"{name}\nslope {slope:.2f}", ylabel="seconds")
        panel.set_xticks(values, map(str, values))
        panel.minorticks_off()
    for panel in panels:
        panel.set_axis_off()
    figure.suptitle(
        "C 8, N 1, batch 32, 32x32 images, full space, snip, 2 threads where nothing else is said; "
        "bars: fastest and slowest of 5"
    )
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:])
