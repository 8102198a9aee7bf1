from dataclasses import fields
from fsnas.benchmark import sources as truth_sources
from fsnas.data import sources as data_sources
from fsnas.search import algorithms, samplers
from fsnas.training.recipe import Recipe

# Whether the images are always the same, so that how many and how large they are is known before they are read.
FIXED = data_sources.facts(config["data"]["source"]).train is not None
# Whether the architectures of the truth are trained here, and what is known of its file if not.
READER = config["truth"]["source"]
TRAINED = READER == "standalone"
TRUTH_FACTS = truth_sources.Facts() if TRAINED else truth_sources.facts(READER)


def recipe(epochs, **changes):
    """The arguments of the recipe that trains a supernet."""
    said = config["data"] | config["supernet"] | {"epochs": epochs, **changes}
    if said["sampling"] != "superposition":
        said["mixing"] = "mean"  # nothing is mixed on a path
    return {each.name: said[each.name] for each in fields(Recipe)}


def network():
    """The size of a supernet."""
    return {size.name: config["supernet"][size.name] for size in fields(SPACE.Size)}


def search_space():
    """The search space, which of its operations it has, and its nodes where the config chooses them."""
    nodes = (
        {} if config["space"]["nodes"] is None else {"nodes": config["space"]["nodes"]}
    )
    return {"name": SPACE.name, "operations": [*SPACE.operations], **nodes}


def evaluation():
    """The batches that show what an architecture is worth with shared weights."""
    return {name: config["evaluation"][name] for name in ("batch_size", "batches")}


def compared(section):
    """Which architectures with a truth are compared with it."""
    return {
        "architectures": config[section]["architectures"],
        "sample_seed": config["truth"]["seed"],
    }


def machine():
    """The setting of torch that decides the last bits of a result; the device is looked up where it computed."""
    return {"threads": config["threads"]}


def data_settings():
    """What decides the images and their split; where they lie, only if they are not always the same."""
    data = config["data"]
    names = ["name", "source", "split", "seed", "image_size", "resize"]
    paths = {"split_file": data["split"] != "balanced"}
    paths |= {"folder": "folder" in data_sources.options(data["source"]) and not FIXED}
    return {
        **{name: data[name] for name in names},
        **{name: resolved(data[name]) for name, counts in paths.items() if counts},
    }


def truth_code():
    """The code that the truth is read by, that of its source included."""
    files = [] if TRAINED else [truth_sources.path_of(READER)]
    return code("truth.py", SPACE_CODE, *files, packages=TRUTH_FACTS.packages)


def truth_settings():
    """What decides the truth: not the name of the file that the user brings, but its content."""
    truth = config["truth"]
    if TRAINED:
        return {"space": search_space(), "source": READER}
    content = brought(truth["file"], truth["sha256"])
    named = {"architecture_column": truth["architecture_column"]}
    options = truth_sources.taken(READER, named)
    return {"space": search_space(), "source": READER, "content": content, **options}


def search_settings(wildcards):
    """The samplers and what they need to know, and the names of the differentiable searches."""
    search = config["search"]
    needed = {name: search[name] for name in ("samplers", "evaluations")}
    for name in search["samplers"]:
        needed |= samplers.taken(name, search)
    learned = searches_in(wildcards.method)
    return needed | ({"algorithms": learned} if learned else {})


def scored_part(wildcards):
    """The metric that a score file is of, with its options."""
    return METHODS[wildcards.method].part(wildcards.get("metric"))


def scores_code(wildcards):
    """The code that the scores of a method are made from, its metric included."""
    return code(
        "scores.py",
        path_of(scored_part(wildcards).metric),
        *NETWORK_CODE,
        packages=["torch"],
    )


def scores_settings(wildcards):
    """What decides the scores of a level; nothing of the cut, so that methods can share them."""
    method, level = METHODS[wildcards.method], int(wildcards.level)
    part = scored_part(wildcards)
    choices = {name: method.choices[name] for name in SCORE_KEYS}
    del choices["warmup_epochs"]
    if choices["weights"] == "initial":
        choices["network"] = network()
    else:
        del choices["initialisation"]
    warmup = method.warmup_epochs(level)
    return {
        "metric": part.metric,
        "options": part.options,
        "seed": int(wildcards.seed),
        "level": level,
        "mixing": config["supernet"]["mixing"],
        "warmup": recipe(warmup) if warmup else {"epochs": 0},
        **choices,
        **machine(),
    }


def same_scores(wildcards):
    """The scores of the first candidate that has the same nodes in a round, if that is another one.

    They are made first, and taken over from there.
    """
    candidates, own = METHODS[wildcards.method].policy.grown, wildcards.candidate
    if own not in candidates:  # of another config, among the results
        return []
    alike = candidates[own].alike
    first = next(
        name for name, one in candidates.items() if alike(one, int(wildcards.level))
    )
    if first == own:
        return []
    named = {**wildcards, "candidate": first}
    return scores_pattern(wildcards.method, first).format(**named)


def splits_code(wildcards):
    """The code that the splits of a method are made from, its policy included."""
    return code("splits.py", SPACE_CODE, METHODS[wildcards.method].policy_file)


def splits_settings(wildcards):
    """What decides the cuts of a level."""
    method = METHODS[wildcards.method]
    return {
        "metric": method.metric,
        "seed": int(wildcards.seed),
        "level": int(wildcards.level),
        "policy": method.policy_settings,
        **{name: method.choices[name] for name in CUT_KEYS},
        "edge": method.edge(int(wildcards.level)),
        **({"candidate": wildcards.candidate} if candidate_of(wildcards) else {}),
        **method.joining,
    }


def leaf_settings(wildcards, rung=0):
    """What decides a leaf's weights, but for its space; nothing of the tree, so that trees can share leaves."""
    epochs = rungs_of(config, METHODS[wildcards.method])[rung].epochs
    return {
        "seed": int(wildcards.seed),
        "rung": rung,
        "init": METHODS[wildcards.method].choices["init"],
        "network": network(),
        "recipe": recipe(epochs, sampling=config["leaves"]["sampling"]),
        **machine(),
    }


def learned_settings(wildcards):
    """What decides what a differentiable search makes of a leaf, but for its space; nothing of the tree."""
    method = METHODS[wildcards.method]
    search = SEARCHES[wildcards.search]
    # Sampling and mixing have no meaning here.
    return {
        "seed": int(wildcards.seed),
        "algorithm": search.algorithm,
        "options": search.options,
        "init": method.choices["init"],
        "network": network(),
        "recipe": recipe(
            epochs_of(config, method), sampling="superposition", mixing="mean"
        ),
        **machine(),
    }


def standalone_settings():
    """What decides the accuracy of a stand-alone training, but for the architecture."""
    return {
        "space": search_space(),
        "epochs": config["truth"]["epochs"],
        "seed": config["truth"]["seed"],
        "network": network(),
        # There is nothing to mix.
        "recipe": recipe(
            config["truth"]["epochs"], sampling="superposition", mixing="mean"
        ),
        **machine(),
    }


def plotting():
    """How a figure looks."""
    return plot_settings(config["plotting"])


def over_methods():
    """What figures over methods are told: the metric of each, which of them they show, and how they look."""
    shown = drawn_methods(config, METHODS)
    chosen = {} if shown == [*METHODS] else {"methods": shown}
    return {"metrics": METRIC_OF, **chosen, **plotting()}


def bootstrap():
    """How intervals are drawn."""
    return {name: config["distances"][name] for name in ("seed", "resamples")}
