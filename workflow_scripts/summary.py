"""Rule summary: what was found and where to look, for the terminal."""

from _job import run

from fsnas.analysis.summary import summarise
from fsnas.artifacts.files import write_text
from fsnas.artifacts.tables import read_table


def main(smk) -> None:
    """Write the summary."""
    summary = read_table(smk.input.summary, level=str)
    methods = read_table(smk.input.methods)
    few_shot = read_table(smk.input.few_shot[0]) if smk.input.few_shot else None
    said = {"versions": smk.params.versions, "others": smk.params.others, **smk.params.settings}
    write_text(smk.output[0], summarise(summary, methods, few_shot, **said))


run(main, globals().get("snakemake"))
