rule scores:
    input:
        data=DATA,
        supernet=SUPERNET,
        splits=splits_before,
    output:
        f"{LEVEL}/scores.h5",
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/scores-{{level}}.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **lineage(
            "scores",
            code=scores_code,
            settings=scores_settings,
        ),
        **HERE,
        **OF_SPACE,
        metric_paths=unrecorded(config["metric_paths"]),
    message:
        "Score level {wildcards.level} with {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/scores.py"
