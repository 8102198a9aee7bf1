LEAF = f"{LEAVES}/{{path}}.pt"
RUNG = f"{LEAVES}/rung-{{rung}}/{{rank}}.pt"
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
        f"{OUT}/logs/seed-{{seed}}/{{method}}/leaves/{{path}}.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **made_from(
            "leaf",
            code=code("leaf.py", packages=["torch"]),
            settings=leaf_settings,
        ),
        **HERE,
    message:
        "Train leaf {wildcards.path} of {wildcards.method}, seed {wildcards.seed}"
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
        **made_from(
            "select_leaves",
            code=code("select_leaves.py", packages=["torch"]),
            settings=lambda w: {
                "seed": int(w.seed),
                "keep": rungs_of(config, METHODS[w.method])[int(w.rung)].leaves,
                "sampled": config["leaves"]["sampled"],
                **evaluation(),
                **machine(),
            },
        ),
        **HERE,
    message:
        "Select the leaves of rung {wildcards.rung}, {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/select_leaves.py"


rule rung:
    input:
        data=DATA,
        selection=SELECTION,
        leaves=leaves_before,
    output:
        checkpoint=RUNG,
        cost=RUNG.replace(".pt", ".json"),
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/leaves/rung-{{rung}}-{{rank}}.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **made_from(
            "rung",
            code=code("leaf.py", packages=["torch"]),
            settings=lambda w: leaf_settings(w, int(w.rung)),
        ),
        **HERE,
    message:
        "Train the leaf of rank {wildcards.rank} on, rung {wildcards.rung} of {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/leaf.py"
