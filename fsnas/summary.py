"""The summary of a run for the terminal: where to look and what was found."""

from collections.abc import Mapping

import pandas as pd

SECONDS = (
    "Seconds are those of processors, all threads together, or those in which a job had its card, not the clock's."
)
NAMED = 8  # of files that are not of this config
QUANTITIES = {  # of the few-shot table: column, heading, digits
    "kendall_all": ("tau all", 3),
    "kendall_within": ("tau within", 3),
    "eta_squared": ("explained", 3),
    "expected": ("by chance", 3),
    "test_accuracy": ("found %", 2),
    "regret": ("regret", 2),
    "oracle": ("oracle %", 2),
}


def summarise(
    distances: pd.DataFrame,
    methods: pd.DataFrame,
    sizes: pd.DataFrame,
    few_shot: pd.DataFrame | None = None,
    *,
    caption: str,
    outdir: str,
    truth: str = "",
    versions: str = "",
    others: Mapping[str, int] | None = None,
) -> str:
    """Return the text that ends a run.

    Parameters
    ----------
    distances
        Table split_distance_summary (columns method, setting, level, mean, std, ci_low, ci_high, n, pairs).
    methods
        Table method_distance (columns method_a, method_b, mean, ..., comparable).
    sizes
        Table group_sizes (columns method, sizes, count, ties, edge_ties, degenerate).
    few_shot
        Table few_shot_summary, if leaves were trained.
    caption
        n, seeds and settings.
    outdir
        Folder of the results.
    truth
        The sentence that says which numbers are the truth.
    versions
        Of what computed the results.
    others
        Files among the results that are not of this run's config, or folders of them, with their number of files.
    """
    lines = [
        "",
        "Split distance of the trees: mean over trees +- spread over seeds (0 means that all splits are the same)",
        "",
        *_table(distances, sizes),
        "",
        *_neighbours(methods),
        "",
        *([] if few_shot is None else [*_few_shot(few_shot), "", truth, SECONDS]),
        caption,
        *([f"Made with {versions}."] if versions else []),
        "",
        *_others(others or {}, outdir),
        "Where to look",
        f"  {outdir}/figures/figure-1a.png, figure-1b.png   internal and external split distance, with the random band",
        f"  {outdir}/figures/figure-2.png                   the same by depth",
        f"  {outdir}/figures/method-matrix.png              which methods split alike",
        f"  {outdir}/figures/root-scores.png, training.png  what the metrics saw, and how the supernets trained",
        f"  {outdir}/figures/trees/                         every tree, drawn",
        *([] if few_shot is None else _where(outdir)),
        f"  {outdir}/tables/                                the numbers behind them",
        f"  {outdir}/seed-*/METHOD/                         scores.h5 and splits.json of each level, tree.json",
        "",
    ]
    return "\n".join(lines)


def _table(distances: pd.DataFrame, sizes: pd.DataFrame) -> list[str]:
    """Return one line per method: distances, group sizes, ties and degenerate cuts."""
    order = list(dict.fromkeys([*sizes["method"], *distances["method"]]))
    width = max([len("method"), *map(len, order)])
    lines = [f"  {'method':{width}}  {'internal':>13}  {'external':>13}  splits  ties  edge ties  degenerate  sizes"]
    every = distances[distances["level"] == "all"].set_index(["method", "setting"])
    for method in order:
        cells = []
        for setting in ("internal", "external"):
            found = (method, setting) in every.index
            row = every.loc[(method, setting)] if found else None
            cells.append("-" if row is None else f"{row['mean']:.3f}" + _spread(row["std"]))
        own = sizes[sizes["method"] == method]
        shapes = ", ".join(f"{row.sizes}: {row.count_}" for row in own.rename(columns={"count": "count_"}).itertuples())
        lines.append(
            f"  {method:{width}}  {cells[0]:>13}  {cells[1]:>13}  {own['count'].sum():>6}  {own['ties'].sum():>4}"
            f"  {own['edge_ties'].sum():>9}  {own['degenerate'].sum():>10}  {shapes}"
        )
    return lines


