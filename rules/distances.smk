DISTANCES = [
    f"{OUT}/tables/{name}.csv"
    for name in (
        "split_distance",
        "split_distance_per_tree",
        "split_distance_summary",
        "method_distance",
    )
]
SPLIT_TABLES = [f"{OUT}/tables/{name}.csv" for name in ("splits", "group_sizes")]


rule distances:
    input:
        trees=TREES,
    output:
        distance=report(
            DISTANCES[0],
            caption="report/tables/split_distance.rst",
            category="2 Split distance",
            labels={"result": "Table: every pair of splits"},
        ),
        per_tree=report(
            DISTANCES[1],
            caption="report/tables/split_distance_per_tree.rst",
            category="2 Split distance",
            labels={"result": "Table: mean per tree"},
        ),
        summary=report(
            DISTANCES[2],
            caption="report/tables/split_distance_summary.rst",
            category="2 Split distance",
            labels={"result": "Table: summary"},
        ),
        methods=report(
            DISTANCES[3],
            caption="report/tables/method_distance.rst",
            category="2 Split distance",
            labels={"result": "Table: method against method"},
        ),
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
        splits=report(
            SPLIT_TABLES[0],
            caption="report/tables/splits.rst",
            category="3 Split trees",
            subcategory="All trees",
            labels={"result": "Table: every split"},
        ),
        sizes=report(
            SPLIT_TABLES[1],
            caption="report/tables/group_sizes.rst",
            category="3 Split trees",
            subcategory="All trees",
            labels={"result": "Table: group sizes"},
        ),
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
