import itertools
import numpy as np, pandas as pd
from fsnas.seeding import generator


def split_distance(a, b, normalisation="corrected"):
    ga = {o: set(g) for g in a for o in g}
    gb = {o: set(g) for g in b for o in g}
    z = 2 * (len(ga) - 1) if normalisation == "corrected" else 2 * len(ga) - 1
    return sum(len(ga[o] ^ gb[o]) for o in ga) / z


def split_distance_table(trees, normalisation="corrected"):
    rows = []
    for t, u in itertools.combinations_with_replacement(trees, 2):
        if t.method != u.method:
            continue
        pairs = itertools.combinations(t.splits, 2) if t is u else itertools.product(t.splits, u.splits)
        for a, b in pairs:
            rows.append(
                (
                    t.method,
                    "internal" if t is u else "external",
                    t.seed,
                    a.path,
                    a.level,
                    u.seed,
                    b.path,
                    b.level,
                    split_distance(a.groups, b.groups, normalisation),
                )
            )
    return pd.DataFrame(rows, columns="method setting seed_a path_a level_a seed_b path_b level_b distance".split())


def per_tree(table):
    both = []
    for (m, s), g in table.groupby(["method", "setting"], sort=False):
        for lv in ["all", *sorted(set(g.level_a))]:
            h = g if lv == "all" else g[(g.level_a == lv) & (g.level_b == lv)]
            for seed in sorted(set(h.seed_a) | set(h.seed_b)):
                d = h[(h.seed_a == seed) | (h.seed_b == seed)].distance
                if len(d):
                    both.append((m, s, str(lv), seed, d.mean(), len(d)))
    return pd.DataFrame(both, columns=["method", "setting", "level", "seed", "mean", "pairs"])


def split_distance_summary(table, *, seed, resamples=2000):
    rows = []
    for (m, s, l), g in per_tree(table).groupby(["method", "setting", "level"], sort=False):
        r = generator(seed, m, s, l).choice(g["mean"].to_numpy(), (resamples, len(g))).mean(1)
        rows.append(
            (m, s, l, g["mean"].mean(), g["mean"].std(), *np.quantile(r, [0.025, 0.975]), len(g), g.pairs.sum())
        )
    return pd.DataFrame(rows, columns="method setting level mean std ci_low ci_high n pairs".split())


def method_distance(trees, *, seed, resamples=2000, normalisation="corrected"):
    by = {(t.method, t.seed): t for t in trees if t.splits}
    ms = list(dict.fromkeys(m for m, _ in by))
    rows = []
    for a in ms:
        for b in ms:
            v = []
            for s in sorted({s for m, s in by}):
                if (a, s) in by and (b, s) in by:
                    p = (
                        itertools.combinations(by[a, s].splits, 2)
                        if a == b
                        else itertools.product(by[a, s].splits, by[b, s].splits)
                    )
                    d = [split_distance(x.groups, y.groups, normalisation) for x, y in p]
                    if d:
                        v.append(np.mean(d))
            if v:
                r = generator(seed, a, b).choice(v, (resamples, len(v))).mean(1)
                rows.append(
                    (
                        a,
                        b,
                        np.mean(v),
                        np.std(v, ddof=1) if len(v) > 1 else np.nan,
                        *np.quantile(r, [0.025, 0.975]),
                        len(v),
                    )
                )
    return pd.DataFrame(rows, columns="method_a method_b mean std ci_low ci_high n".split())


def splits_table(trees):
    return pd.DataFrame(
        [
            (
                t.method,
                t.metric,
                t.seed,
                s.level,
                s.path,
                s.edge,
                " | ".join(" ".join(g) for g in s.groups),
                "|".join(map(str, sorted(map(len, s.groups)))),
                s.cost,
                s.runner_up,
                s.ties,
                s.edge_ties,
                s.degenerate,
            )
            for t in trees
            for s in t.splits
        ],
        columns="method metric seed level path edge groups sizes cost runner_up ties edge_ties degenerate".split(),
    )


def group_sizes(trees):
    t = splits_table(trees)
    return (
        t.groupby(["method", "sizes"], sort=False)
        .agg(count=("path", "size"), ties=("ties", lambda x: int((x > 1).sum())), degenerate=("degenerate", "sum"))
        .reset_index()
    )
