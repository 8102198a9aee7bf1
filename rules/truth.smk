TRUTH = f"{OUT}/truth/{config['truth']['source']}.h5"
STANDALONE = f"{OUT}/truth/standalone/{{number}}.h5"
ARCHITECTURES = (
    sample_architectures(
        SPACE.strings(),
        config["truth"]["architectures"],
        seed=config["truth"]["seed"],
        name="standalone",
    )
    if config["truth"]["source"] == "standalone"
    else []
)
FOUND = f"{OUT}/seed-{{seed}}/{{method}}/found.h5"


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
        **made_from(
            "standalone",
            code=code("standalone.py", *NETWORK_CODE, packages=["torch"]),
            settings=lambda w: {
                "architectures": [ARCHITECTURES[int(w.number)]],
                **standalone_settings(),
            },
        ),
        **HERE,
        **OF_SPACE,
    message:
        "Train architecture {wildcards.number} by itself"
    script:
        "../workflow_scripts/standalone.py"


rule found:
    input:
        data=DATA,
        search=f"{OUT}/seed-{{seed}}/{{method}}/search.json",
    output:
        FOUND,
    log:
        f"{OUT}/logs/seed-{{seed}}/{{method}}/found.log",
    conda:
        "../envs/gpu.yaml"
    threads: config["threads"]
    resources:
        gpu=config["resources"]["gpu"],
    params:
        **made_from(
            "found",
            code=code("standalone.py", *NETWORK_CODE, packages=["torch"]),
            settings=standalone_settings(),
        ),
        **HERE,
        **OF_SPACE,
    message:
        "Train what the search found by itself, {wildcards.method}, seed {wildcards.seed}"
    script:
        "../workflow_scripts/standalone.py"


if config["truth"]["source"] == "standalone":

    rule truth:
        input:
            expand(STANDALONE, number=range(len(ARCHITECTURES))),
        output:
            TRUTH,
        log:
            f"{OUT}/logs/truth.log",
        localrule: True
        conda:
            "../envs/cpu.yaml"
        threads: 1
        params:
            **made_from(
                "truth",
                code=code("standalone_truth.py", SPACE_CODE),
                settings={"space": search_space(), "source": "standalone"},
            ),
            **OF_SPACE,
        message:
            "Put the stand-alone accuracies together"
        script:
            "../workflow_scripts/standalone_truth.py"

elif config["truth"]["source"] == "csv":

    rule truth:
        output:
            TRUTH,
        log:
            f"{OUT}/logs/truth.log",
        localrule: True
        conda:
            "../envs/cpu.yaml"
        threads: 1
        params:
            **made_from(
                "truth",
                code=code("truth.py", SPACE_CODE),
                settings={
                    **truth_settings(),
                    "architecture_column": config["truth"]["architecture_column"],
                },
            ),
            **OF_SPACE,
            column=unrecorded(TRUTH_COLUMN),
            file=unrecorded(config["truth"]["file"]),
            sha256=unrecorded(config["truth"]["sha256"]),
        message:
            f"Read the truth from {config['truth']['file']}"
        script:
            "../workflow_scripts/truth.py"

else:

    rule truth:
        output:
            TRUTH,
        log:
            f"{OUT}/logs/truth.log",
        conda:
            "../envs/gpu.yaml"
        threads: 1
        resources:
            gpu=0,
            mem_mb=lambda wildcards, attempt: attempt * config["truth"]["mem_mb"],
        params:
            **made_from(
                "truth",
                code=code("truth.py", SPACE_CODE, packages=["nas-bench-201"]),
                settings=truth_settings(),
            ),
            **OF_SPACE,
            file=unrecorded(config["truth"]["file"]),
            sha256=unrecorded(config["truth"]["sha256"]),
        message:
            f"Read the official NAS-Bench-201 file {config['truth']['file']}: this runs the pickled code in it, and takes tens of GB of memory"
        script:
            "../workflow_scripts/truth.py"
