rule supernet:
    input:
        data=DATA,
    output:
        checkpoint=SUPERNET,
        cost=SUPERNET.replace(".pt", ".json"),
    log:
        f"{OUT}/logs/seed-{{seed}}/supernet.log",
    cache: True
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **lineage(
            "supernet",
            code=code("supernet.py", *NETWORK_CODE, packages=["torch"]),
            settings=lambda w: {
                "space": search_space(),
                "seed": int(w.seed),
                "network": network(),
                "recipe": recipe(config["supernet"]["epochs"]),
                **machine(),
            },
        ),
        **HERE,
        **OF_SPACE,
    message:
        "Train the supernet of seed {wildcards.seed}"
    script:
        "../workflow_scripts/supernet.py"
