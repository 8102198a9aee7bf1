LEAF = f"{LEAVES}/{{number}}.pt"
RUNG = f"{LEAVES}/rung-{{rung}}/{{number}}.pt"
SELECTION = f"{LEAVES}/rung-{{rung}}/selection.json"


rule leaf:
    input:
        data=DATA,
        tree=TREE,
        initial=lambda w: initial(w.method, w.seed),
    output:
        checkpoint=LEAF,
        cost=LEAF.replace(".pt", ".json"),
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/leaves/{{number}}.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **lineage(
            "leaf",
            code=code("leaf.py", *NETWORK_CODE, packages=["torch"]),
            settings=leaf_settings,
        ),
        **HERE,
        **OF_SPACE,
    message:
        "Train leaf {wildcards.number} of {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/leaf.py"


rule select_leaves:
    input:
        data=DATA,
        tree=TREE,
        leaves=leaves_before,
    output:
        SELECTION,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/leaves/rung-{{rung}}-selection.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **lineage(
            "select_leaves",
            code=code("select_leaves.py", *NETWORK_CODE, packages=["torch"]),
            settings=lambda w: {
                "seed": int(w.seed),
                "keep": rungs_of(config, METHODS[w.method])[int(w.rung)].leaves,
                "sampled": config["leaves"]["sampled"],
                **evaluation(),
                **machine(),
            },
        ),
        **HERE,
        **OF_SPACE,
    message:
        "Select the leaves of rung {wildcards.rung}, {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/select_leaves.py"


use rule leaf as rung with:
    input:
        data=DATA,
        selection=SELECTION,
        leaves=leaves_before,
    output:
        checkpoint=RUNG,
        cost=RUNG.replace(".pt", ".json"),
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/leaves/rung-{{rung}}-{{number}}.log",
    params:
        **lineage(
            "rung",
            code=code("leaf.py", *NETWORK_CODE, packages=["torch"]),
            settings=lambda w: leaf_settings(w, int(w.rung)),
        ),
        **HERE,
        **OF_SPACE,
    message:
        "Train the leaf of rank {wildcards.number} on, rung {wildcards.rung} of {wildcards.method}, seed {wildcards.seed}"
