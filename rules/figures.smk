SUMMARY = f"{OUT}/summary.txt"
NAMES = ["figure-1a", "figure-1b", "figure-2", "method-matrix"]
FIGURES = [
    *(path for name in NAMES for path in figure(name)),
    *figure("training"),
    *figure("root-scores"),
    *expand(
        f"{OUT}/figures/trees/{{method}}-seed-{{seed}}.{{format}}",
        method=METHODS,
        seed=SEEDS,
        format=FORMATS,
    ),
]
FEW_SHOT = [
    *COMPARISON.values(),
    *(path for name in COMPARISON_FIGURES for path in figure(name)),
]
if not SEARCHED:
    FEW_SHOT = []
if PROXIES:
    FEW_SHOT += [*PROXY_TABLES, *figure("proxies")]


rule distance_figures:
    input:
        per_tree=DISTANCES[1],
        summary=DISTANCES[2],
        methods=DISTANCES[3],
    output:
        internal=drawn(
            "figure-1a",
            category="2 Split distance",
            labels={"result": "Figure 1a: internal"},
        ),
        external=drawn(
            "figure-1b",
            category="2 Split distance",
            labels={"result": "Figure 1b: external"},
        ),
        depth=drawn(
            "figure-2",
            category="2 Split distance",
            labels={"result": "Figure 2: by depth"},
        ),
        matrix=drawn(
            "method-matrix",
            category="2 Split distance",
            labels={"result": "Figure: method against method"},
        ),
    log:
        f"{OUT}/logs/distance_figures.log",
    localrule: True
    conda:
        "../envs/cpu.yaml"
    threads: 1
    params:
        **made_from(
            "distance_figures",
            code=code("distance_figures.py"),
            settings={
                "caption": f"{CAPTION} {few(SEEDS)}".strip(),
                **over_methods(),
            },
        ),
        about=unrecorded(ABOUT),
    message:
        "Draw figures 1a, 1b and 2 and the method matrix"
    script:
        "../workflow_scripts/distance_figures.py"


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
    threads: 1
    params:
        **made_from(
            "tree_figures",
            code=code("tree_figures.py"),
            settings=lambda w: {
                "captions": [tree_caption(config, [seed]) for seed in SEEDS],
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
        expand(SUPERNET, seed=SEEDS),
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
    threads: 1
    params:
        **made_from(
            "training_figure",
            code=code("training_figure.py"),
            settings={"caption": CAPTION, **plotting()},
        ),
        about=unrecorded(about_trees(config, METHODS.values(), SEEDS, about=[])),
    message:
        "Draw the training curves"
    script:
        "../workflow_scripts/training_figure.py"


rule root_scores_figure:
    input:
        [
            f"{OUT}/seed-{seed}/{name}/level-0/scores.h5"
            for name, method in METHODS.items()
            if method.policy.depth
            for seed in SEEDS
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
    threads: 1
    params:
        **made_from(
            "root_scores_figure",
            code=code("root_scores_figure.py"),
            settings={
                "caption": CAPTION,
                **over_methods(),
                "directions": {
                    name: metric_spec(metric).direction
                    for name, metric in METRIC_OF.items()
                },
            },
        ),
        about=unrecorded(about_trees(config, METHODS.values(), SEEDS, about=["scores"])),
    message:
        "Draw the scores of the root"
    script:
        "../workflow_scripts/root_scores_figure.py"


rule summary:
    input:
        summary=DISTANCES[2],
        methods=DISTANCES[3],
        few_shot=[COMPARISON["summary"]] if SEARCHED else [],
        figures=FIGURES + FEW_SHOT,
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
    threads: 1
    params:
        **made_from(
            "summary",
            code=code("summary.py"),
            settings={
                "caption": f"{CAPTION} {few(SEEDS)}".strip(),
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
