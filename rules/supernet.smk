rule supernet:
    input:
        data=DATA,
    output:
        checkpoint=SUPERNET,
        cost=cost_of(SUPERNET),
    log:
        f"{OUT}/logs/seed-{{seed}}/supernet.log",
    cache: True
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **on_networks(
            "supernet",
            settings=lambda w: {
                "space": search_space(),
                "seed": int(w.seed),
                "network": network(),
                "recipe": recipe(config["supernet"]["epochs"]),
                **machine(),
            },
        ),
    message:
        "Train the supernet of seed {wildcards.seed}"
    script:
        "../workflow_scripts/supernet.py"