def _spread(std: float) -> str:
    return f" +- {std:.2f}" if pd.notna(std) else ""


def _neighbours(methods: pd.DataFrame) -> list[str]:
    """Return the pairs of methods that split most and least alike, of those whose distance their metrics decide."""
    pairs = methods[methods["method_a"] != methods["method_b"]].dropna(subset=["mean"])
    keys = pairs.apply(lambda row: " ".join(sorted((row["method_a"], row["method_b"]))), axis=1)
    pairs = pairs[~keys.duplicated()].sort_values(["mean", "method_a", "method_b"]) if len(pairs) else pairs
    if pairs.empty:
        return ["Fewer than two methods with splits: no pair of methods to compare."]
    count = len(pairs)
    pairs = pairs[pairs["comparable"]] if "comparable" in pairs else pairs
    others = count - len(pairs)
    left_out = (
        f"  Left out: {others} {'pair' if others == 1 else 'pairs'} with other numbers of groups, or one a operation"
    )
    return [*_extremes(pairs), *([left_out] if others else [])]


def _extremes(pairs: pd.DataFrame) -> list[str]:
    if pairs.empty:
        return ["No two methods split into the same numbers of groups: no pair of methods to compare."]
    least, most = pairs["mean"].min(), pairs["mean"].max()
    if len(pairs) == 1:
        return [f"{_names(pairs)}: {least:.3f} apart"]
    return [
        f"Most alike:  {_names(pairs[pairs['mean'] == least])} ({least:.3f})",
        f"Least alike: {_names(pairs[pairs['mean'] == most])} ({most:.3f})",
    ]


def _names(pairs: pd.DataFrame) -> str:
    """Return the pairs as text, the first three of them."""
    named = [f"{a} and {b}" for a, b in zip(pairs["method_a"], pairs["method_b"], strict=True)]
    return "; ".join(named[:3]) + (f"; and {len(named) - 3} more" if len(named) > 3 else "")


def _few_shot(table: pd.DataFrame) -> list[str]:
    """Return one line per method whose leaves were trained: its means over seeds."""
    shown = table[table["leaf_epochs"].notna()]
    width = max([len("method"), *map(len, shown["method"])])
    headings = "  ".join(f"{heading:>10}" for heading, _ in QUANTITIES.values())
    samplers = ", ".join(shown["sampler"].dropna().unique()) or "none"
    lines = [
        "What the leaves are worth: rank correlation of shared weights with the truth, what the tree explains of it,",
        f"and what the search ({samplers}) found; mean over seeds, intervals are in tables/few_shot_summary.csv",
        "",
        f"  {'method':{width}}  {headings}  epochs  seconds",
    ]
    for row in shown.to_dict("records"):
        cells = [f"{_number(row[name], digits):>10}" for name, (_, digits) in QUANTITIES.items()]
        epochs, seconds = _number(row["root_epochs"] + row["leaf_epochs"]), _number(row["device_seconds"])
        lines.append(f"  {row['method']:{width}}  {'  '.join(cells)}  {epochs:>6}  {seconds:>7}")
    return lines


def _number(value: float, digits: int = 0) -> str:
    return "-" if pd.isna(value) else f"{value:.{digits}f}"


def _others(others: Mapping[str, int], outdir: str) -> list[str]:
    """Return what to do about files of other configs, which would pass for results of this one."""
    if not others:
        return []
    count, names = sum(others.values()), list(others)
    shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    return [
        f"Not of this config: {count} {'file' if count == 1 else 'files'} that another one left in {outdir}",
        f"  {shown}",
        "  Remove them, or give each config an outdir of its own.",
        "",
    ]


def _where(outdir: str) -> list[str]:
    return [
        f"  {outdir}/figures/rank-correlation.png           do the leaves rank architectures as the truth does?",
        f"  {outdir}/figures/explained-variance.png         what is in a split",
        f"  {outdir}/figures/found.png, cost.png            what the searches found, and what it took",
    ]
