"""What figures say below themselves, in two lines (a caption), and all that the report says of them (about)."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from fsnas.benchmark import sources as truth_sources
from fsnas.metrics import metric_spec
from fsnas.spaces import count_architectures
from fsnas.splitting import policies
from workflow_scripts._config import CUT_KEYS, SCORE_KEYS, Method, proxy_metrics, space_of
from workflow_scripts._config_model import Space

FEW = "With 2 or 3 seeds an interval is only a range."
BUDGETS = {"epochs": "leaf", "total_epochs": "tree"}  # of the leaves, and of what
LETTERS = {"channels": "C", "cells": "N"}  # as papers call them
USUAL = Space.model_fields["name"].default  # search space
LISTED = 4  # seeds, or methods; more are shortened
ALL = "all methods"


def tree_caption(config: Mapping[str, Any], seeds: Sequence[int], methods: Iterable[Method]) -> str:
    """Return n, seeds, data and sizes, and which of ``methods`` score fresh networks, or BatchNorm as the identity."""
    scored = [method for method in methods if method.policy.leaves > 1]
    initial = _those(scored, weights="initial")
    epochs = _counted(config["supernet"]["epochs"], "epoch")
    trained = "untrained" if initial == ALL else f"{epochs} (untrained: {initial})" if initial else epochs
    identity = _those(scored, batch_norm="identity")
    norm = f" BatchNorm as the identity: {identity}." if identity else ""
    return f"{_counted_seeds(config, seeds)}, {trained}.{norm}"


def _those(methods: Sequence[Method], **choice: str) -> str:
    """Return the names of the methods of one ``choice``, or how many they are; "" for none."""
    (key, value), *_ = choice.items()
    names = [method.name for method in methods if method.choices[key] == value]
    if names and len(names) == len(methods):
        return ALL
    return ", ".join(names) if len(names) <= LISTED else f"{len(names)} of {len(methods)} methods"


def search_caption(config: Mapping[str, Any], seeds: Sequence[int]) -> str:
    """Return n, seeds, data and sizes of root and leaves."""
    leaves = config["leaves"]
    budget, of = next((leaves[key], of) for key, of in BUDGETS.items() if leaves[key] is not None)
    root = _counted(config["supernet"]["epochs"], "epoch")
    return f"{_counted_seeds(config, seeds)}; root {root}, leaves {budget} a {of}."


def few(seeds: Collection[int]) -> str:
    """Return how little an interval over few seeds is worth, as a sentence; "" where they are not few."""
    return FEW if len(seeds) in (2, 3) else ""


def truth_caption(config: Mapping[str, Any], column: str) -> str:
    """Return which numbers are the truth, as a sentence."""
    truth = config["truth"]
    if truth["source"] != "standalone":
        return about_truth(config, column)
    count = truth["architectures"] or count_architectures(space_of(config).full())
    return f"Truth: {count:,} architectures trained here, {_counted(truth['epochs'], 'epoch')}."


def proxies_caption(config: Mapping[str, Any]) -> str:
    """Return seeds, data and sizes of the metrics of single architectures."""
    return f"{_counted_seeds(_of_proxies(config), config['proxies']['seeds'])}, untrained."


def _of_proxies(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with the network of the proxies, which has the size of the supernet unless it has its own."""
    proxies, net = config["proxies"], config["supernet"]
    return {**config, "supernet": {name: proxies.get(name) or value for name, value in net.items()}}


def _size(config: Mapping[str, Any]) -> str:
    """Return how large the supernets are, and of which search space, where it is not the default one."""
    space = space_of(config)
    names = [each.name for each in fields(space.Size)]
    of = "" if space.name == USUAL else f"{space.name}, "
    return of + ", ".join(f"{LETTERS.get(name, name)} = {config['supernet'][name]}" for name in names)


def _counted_seeds(config: Mapping[str, Any], seeds: Sequence[int]) -> str:
    return f"n = {_seeds_and_data(config, seeds, LISTED)} {_size(config)}"


def _seeds_and_data(config: Mapping[str, Any], seeds: Sequence[int], most: float = math.inf) -> str:
    """Return how many seeds there are, which (more than ``most`` are shortened), and the data."""
    listed = ", ".join(map(str, seeds))
    if len(seeds) > most:
        run = [*seeds] == [*range(seeds[0], seeds[0] + len(seeds))]
        listed = f"{seeds[0]} to {seeds[-1]}" if run else f"{seeds[0]}, {seeds[1]}, ..., {seeds[-1]}"
    return f"{_counted(len(seeds), 'seed')} ({listed}). Data: {config['data']['name']}."


