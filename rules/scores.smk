def scores_code(wildcards):
    """The code that the scores of a method are made from, its metric included."""
    return code(
        "scores.py", path_of(METHODS[wildcards.method].metric), packages=["torch"]
    )


def scores_settings(wildcards):
    """What decides the scores of a level; nothing of the cut, so that methods can share them."""
    method, level = METHODS[wildcards.method], int(wildcards.level)
    choices = {
        name: method.choices[name]
        for name in ("perturbation", "batch_size", "repetitions")
    }
    warmup = method.warmup_epochs(level)
    return {
        "metric": method.metric,
        "options": method.options,
        "seed": int(wildcards.seed),
        "level": level,
        "mixing": config["supernet"]["mixing"],
        "warmup": recipe(warmup) if warmup else {"epochs": 0},
        **choices,
        **machine(),
    }


rule scores:
    input:
        data=DATA,
        supernet=SUPERNET,
        splits=splits_before,
    output:
        f"{LEVEL}/scores.h5",
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/scores-{{level}}.log",
    benchmark:
        f"{OUT}/benchmarks/seed-{{seed}}/{{method}}/scores-{{level}}.tsv"
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        **config["resources"],
    params:
        code=scores_code,
        settings=scores_settings,
    message:
        "Score level {wildcards.level} with {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/scores.py"
