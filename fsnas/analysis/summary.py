"""The summary of a run for the terminal: what was found, in numbers and in words, and where to look."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

NAMED = 4  # of methods in a sentence, and of files that are not of this config
WIDTH = 96  # characters of a line
MANY = 10  # seeds; with fewer, more of them would change what is said
CONTROL = "random"
SETTINGS = ("internal", "external")
DISTANCES = "internal, external: how differently a tree, or two seeds, group operations (0: always alike)"
WORTH = (
    "tau: rank correlation of shared weights and truth, over all leaves; explained: share of the truth's variance "
    "between leaves; regret: found % below the best that is known; - where no leaves were trained (leaves.methods)"
)
# Of the few-shot table: columns and headings.
QUANTITIES = {"kendall_all": "tau", "eta_squared": "explained", "test_accuracy": "found %", "regret": "regret"}


def summarise(
    distances: pd.DataFrame,
    methods: pd.DataFrame,
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
    distances, methods, few_shot
        Tables split_distance_summary, method_distance and, if leaves were trained, few_shot_summary.
    caption, truth
        n, seeds and settings, and the sentence that says which numbers are the truth.
    outdir, versions
        The folder of the results, and what computed them.
    others
        Files among the results that are not of this run's config, or folders of them, with their number of files.
    """
    searched = None if few_shot is None else few_shot[few_shot["leaf_epochs"].notna()]
    lines = [
        "",
        "What was found (means over seeds)",
        "",
        *_table(distances, searched),
        *_wrapped(f"  {DISTANCES}", "    "),
        *([] if searched is None else _wrapped(f"  {WORTH}", "    ")),
        "",
        *_in_words(distances, methods, searched),
        "",
        *(line for about in (caption, truth, versions and f"Made with {versions}.") for line in _wrapped(about)),
        "",
        *_others(others or {}, outdir),
        *_where(outdir, searched is not None),
        "",
    ]
    return "\n".join(lines)


def _table(distances: pd.DataFrame, searched: pd.DataFrame | None) -> list[str]:
    """Return one line per method: its split distances, and what its leaves are worth."""
    every = distances[distances["level"] == "all"].set_index(["method", "setting"])
    leaves = pd.DataFrame() if searched is None else searched.set_index("method")
    names = list(dict.fromkeys([*distances["method"], *leaves.index]))
    width = max([len("method"), *map(len, names)])
    quantities = {} if searched is None else QUANTITIES
    heads = [*SETTINGS, *quantities.values()]
    lines = [f"  {'method':{width}}" + "".join(f"  {head:>9}" for head in heads)]
    for name in names:
        values = [every["mean"].get((name, setting)) for setting in SETTINGS]
        values += [leaves[column].get(name) for column in quantities]
        cells = ["-" if pd.isna(value) else f"{value:.2f}" for value in values]
        lines.append(f"  {name:{width}}" + "".join(f"  {cell:>9}" for cell in cells))
    return lines


def _in_words(distances: pd.DataFrame, methods: pd.DataFrame, searched: pd.DataFrame | None) -> Iterator[str]:
    """Yield the lines of the sentences, an item each."""
    external = distances[(distances["setting"] == "external") & (distances["level"] == "all")]
    sentences = [*_steadiness(external.dropna(subset=["mean"]).set_index("method")), *_alike(methods)]
    if searched is not None:
        sentences += _worth(searched.set_index("method"))
    if (seeds := distances["n"].max()) < MANY:
        sentences.append(
            f"With {seeds:.0f} {'seed' if seeds == 1 else 'seeds'} only large differences mean anything: more seeds "
            "narrow every interval. The paper's experiment: configs/paper-cpu.yaml (2 CPU cores), configs/paper.yaml "
            "(a card)."
        )
    for sentence in sentences:
        yield from _wrapped(f"- {sentence}", "  ")


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _steadiness(external: pd.DataFrame) -> list[str]:
    """Say which methods group operations alike under another seed, and which as little as random scores do."""
    others = external.drop(index=CONTROL, errors="ignore")
    if others.empty:
        return ["External distances, between the trees of two seeds, need two seeds: seeds: [0, 1]."]
    if CONTROL not in external.index:
        steadiest, least = others["mean"].idxmin(), others["mean"].idxmax()
        said = f"Most like its own splits under another seed: {_valued(others.loc[[steadiest]])}"
        return [f"{said}; least: {_valued(others.loc[[least]])}." if steadiest != least else f"{said}."]
    control = external.loc[CONTROL]
    chance = f"splits of random scores are {control['mean']:.2f} apart"
    if external["ci_low"].isna().all():
        return [f"Two seeds cannot tell whether a metric is steadier than chance; {chance}."]
    steady = others[others["ci_high"] < control["ci_low"]].sort_values("mean")
    rest = others.drop(index=steady.index)
    if steady.empty:
        return [f"No metric is told to be steadier than chance under another seed: {chance}."]
    unsteady = [] if rest.empty else [f"Not told apart from chance: {_valued(rest)}."]
    return [f"Steadier than chance under another seed: {_valued(steady)}; {chance}.", *unsteady]


