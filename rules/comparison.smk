from fsnas.analysis.published import DATA as PUBLISHED

COMPARISON = {
    "rank": f"{OUT}/tables/rank_correlation.csv",
    "leaves": f"{OUT}/tables/leaf_truth.csv",
    "variance": f"{OUT}/tables/explained_variance.csv",
    "found": f"{OUT}/tables/found_architectures.csv",
    "cost": f"{OUT}/tables/training_cost.csv",
    "summary": f"{OUT}/tables/few_shot_summary.csv",
}
PROXY_TABLES = [
    f"{OUT}/tables/{name}.csv" for name in ("proxies", "proxy_correlations")
]
TABLES = DISTANCES + SPLIT_TABLES
if SEARCHED:
    TABLES += COMPARISON.values()
if PROXIES:
    TABLES += PROXY_TABLES


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
            name: report(
                path,
                caption=f"report/tables/{Path(path).stem}.rst",
                category="4 Few-shot NAS",
                labels={"result": f"Table: {Path(path).stem.replace('_', ' ')}"},
            )
            for name, path in COMPARISON.items()
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
        values=report(
            PROXY_TABLES[0],
            caption="report/tables/proxies.rst",
            category="5 Zero-cost proxies",
            labels={"result": "Table: values"},
        ),
        correlations=report(
            PROXY_TABLES[1],
            caption="report/tables/proxy_correlations.rst",
            category="5 Zero-cost proxies",
            labels={"result": "Table: correlations"},
        ),
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
