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
COMPARISON_FIGURES = ["rank-correlation", "explained-variance", "found", "cost"]


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
                caption=f"report/{Path(path).stem}.rst",
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
        **made_from(
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


rule comparison_figures:
    input:
        rank=COMPARISON["rank"],
        leaves=COMPARISON["leaves"],
        variance=COMPARISON["variance"],
        found=COMPARISON["found"],
        cost=COMPARISON["cost"],
    output:
        rank=drawn(
            "rank-correlation",
            category="4 Few-shot NAS",
            labels={"result": "Figure: rank correlation with the truth"},
        ),
        variance=drawn(
            "explained-variance",
            category="4 Few-shot NAS",
            labels={"result": "Figure: what is in a split"},
        ),
        found=drawn(
            "found",
            category="4 Few-shot NAS",
            labels={"result": "Figure: what the searches found"},
        ),
        cost=drawn(
            "cost",
            category="4 Few-shot NAS",
            labels={"result": "Figure: cost"},
        ),
    log:
        f"{OUT}/logs/comparison_figures.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    threads: 1
    params:
        **made_from(
            "comparison_figures",
            code=code("comparison_figures.py"),
            settings={
                "caption": search_caption(config, SEEDS),
                "few": few(SEEDS),
                **over_methods(),
                "truth": TRUTH_SAID,
                "bootstrap": bootstrap(),
            },
        ),
        about=unrecorded(f"{ABOUT_SEARCH} {ABOUT_TRUTH}"),
    message:
        "Draw rank correlation, explained variance, found architectures and cost"
    script:
        "../workflow_scripts/comparison_figures.py"


rule proxies:
    input:
        truth=TRUTH,
        values=expand(PROXY, metric=PROXIES, seed=config["proxies"]["seeds"]),
    output:
        values=report(
            PROXY_TABLES[0],
            caption="report/proxies_table.rst",
            category="5 Zero-cost proxies",
            labels={"result": "Table: values"},
        ),
        correlations=report(
            PROXY_TABLES[1],
            caption="report/proxy_correlations.rst",
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
        **made_from(
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


rule proxies_figure:
    input:
        PROXY_TABLES[1],
    output:
        drawn(
            "proxies",
            category="5 Zero-cost proxies",
            labels={"result": "Figure: correlations with the truth"},
        ),
    log:
        f"{OUT}/logs/proxies_figure.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    threads: 1
    params:
        **made_from(
            "proxies_figure",
            code=code("proxies_figure.py"),
            settings={
                "caption": proxies_caption(config),
                "truth": TRUTH_SAID,
                **plotting(),
            },
        ),
        about=unrecorded(f"{about_proxies(config)} {ABOUT_TRUTH}"),
    message:
        "Draw the correlations of single architectures"
    script:
        "../workflow_scripts/proxies_figure.py"