def about_trees(
    config: Mapping[str, Any],
    methods: Collection[Method],
    seeds: Sequence[int],
    about: Collection[str] = ("scores", "trees", "distance"),
) -> str:
    """Return n, seeds and settings as the report says them: of one method its own, of several what differs.

    Beside the supernet, only the settings of what the figure is ``about`` are said.
    """
    net = config["supernet"]
    shared = next(iter(methods)).choices if len(methods) == 1 else config["method"]
    text = (
        f"n = {_seeds_and_data(config, seeds)} Supernet: {_size(config)}, {net['sampling']}, mixing {net['mixing']}, "
        f"epochs {net['epochs']}, batch size {net['batch_size']}, lr {net['lr']}."
    )
    said = {
        "scores": f" Scores: {_said(shared, SCORE_KEYS)}.",
        "trees": f" Trees: {_said(shared, tree_keys(shared))}.",
        "distance": f" Split distance {config['distances']['normalisation']}.",
    }
    text += "".join(sentence for part, sentence in said.items() if part in about)
    for method in methods:
        keys = {"scores": SCORE_KEYS, "trees": tree_keys(method.choices)}
        other = [key for part in about for key in keys.get(part, ()) if method.choices[key] != shared[key]]
        own = [said for said in (_said(method.choices, other), *_said_of_parts(method, about)) if said]
        if own:
            text += f" {method.name}: {', '.join(own)}."
    return f"{text} {_interval(seeds)}" if "distance" in about and len(seeds) > 1 else text


def _said_of_parts(method: Method, about: Collection[str]) -> Iterator[str]:
    """Yield how several metrics are combined, and the options of each metric that are not its defaults."""
    if method.joint and "trees" in about:
        weights = (part.metric + (f" x {part.weight:g}" if part.weight != 1 else "") for part in method.parts)
        yield f"metrics {' + '.join(weights)}, combine {method.choices['combine']}"
    for part in method.parts if "scores" in about else ():
        changed = {k: v for k, v in part.options.items() if v != metric_spec(part.metric).options[k]}
        if changed:
            yield (f"{part.metric}: " if method.joint else "") + _said(changed, changed)


def about_search(config: Mapping[str, Any], seeds: Sequence[int], methods: Iterable[Method] = ()) -> str:
    """Return n, seeds and settings of trees, leaves, evaluation and search, as the report says them.

    Of ``methods``, those whose leaves are searched, what differs from the settings of the run is said for each.
    """
    net, leaves = config["supernet"], config["leaves"]
    evaluation, search, method = config["evaluation"], config["search"], config["method"]
    budget = next(key for key in BUDGETS if leaves[key] is not None)
    selected = "all" if leaves["selection"] == "all" else _said(leaves, ("selection", "keep", "sampled"))
    dropped = "" if leaves["selection"] == "all" else " Leaves that were dropped are ranked with their last weights."
    own = ""
    for one in methods:
        keys = (*SCORE_KEYS, *tree_keys(one.choices), "init")
        other = _said(one.choices, [key for key in keys if one.choices[key] != method[key]])
        own += f" {one.name}: {other}." if other else ""
    return (
        f"n = {_seeds_and_data(config, seeds)} {_size(config)}. "
        f"Root: {net['sampling']}, {_counted(net['epochs'], 'epoch')}. Trees: "
        f"{_said(method, (*SCORE_KEYS, *tree_keys(method)))}. Leaves: "
        f"{_said({**leaves, 'init': method['init']}, ('init', 'sampling', budget))} a "
        f"{BUDGETS[budget]}, batch size {net['batch_size']}, lr {net['lr']}; searched: "
        f"{selected}.{dropped}{own} Shared weights on {evaluation['batches'] or 'all'} validation batches of "
        f"{evaluation['batch_size']}, {evaluation['architectures'] or 'all'} architectures ranked. Search: "
        f"{_said(search, [key for key in search if key not in ('samplers', 'algorithms')])}. {_interval(seeds)}"
    )


def about_truth(config: Mapping[str, Any], column: str) -> str:
    """Return which numbers are the truth, and how they came about, as a sentence."""
    truth = config["truth"]
    if truth["source"] == "standalone":
        return (
            f"Truth: {column}, of {truth['architectures'] or 'all'} architectures trained by themselves with the "
            "supernet's size and settings (batch-statistics BatchNorm); not those of the benchmark."
        )
    name = truth_sources.facts(truth["source"]).called or Path(truth["file"]).name
    return f"Truth: {column} of {name}."


def about_proxies(config: Mapping[str, Any]) -> str:
    """Return n, seeds and settings of the metrics of single architectures."""
    options = [f" {name}: {_said(config['metrics'][name], config['metrics'][name])}." for name in proxy_metrics(config)
               if config["metrics"].get(name)]  # fmt: skip
    return (
        f"Networks at initialisation, one batch of {config['proxies']['batch_size']} training images, "
        f"{_seeds_and_data(config, config['proxies']['seeds'])} {_size(_of_proxies(config))}.{''.join(options)} "
        "Interval: 95 %, bootstrap over architectures."
    )


def _interval(seeds: Collection[int]) -> str:
    """Return what the intervals over ``seeds`` are, and how little they cover where there are few."""
    few = "; of 2 or 3 seeds it is their range, and covers the mean in about 50 or 70 % of cases"
    return f"Interval: 95 %, bootstrap over seeds{few if len(seeds) in (2, 3) else ''}."


def tree_keys(choices: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys that decide the tree of these scores."""
    return ("policy", *policies.options(choices["policy"]), *CUT_KEYS)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _said(choices: Mapping[str, Any], keys: Iterable[str]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {choices[key]}" for key in keys)
