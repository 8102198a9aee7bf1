SCORED_FROM = {
    "data": DATA,
    "supernet": lambda w: (
        expand(SUPERNET, seed=w.seed)
        if METHODS[w.method].choices["weights"] == "trained"
        else []
    ),
    "splits": lambda w: before(splits_of, w),
}


rule scores:
    input:
        **SCORED_FROM,
    output:
        SCORES,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/scores-{{level}}.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **on_networks("scores", scores_settings, code_of=scores_code),
    message:
        "Score level {wildcards.level} with {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/scores.py"


use rule scores as joint_scores with:
    output:
        JOINT_SCORES,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/scores-{{level}}-{{metric}}.log",
    params:
        **on_networks(
            "joint_scores", scores_settings, script="scores.py", code_of=scores_code
        ),
    message:
        "Score level {wildcards.level} with {wildcards.metric} of {wildcards.method}, seed {wildcards.seed}"


use rule scores as candidate_scores with:
    input:
        **SCORED_FROM,
        same=same_scores,
    output:
        CANDIDATE_SCORES,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/candidates/{{candidate}}/scores-{{level}}.log",
    params:
        **on_networks(
            "candidate_scores",
            scores_settings,
            script="scores.py",
            code_of=scores_code,
        ),
    message:
        "Score level {wildcards.level} of candidate {wildcards.candidate}, {wildcards.method}, seed {wildcards.seed}"


use rule candidate_scores as candidate_joint_scores with:
    output:
        CANDIDATE_JOINT_SCORES,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/candidates/{{candidate}}/scores-{{level}}-{{metric}}.log",
    params:
        **on_networks(
            "candidate_joint_scores",
            scores_settings,
            script="scores.py",
            code_of=scores_code,
        ),
    message:
        "Score level {wildcards.level} of candidate {wildcards.candidate} with {wildcards.metric} of {wildcards.method}, seed {wildcards.seed}"
