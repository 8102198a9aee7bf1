from fsnas.analysis.published import DATA as PUBLISHED

COMPARISON = [
    "rank_correlation",
    "leaf_truth",
    "explained_variance",
    "found_architectures",
    "training_cost",
    "few_shot_summary",
]
PROXY_TABLES = {"proxies": "values", "proxy_correlations": "correlations"}
TABLES = [
    f"{OUT}/tables/{name}.csv"
    for name in (
        *DISTANCES,
        *SPLIT_TABLES,
        *(COMPARISON if SEARCHED else []),
        *(PROXY_TABLES if PROXIES else []),
    )
]


rule comparison:
    input:
        truth=TRUTH,
        trees=TREES,
        evaluations=of_searched(EVALUATION),
        searches=of_searched(SEARCH),
        found=of_searched(FOUND) if config["truth"]["source"] == "standalone" else [],
        roots=expand(SUPERNET.replace(".pt", ".json"), seed=SEEDS),
        costs=leaf_costs(),
        scores=scores_of_searched(),
    output:
        **{
            name: table(name, "4 Few-shot NAS", name.replace("_", " "))
            for name in COMPARISON
        },
    log:
        f"{OUT}/logs/comparison.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    threads: 1
    params:
        **lineage(
            "comparison",
            code=code("comparison.py", SPACE_CODE),
            settings={
                "column": TRUTH_COLUMN,
                "sampler": config["search"]["samplers"][0],
                "rooted": [
                    name for name, method in LEAF_METHODS.items() if method.needs_root
                ],
                **bootstrap(),
            },
        ),
        **OF_SPACE,
    message:
        "Compare what the leaves are worth"
    script:
        "../workflow_scripts/comparison.py"


rule proxies:
    input:
        truth=TRUTH,
        values=expand(PROXY, metric=PROXIES, seed=config["proxies"]["seeds"]),
    output:
        **{
            name: table(name, "5 Zero-cost proxies", result)
            for name, result in PROXY_TABLES.items()
        },
    log:
        f"{OUT}/logs/proxies.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    threads: 1
    params:
        **lineage(
            "proxies",
            code=code("proxies.py", PUBLISHED),
            settings={
                "column": TRUTH_COLUMN,
                "directions": {name: metric_spec(name).direction for name in PROXIES},
                **bootstrap(),
            },
        ),
    message:
        "Compare the metrics of single architectures with the truth"
    script:
        "../workflow_scripts/proxies.py"
