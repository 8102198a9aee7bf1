"""Rule root_scores_figure: heat maps of the scores of the root, mean over the seeds."""

from collections import defaultdict

import numpy as np

from _job import run
from fsnas.artifacts.scores import read_scores
from fsnas.metrics import declaration
from fsnas.plotting import root_scores_figure, save


def main(smk) -> None:
    """Average repetitions and seeds of every metric and draw them."""
    found = defaultdict(list)
    for path in smk.input:
        nodes, attributes = read_scores(path)
        found[attributes["metric"]].append(nodes["root"])
    scores = {}
    for metric, roots in found.items():
        scalar = [per_repetition.mean(axis=0) for root in roots if (per_repetition := root.scores) is not None]
        scores[metric] = {
            "scores": np.mean(scalar, axis=0) if scalar else None,
            "affinity": np.mean(np.stack([root.affinity for root in roots]), axis=0),
            "direction": declaration(metric).direction,
        }
    save(root_scores_figure(scores, **smk.params.settings), smk.output)


run(main, globals().get("snakemake"))
