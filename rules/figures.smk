# What the figures of a category say below themselves and in the report, what they are told beside, and whether this run
# has what they show.
OF_TREES = (CAPTION, ABOUT, over_methods(), True)
CATEGORIES = {
    "4 Few-shot NAS": (
        search_caption(config, SEEDS),
        f"{ABOUT_SEARCH} {ABOUT_TRUTH}",
        {"truth": TRUTH_SAID, **over_methods(), **bootstrap()},
        SEARCHED,
    ),
    "5 Zero-cost proxies": (
        proxies_caption(config),
        f"{about_proxies(config)} {ABOUT_TRUTH}",
        {"truth": TRUTH_SAID, **plotting()},
        PROXIES,
    ),
}
FROM_TABLES = [(spec, *CATEGORIES.get(spec.category, OF_TREES)) for spec in figures()]
FIGURES = [
    *(path for spec, *_, wanted in FROM_TABLES if wanted for path in figure(spec.name)),
    *(figure("training") if ROOTS else []),
    *figure("root-scores"),
    *(figure("trajectories") if any(map(searches_in, LEAF_METHODS)) else []),
    *expand(
        FIGURE.replace("{figure}", "trees/{method}-seed-{seed}"),
        method=METHODS,
        seed=SEEDS,
        format=FORMATS,
    ),
]

for spec, caption, about, told, _ in FROM_TABLES:
    draw = f"draw_{spec.name.replace('-', '_')}"
    said = f"{caption} {few(SEEDS)}".strip() if spec.over_seeds else caption

    rule:
        name:
            draw
        input:
            [TABLE.format(table=table) for table in spec.tables],
        output:
            drawn(
                spec.name,
                category=spec.category,
                labels={"result": spec.label},
            ),
        log:
            f"{OUT}/logs/figures/{spec.name}.log",
        localrule: True
        conda:
            "../envs/cpu.yaml"
        params:
            **lineage(
                draw,
                code=code("figure.py", spec.path),
                settings={"caption": said, **spec.arguments, **told},
                function=spec.function,
            ),
            about=unrecorded(about),
        message:
            f"Draw {spec.name}"
        script:
            "../workflow_scripts/figure.py"


rule tree_figures:
    input:
        expand(TREE, seed=SEEDS, allow_missing=True),
    output:
        *(
            path
            for seed in SEEDS
            for path in drawn(
                f"trees/{{method}}-seed-{seed}",
                caption="tree",
                category="3 Split trees",
                subcategory="{method}",
                labels={"result": f"Figure: tree of seed {seed}"},
            )
        ),
    log:
        f"{OUT}/logs/tree_figures/{{method}}.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage(
            "tree_figures",
            code=code("tree_figures.py"),
            settings=lambda w: {
                "captions": [
                    tree_caption(config, [seed], [METHODS[w.method]]) for seed in SEEDS
                ],
                **plotting(),
            },
        ),
        about=lambda w, output: about_trees(
            config, [METHODS[w.method]], SEEDS, about=["scores", "trees"]
        ),
    message:
        "Draw the trees of {wildcards.method}"
    script:
        "../workflow_scripts/tree_figures.py"


rule training_figure:
    input:
        expand(SUPERNET, seed=ROOTS),
    output:
        drawn(
            "training",
            category="6 Supernets and scores",
            labels={"result": "Figure: training of the supernets"},
        ),
    log:
        f"{OUT}/logs/training_figure.log",
    localrule: True
    conda:
        "../envs/gpu.yaml"
    params:
        **lineage(
            "training_figure",
            code=code("training_figure.py"),
            settings={
                "caption": tree_caption(config, SEEDS, []),
                **plotting(),
            },
        ),
        about=unrecorded(about_trees(config, METHODS.values(), SEEDS, about=[])),
    message:
        "Draw the training curves"
    script:
        "../workflow_scripts/training_figure.py"


rule trajectories_figure:
    input:
        of_searched(SEARCH),
    output:
        drawn(
            "trajectories",
            category="4 Few-shot NAS",
            labels={"result": "Figure: differentiable searches"},
        ),
    log:
        f"{OUT}/logs/trajectories_figure.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage(
            "trajectories_figure",
            code=code("trajectories_figure.py", SPACE_CODE),
            settings={
                "caption": search_caption(config, SEEDS),
                **over_methods(),
            },
        ),
        about=unrecorded(ABOUT_SEARCH),
    message:
        "Draw what the differentiable searches learned"
    script:
        "../workflow_scripts/trajectories_figure.py"


rule root_scores_figure:
    input:
        [
            file
            for name in METHODS
            for seed in SEEDS
            for file in scores_of_root(name, seed)
        ],
    output:
        drawn(
            "root-scores",
            category="6 Supernets and scores",
            labels={"result": "Figure: scores at the root"},
        ),
    log:
        f"{OUT}/logs/root_scores_figure.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage(
            "root_scores_figure",
            code=code("root_scores_figure.py"),
            settings={
                "caption": CAPTION,
                **over_methods(),
                "directions": {
                    part.metric: metric_spec(part.metric).direction
                    for method in METHODS.values()
                    for part in method.parts
                },
            },
        ),
        about=unrecorded(about_trees(config, DRAWN, SEEDS, about=["scores"])),
    message:
        "Draw the scores of the root"
    script:
        "../workflow_scripts/root_scores_figure.py"


rule summary:
    input:
        summary=TABLE.format(table="split_distance_summary"),
        methods=TABLE.format(table="method_distance"),
        few_shot=[TABLE.format(table="few_shot_summary")] if SEARCHED else [],
        figures=FIGURES,
    output:
        report(
            SUMMARY,
            caption="report/summary.rst",
            category="1 Summary",
            labels={"result": "Text: what was found"},
        ),
    log:
        f"{OUT}/logs/summary.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    params:
        **lineage(
            "summary",
            code=code("summary.py"),
            settings={
                "caption": f"{tree_caption(config, SEEDS, METHODS.values())} {few(SEEDS)}".strip(),
                "outdir": PLACE,
                "truth": TRUTH_SAID,
            },
        ),
        about=unrecorded(f"{ABOUT} {ABOUT_TRUTH}".strip()),
        # Of the last run that made something; both take output, so that they alone are no reason to run.
        versions=lambda wildcards, output: versions(),
        others=others,
    message:
        "Say what was found and where to look"
    script:
        "../workflow_scripts/summary.py"
