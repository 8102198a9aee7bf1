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
        **tables("2 Split distance", DISTANCES),
    log:
        f"{OUT}/logs/distances.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage("distances", code("distances.py"), config["distances"]),
    message:
        "Compare the split trees"
    script:
        "../workflow_scripts/distances.py"


rule split_tables:
    input:
        trees=TREES,
    output:
        **tables("3 Split trees", SPLIT_TABLES, subcategory="All trees"),
    log:
        f"{OUT}/logs/split_tables.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage("split_tables", code("split_tables.py"), settings={}),
    message:
        "List the splits and count their group sizes"
    script:
        "../workflow_scripts/split_tables.py"
