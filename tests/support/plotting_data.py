"""Synthetic tables, trees and scores for the figures, after the column contracts of the real ones."""

import numpy as np
import pandas as pd

from tests.support.space import EDGES, OPERATIONS, SPACE

METRICS = ("gm", "gradnorm", "snip", "grasp", "synflow", "jacobcov", "ntk", "lr", "naswot", "fisher", "params",
           "flops", "random")  # fmt: skip
SETTINGS = ("internal", "external")
VARIANTS = {f"{metric}-{kind}": metric for kind in ("sum", "equal") for metric in ("gm", "snip", "jacobcov", "random")}
MANY = {**{metric: metric for metric in METRICS}, **VARIANTS}
CAPTION = (
    "n = {n} trees a method (seeds 0 to {last}); bootstrap intervals from 2,000 draws of seeds. digits, 8 x 8 grey "
    "images; C = 8, N = 1, superposition training for 12 epochs, batch 64; perturbation disable, R = 4 batches of 64; "
    "cut objective mean, balance none, edge best, policy constant with b = 2 and N = 8 (depth 3, 7 splits a tree). "
    "Split distance normalised by 2 (n - 1), so 1 is one operation moved; ties drawn at random."
)


def caption(seeds: int) -> str:
    return CAPTION.format(n=seeds, last=seeds - 1)


def distances(metrics: dict[str, str], seeds: int, depth: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return tables like those of `per_tree` and `split_distance_summary`."""
    rng = np.random.default_rng(0)
    trees, summary = [], []
    for number, method in enumerate(metrics):
        for setting in ("internal", "external"):
            if setting == "external" and seeds < 2:
                continue
            centre = 0.25 + 1.05 * (number % 7) / 7 + 0.1 * (setting == "external")
            levels = ["all", *(str(level) for level in range(depth) if setting == "external" or level)]
            for level in levels:
                means = (centre + rng.normal(0, 0.12, seeds)).clip(0, 1.5)
                for seed, mean in enumerate(means):
                    trees.append((method, setting, level, seed, mean, 21))
                half = means.std() / seeds**0.5 * 2
                spread = (means.std(), means.mean() - half, means.mean() + half)
                spread = spread if seeds > 1 + (setting == "external") else (np.nan,) * 3
                summary.append((method, setting, level, means.mean(), *spread, seeds, 21 * seeds))
    columns = ["method", "setting", "level", "mean", "std", "ci_low", "ci_high", "n", "pairs"]
    return (
        pd.DataFrame(trees, columns=["method", "setting", "level", "seed", "mean", "pairs"]),
        pd.DataFrame(summary, columns=columns),
    )


def method_distance(methods: list[str]) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    places = rng.uniform(0, 1.2, len(methods))
    rows = [
        (a, b, 0.4 if i == j else 0.15 + abs(places[i] - places[j]), 0.1, 0.3, 0.9, 3)
        for i, a in enumerate(methods)
        for j, b in enumerate(methods)
        if i <= j
    ]
    return pd.DataFrame(rows, columns=["method_a", "method_b", "mean", "std", "ci_low", "ci_high", "n"])


def tree(branchings: list[int], metric: str = "snip", seed: int = 0) -> dict:
    """Return the content of a tree.json with one level per branching factor; [] is the policy none."""
    rng = np.random.default_rng(seed)
    nodes, spaces = [], {"root": SPACE.full()}
    for branching in branchings:
        level = {}
        for path, space in spaces.items():
            edge = int(rng.choice(np.flatnonzero(space.all(axis=1))))
            order = rng.permutation(len(OPERATIONS))
            cuts = np.sort(rng.choice(np.arange(1, len(OPERATIONS)), branching - 1, replace=False))
            groups = sorted(sorted(map(int, group)) for group in np.split(order, cuts))
            children = [f"{'' if path == 'root' else path}{digit}" for digit in range(branching)]
            level |= {child: SPACE.restrict(space, edge, group) for child, group in zip(children, groups, strict=True)}
            number = len(nodes)
            nodes.append({
                "path": path,
                "edge": EDGES[edge],
                "groups": [[OPERATIONS[o] for o in group] for group in groups],
                "cost": float(rng.normal() * 10.0 ** rng.integers(-6, 7)),
                "runner_up": None if branching == len(OPERATIONS) else float(rng.normal()),
                "ties": 3 if number == 1 else 1,
                "edge_ties": 2 if number in (1, 3) else 1,
                "degenerate": number == 4,
                "edge_costs": {EDGES[edge]: 0.0},
                "children": children,
            })  # fmt: skip
        spaces = level
    leaves = {
        path: {name: [OPERATIONS[o] for o in np.flatnonzero(space[e])] for e, name in enumerate(EDGES)}
        for path, space in spaces.items()
    }
    return {"method": metric, "metric": metric, "seed": seed, "nodes": nodes, "leaves": leaves}


def records(seeds: int, epochs: int) -> dict[int, dict[str, list]]:
    rng = np.random.default_rng(2)
    result = {}
    for seed in range(seeds):
        epoch = np.arange(1, epochs + 1)
        loss = 2.3 * np.exp(-epoch / epochs * 2.5) + rng.normal(0, 0.04, epochs)
        valid: list[float | None] = list(loss + 0.1 + rng.normal(0, 0.04, epochs))
        valid[0] = None
        accuracy = 1 - loss / 2.6
        result[seed] = {
            "epoch": list(epoch), "loss": list(loss), "accuracy": list(accuracy),
            "valid_loss": valid, "valid_accuracy": list(accuracy - 0.05),
        }  # fmt: skip
    return result


def root_scores(methods: list[str]) -> dict[str, dict]:
    """Return scores at the root; a method "snip-sum" has those of "snip", as variants of the cut have."""
    shape = (len(EDGES), len(OPERATIONS))
    result = {}
    for method in methods:
        metric = method.split("-")[0]
        number = METRICS.index(metric)
        rng = np.random.default_rng(number)
        scores = rng.normal(1, 0.2, shape) * 10.0 ** (number % 7 - 2)
        if metric == "params":
            scores = 8e5 + rng.integers(0, 3, shape) * 7e4
        if metric == "jacobcov":
            scores[2] = np.nan
        affinity = 0.97 + 0.03 * rng.random((*shape, shape[1]))
        direction = {"gm": "none", "random": "none", "ntk": "lower"}.get(metric, "higher")
        result[method] = {"scores": None if metric == "gm" else scores, "affinity": affinity, "direction": direction}
    return result
