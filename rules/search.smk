rule evaluate:
    input:
        data=DATA,
        tree=TREE,
        truth=TRUTH,
        leaves=lambda w: leaf_files(w.method, w.seed),
    output:
        EVALUATION,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/evaluation.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **on_networks(
            "evaluate",
            settings=lambda w: {
                "seed": int(w.seed),
                "column": TRUTH_COLUMN,
                **evaluation(),
                **compared("evaluation"),
                **machine(),
            },
        ),
    message:
        "Evaluate architectures in the leaves of {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/evaluate.py"


rule search:
    input:
        data=DATA,
        tree=TREE,
        leaves=lambda w: rung_files(w.method, w.seed)[-1],
        learned=lambda w: learned_files(LEARNED, w.method, w.seed),
        trajectories=lambda w: learned_files(TRAJECTORY, w.method, w.seed),
    output:
        SEARCH,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/search.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **on_networks(
            "search",
            code_of=code(
                "search.py",
                *NETWORK_CODE,
                *map(samplers.path_of, config["search"]["samplers"]),
                packages=["torch", "optuna"],
            ),
            settings=lambda w: {
                "seed": int(w.seed),
                "search": search_settings(w),
                **evaluation(),
                **machine(),
            },
        ),
    message:
        "Search the leaves of {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/search.py"


rule proxy:
    input:
        data=DATA,
        truth=TRUTH,
    output:
        PROXY,
    log:
        f"{OUT}/logs/proxies/{{metric}}-seed-{{seed}}.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **on_networks(
            "proxy",
            code_of=lambda w: code(
                "proxy.py", path_of(w.metric), *NETWORK_CODE, packages=["torch"]
            ),
            settings=lambda w: {
                "metric": w.metric,
                "options": metric_options(
                    w.metric, config["metrics"].get(w.metric) or {}, ""
                ),
                "seed": int(w.seed),
                "batch_size": config["proxies"]["batch_size"],
                "network": {
                    name: config["proxies"].get(name) or size
                    for name, size in network().items()
                },
                "column": TRUTH_COLUMN,
                **compared("proxies"),
                **machine(),
            },
        ),
    message:
        "Score single architectures with {wildcards.metric}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/proxy.py"
