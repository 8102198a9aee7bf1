rule splits:
    input:
        scores=lambda w: before(scores_of, w, own=1),
        splits=lambda w: before(splits_of, w),
    output:
        SPLITS,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/splits-{{level}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage("splits", splits_code, splits_settings),
    message:
        "Cut the nodes of level {wildcards.level}, {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/splits.py"


use rule splits as candidate_splits with:
    output:
        CANDIDATE_SPLITS,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/candidates/{{candidate}}/splits-{{level}}.log",
    localrule: True  # it is not taken over from the rule above
    params:
        **lineage("candidate_splits", splits_code, splits_settings),
    message:
        "Cut level {wildcards.level} of candidate {wildcards.candidate}, {wildcards.method}, seed {wildcards.seed}"


rule tree:
    input:
        splits=lambda w: grown(splits_of, w.method, w.seed),
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
            code=lambda w: code("tree.py", SPACE_CODE, METHODS[w.method].policy_file),
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
