from fsnas.analysis.published import DATA as PUBLISHED

COMPARISON = {
    "rank_correlation": "rank correlation",
    "leaf_truth": "leaf truth",
    "explained_variance": "explained variance",
    "found_architectures": "found architectures",
    "training_cost": "training cost",
    "few_shot_summary": "few shot summary",
}
PROXY_TABLES = {"proxies": "values", "proxy_correlations": "correlations"}
TABLES = [
    TABLE.format(table=name)
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
        roots=expand(cost_of(SUPERNET), seed=ROOTS),
        costs=leaf_costs(),
        learned_costs=learned_costs(),
        scores=[file for of in SEARCHED for file in grown(scores_of, *of)],
    output:
        **tables("4 Few-shot NAS", COMPARISON),
    log:
        f"{OUT}/logs/comparison.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage(
            "comparison",
            code=code("comparison.py", SPACE_CODE),
            settings={
                "column": TRUTH_COLUMN,
                "rooted": [
                    name for name, method in LEAF_METHODS.items() if method.needs_root
                ],
                **bootstrap(),
            },
        ),
    message:
        "Compare what the leaves are worth"
    script:
        "../workflow_scripts/comparison.py"


rule proxies:
    input:
        truth=TRUTH,
        values=expand(PROXY, metric=PROXIES, seed=config["proxies"]["seeds"]),
    output:
        **tables("5 Zero-cost proxies", PROXY_TABLES),
    log:
        f"{OUT}/logs/proxies.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage(
            "proxies",
            code=code("proxies.py", PUBLISHED),
            settings={
                "column": TRUTH_COLUMN,
                "directions": {name: metric_spec(name).direction for name in PROXIES},
                "joint": joint_proxies(METHODS.values(), PROXIES),
                **bootstrap(),
            },
        ),
    message:
        "Compare the metrics of single architectures with the truth"
    script:
        "../workflow_scripts/proxies.py"
