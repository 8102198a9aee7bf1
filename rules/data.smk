rule data:
    output:
        DATA,
    log:
        f"{OUT}/logs/data.log",
    cache: True
    localrule: True
    conda:
        "../envs/gpu.yaml"
    threads: 1
    params:
        **made_from(
            "data",
            code=code("data.py"),
            settings={
                k: v
                for k, v in config["data"].items()
                if k not in ("crop_padding", "flip")
            },
        ),
    message:
        "Prepare the data set {config[data][name]}"
    script:
        "../workflow_scripts/data.py"
