DISTANCES = {
    "split_distance": "every pair of splits",
    "split_distance_per_tree": "mean per tree",
    "split_distance_summary": "summary",
    "method_distance": "method against method",
}
SPLIT_TABLES = {"splits": "every split", "group_sizes": "group sizes"}


rule distances:
    input:
        trees=TREES,
    output:
        **{
            name: table(name, "2 Split distance", result)
            for name, result in DISTANCES.items()
        },
    log:
        f"{OUT}/logs/distances.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    threads: 1
    params:
        **lineage(
            "distances",
            code=code("distances.py"),
            settings=config["distances"],
        ),
    message:
        "Compare the split trees"
    script:
        "../workflow_scripts/distances.py"


rule split_tables:
    input:
        trees=TREES,
    output:
        **{
            name: table(name, "3 Split trees", result, subcategory="All trees")
            for name, result in SPLIT_TABLES.items()
        },
    log:
        f"{OUT}/logs/split_tables.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    threads: 1
    params:
        **lineage(
            "split_tables",
            code=code("split_tables.py"),
            settings={},
        ),
    message:
        "List the splits and count their group sizes"
    script:
        "../workflow_scripts/split_tables.py"