def _alike(methods: pd.DataFrame) -> list[str]:
    """Say which two methods split most alike, of those whose distance their metrics decide."""
    pairs = methods[methods["method_a"] < methods["method_b"]].dropna(subset=["mean"])
    chance = (pairs[["method_a", "method_b"]] == CONTROL).any(axis=1)
    pairs = pairs[pairs["comparable"] & ~chance].sort_values(["mean", "method_a", "method_b"])
    if len(pairs) < 2:
        return []
    names = [f"{row.method_a} and {row.method_b} ({row.mean:.2f})" for row in pairs.iloc[[0, -1]].itertuples()]
    close = ", too close to call" if pairs["ci_high"].iloc[0] >= pairs["ci_low"].iloc[-1] else ""
    return [f"Most alike: {names[0]}; least alike: {names[1]}{close}."]


def _worth(leaves: pd.DataFrame) -> list[str]:
    """Say how well shared weights rank, and what the search found."""
    said = []
    ranked = leaves.dropna(subset=["kendall_all"]).sort_values("kendall_all", ascending=False)
    if len(ranked):
        said.append(
            f"Shared weights rank architectures with tau {_span(ranked, 'kendall_all')} against the truth "
            f"(1: same order, 0: chance){_together(ranked, 'kendall_all')}."
        )
    found = leaves.dropna(subset=["test_accuracy"]).sort_values("test_accuracy", ascending=False)
    if len(found):
        ends = " and ".join(f"{regret:.2f}" for regret in dict.fromkeys(found["regret"].iloc[[0, -1]].dropna()))
        said.append(
            f"The search (sampler {found['sampler'].iloc[0]}) found {_span(found, 'test_accuracy')} % test accuracy"
            f"{f', {ends} below the best that is known' if ends else ''}{_together(found, 'test_accuracy')}."
        )
    return said


def _span(table: pd.DataFrame, column: str) -> str:
    """Return the first and the last value of a sorted table, each with its method."""
    ends = [f"{value:.2f} ({method})" for method, value in table[column].iloc[[0, -1]].items()]
    return " to ".join(dict.fromkeys(ends))


def _together(table: pd.DataFrame, column: str) -> str:
    """Return a remark where the intervals of the first and the last row overlap."""
    overlap = table[f"{column}_ci_low"].iloc[0] <= table[f"{column}_ci_high"].iloc[-1]
    return ", too close to call" if len(table) > 1 and overlap else ""


def _valued(rows: pd.DataFrame) -> str:
    return _named([f"{method} ({value:.2f})" for method, value in rows["mean"].items()])


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _others(others: Mapping[str, int], outdir: str) -> list[str]:
    """Return what to do about files of other configs, which would pass for results of this one."""
    if not others:
        return []
    count = sum(others.values())
    return [
        f"Not of this config: {count} {'file' if count == 1 else 'files'} that another one left in {outdir}",
        f"  {_named([*others])}",
        "  Remove them, or give each config an outdir of its own.",
        "",
    ]


def _where(outdir: str, searched: bool) -> list[str]:
    places = {
        "figures/figure-1b.png": "are the splits the same under another seed?",
        "figures/trees/": "every tree, drawn",
    }
    if searched:
        places["figures/rank-correlation.png"] = "do the leaves rank architectures as the truth does?"
    steps = "scores.h5, splits.json, tree.json" + (", leaves" if searched else "")
    places |= {"tables/": "the numbers behind them", "seed-*/METHOD/": steps}
    width = max(len(f"{outdir}/{place}") for place in places)
    return ["Where to look", *(f"  {f'{outdir}/{place}':{width}}  {what}" for place, what in places.items())]
