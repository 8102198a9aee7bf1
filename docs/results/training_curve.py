"""Draw how alike the cuts of the roots are after more and more training: the figure of docs/results/README.md.

python docs/results/training_curve.py docs/results/training-curve.png EPOCHS=RESULTS [EPOCHS=RESULTS ...] [--csv FILE]
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from root_cuts import root_cuts, same_edge

from fsnas.plotting._style import look

METRICS = ("gradnorm", "snip", "synflow", "jacobcov", "ntk")
PANELS = {"": "the statistics of the batch", "-identity": "BatchNorm as the identity"}
CHANCE = 1.25  # of splits into two groups of five operations that are drawn at random (metric `random`)


def main(arguments: list[str] | None = None) -> None:
    """Draw the figure, and write all cuts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figure", type=Path)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--csv", type=Path, help="write all cuts there")
    asked = parser.parse_args(arguments)
    runs = {int(epochs): Path(folder) for epochs, _, folder in (run.partition("=") for run in asked.runs)}
    figure, panels = plt.subplots(1, 2, figsize=(9.5, 4.2), sharey=True, layout="constrained")
    tables = []
    for axes, (suffix, title) in zip(panels, PANELS.items(), strict=True):
        for place, metric in enumerate(METRICS):
            method = metric if metric == "synflow" else metric + suffix
            found = {epochs: root_cuts(folder, method) for epochs, folder in sorted(runs.items())}
            tables += [cuts.assign(epochs=epochs) for epochs, cuts in found.items()]
            mean, low, high = np.array([same_edge(cuts) for cuts in found.values()]).T
            at = np.arange(len(found)) + 0.07 * (place - 2)  # beside each other
            drawn = look(metric).points(5)
            axes.errorbar(at, mean, [mean - low, high - mean], capsize=2, label=metric, **drawn)
        axes.axhline(CHANCE, color="0.5", linestyle="--", label="chance")
        axes.set(title=title, xlabel="epochs of training", xticks=range(len(runs)), xticklabels=sorted(runs))
    panels[0].set_ylabel("split distance of two seeds on one edge")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    figure.savefig(asked.figure, dpi=110)
    if asked.csv:
        pd.concat(tables).drop_duplicates().to_csv(asked.csv, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
