rule data:
    output:
        DATA,
    log:
        f"{OUT}/logs/data.log",
    cache: True
    localrule: True
    conda:
        "../envs/gpu.yaml"
    params:
        **lineage(
            "data",
            code=code("data.py", data_sources.path_of(config["data"]["source"])),
            settings=data_settings(),
            reading={
                name: config["data"][name]
                for name in ("folder", "split_file", "download")
            },
        ),
    message:
        f"Prepare the data set {config['data']['name']}"
    script:
        "../workflow_scripts/data.py"
