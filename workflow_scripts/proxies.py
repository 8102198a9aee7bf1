"""Rule proxies: the values of all metrics on single architectures, and their rank correlation with the truth."""

from _job import lineage, run

import pandas as pd

from fsnas.analysis.proxies import joint_values, proxy_correlations, proxy_values
from fsnas.artifacts.architectures import read_architectures
from fsnas.artifacts.tables import write_table
from fsnas.benchmark.ground_truth import ground_truth_of


def main(smk) -> None:
    """Write both tables."""
    settings = smk.params.settings
    tables = {}
    for path in smk.input.values:
        table = read_architectures(path, "proxy")
        tables[table.attributes["metric"], table.attributes["seed"]] = table
    truth = ground_truth_of(read_architectures(smk.input.truth, "truth"), settings["column"])
    values, directions, joint = proxy_values(tables), settings["directions"], settings["joint"]
    values = pd.concat([values, joint_values(values, joint, directions)], ignore_index=True)
    directions = directions | dict.fromkeys(joint, "higher")
    bootstrap = {"seed": settings["seed"], "resamples": settings["resamples"]}
    correlations = proxy_correlations(values, truth, directions=directions, **bootstrap)
    write_table(smk.output.proxies, values, **lineage(smk))
    write_table(smk.output.proxy_correlations, correlations.assign(truth=settings["column"]), **lineage(smk))


run(main, globals().get("snakemake"))
