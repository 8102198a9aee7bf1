rule leaf:
    input:
        data=DATA,
        tree=TREE,
        initial=lambda w: expand(
            SUPERNET if METHODS[w.method].choices["init"] == "root" else [],
            seed=w.seed,
        ),
    output:
        checkpoint=LEAF,
        cost=cost_of(LEAF),
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/leaves/{{number}}.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **on_networks("leaf", leaf_settings),
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
        **on_networks(
            "select_leaves",
            settings=lambda w: {
                "seed": int(w.seed),
                "keep": rungs_of(config, METHODS[w.method])[int(w.rung)].leaves,
                "sampled": config["leaves"]["sampled"],
                **evaluation(),
                **machine(),
            },
        ),
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
        cost=cost_of(RUNG),
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/leaves/rung-{{rung}}-{{number}}.log",
    params:
        **on_networks("rung", lambda w: leaf_settings(w, int(w.rung)), script="leaf.py"),
    message:
        "Train the leaf of rank {wildcards.number} on, rung {wildcards.rung} of {wildcards.method}, seed {wildcards.seed}"


rule differentiate:
    input:
        data=DATA,
        tree=TREE,
        initial=lambda w: expand(
            SUPERNET if METHODS[w.method].choices["init"] == "root" else [],
            seed=w.seed,
        ),
    output:
        checkpoint=LEARNED,
        cost=cost_of(LEARNED),
        trajectory=TRAJECTORY,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/leaves/{{search}}-{{number}}.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **on_networks(
            "differentiate",
            settings=learned_settings,
            code_of=lambda w: code(
                "differentiate.py",
                algorithms.path_of(SEARCHES[w.search].algorithm),
                *NETWORK_CODE,
                packages=["torch"],
            ),
        ),
    message:
        "Search leaf {wildcards.number} of {wildcards.method} with {wildcards.search}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/differentiate.py"
