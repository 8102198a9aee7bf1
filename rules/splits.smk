rule splits:
    input:
        scores=f"{LEVEL}/scores.h5",
    output:
        f"{LEVEL}/splits.json",
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/splits-{{level}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    threads: 1
    params:
        **lineage(
            "splits",
            code=code("splits.py", SPACE_CODE),
            settings=splits_settings,
        ),
        **OF_SPACE,
    message:
        "Cut the nodes of level {wildcards.level}, {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/splits.py"


rule tree:
    input:
        splits=splits_of,
    output:
        TREE,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/tree.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    threads: 1
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
        **OF_SPACE,
    message:
        "Put the tree of {wildcards.method}, seed {wildcards.seed}, together"
    script:
        "../workflow_scripts/tree.py"
