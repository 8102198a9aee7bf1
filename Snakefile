from snakemake.utils import min_version

min_version("9.27")


report: "rules/report/workflow.rst"


include: "rules/common.smk"
include: "rules/settings.smk"
include: "rules/data.smk"
include: "rules/supernet.smk"
include: "rules/scores.smk"
include: "rules/splits.smk"
include: "rules/distances.smk"
include: "rules/leaves.smk"
include: "rules/truth.smk"
include: "rules/search.smk"
include: "rules/comparison.smk"
include: "rules/figures.smk"
include: "rules/records.smk"


rule all:
    default_target: True
    input:
        SUMMARY,
        TABLES,
        FIGURES,
        list(stages()),  # so that one of them that was removed is made again
