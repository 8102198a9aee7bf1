ARCHITECTURES = (
    sample_architectures(
        SPACE.strings(),
        config["truth"]["architectures"],
        seed=config["truth"]["seed"],
        name="standalone",
    )
    if TRAINED
    else []
)
HEAVY = TRUTH_FACTS.heavy
MEMORY = config["truth"]["mem_mb"] or TRUTH_FACTS.mem_mb


rule standalone:
    input:
        data=DATA,
    output:
        STANDALONE,
    log:
        f"{OUT}/logs/truth/{{number}}.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **on_networks(
            "standalone",
            settings=lambda w: {
                "architectures": [ARCHITECTURES[int(w.number)]],
                **standalone_settings(),
            },
        ),
    message:
        "Train architecture {wildcards.number} by itself"
    script:
        "../workflow_scripts/standalone.py"


use rule standalone as found with:
    input:
        data=DATA,
        search=SEARCH,
    output:
        FOUND,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/found.log",
    params:
        **on_networks("found", standalone_settings(), script="standalone.py"),
    message:
        "Train what the search found by itself, {wildcards.method}, seed {wildcards.seed}"


rule truth:
    input:
        expand(STANDALONE, number=range(len(ARCHITECTURES))),
    output:
        TRUTH,
    log:
        f"{OUT}/logs/truth.log",
    localrule: not HEAVY
    conda:
        "../envs/cpu.yaml"
    threads: 1
    resources:
        **({"mem_mb": lambda w, attempt: attempt * MEMORY} if HEAVY else {}),
        gpu=0,
    params:
        **lineage(
            "truth",
            truth_code(),
            truth_settings(),
            reading={**config["truth"], "column": TRUTH_COLUMN},
        ),
    message:
        (
            "Put the stand-alone accuracies together"
            if TRAINED
            else f"Read the truth from {config['truth']['file']}{HEAVY and ': '}{HEAVY}"
        )
    script:
        "../workflow_scripts/truth.py"
