rule splits:
    input:
        scores=lambda w: scores_of(w.method, w.seed, [w.level]),
    output:
        SPLITS,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/splits-{{level}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage("splits", code("splits.py", SPACE_CODE), splits_settings),
    message:
        "Cut the nodes of level {wildcards.level}, {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/splits.py"


rule tree:
    input:
        splits=lambda w: of_levels(SPLITS, w.method, w.seed),
    output:
        TREE,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/tree.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage(
            "tree",
            code=code("tree.py", SPACE_CODE),
            settings=lambda w: {
                "metric": METHODS[w.method].metric,
                "seed": int(w.seed),
                "policy": METHODS[w.method].policy_settings,
            },
        ),
    message:
        "Put the tree of {wildcards.method}, seed {wildcards.seed}, together"
    script:
        "../workflow_scripts/tree.py"
