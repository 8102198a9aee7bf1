"""Rule root_scores_figure: heat maps of the scores of the root, mean over the seeds."""

from collections import defaultdict
from pathlib import Path

from _job import lineage, run

import numpy as np

from fsnas.artifacts.figure import write_figure
from fsnas.artifacts.scores import read_scores
from fsnas.plotting.root_scores import root_scores_figure
from fsnas.splitting.affinities import NodeScores
from workflow_scripts._paths import place


def main(smk) -> None:
    """Average repetitions and seeds of every method and draw them."""
    settings = dict(smk.params.settings)
    directions, drawn = settings.pop("directions"), settings.pop("methods", None)
    found: dict[str, list[NodeScores]] = defaultdict(list)
    for path in smk.input:
        nodes, attributes = read_scores(path)
        method, joint = place(path, smk.config["outdir"])[0], Path(path).name != "scores.h5"
        if drawn is None or method in drawn:
            found[f"{method}: {attributes['metric']}" if joint else method].append(nodes["root"])
    scores, metrics = {}, {panel: roots[0].metric for panel, roots in found.items()}
    for panel, roots in found.items():
        scalar = [root.scores.mean(axis=0) for root in roots if root.scores is not None]
        scores[panel] = {
            "scores": np.mean(scalar, axis=0) if scalar else None,
            "affinity": np.mean([root.affinity for root in roots], axis=0),
            "direction": directions[metrics[panel]],
        }
    names = {name: attributes["search_space"][name] for name in ("edges", "operations")}
    write_figure(smk.output, root_scores_figure(scores, **names, **settings | {"metrics": metrics}), **lineage(smk))


run(main, globals().get("snakemake"))
