"""rung-{rung}/selection.json: the leaves of a rung in the order of their worth, and which of them go on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fsnas.artifacts.files import COUNT, NUMBER, TEXT, Rule, broken_rules, lineage_of, read_json, write_json
from fsnas.search.selection import LeafScore, Selection

FORMAT, VERSION = "fsnas.selection", 1
LEAVES: Rule = ("a list of leaves", lambda value: isinstance(value, list) and value != [])
OF_LEAF: dict[str, Rule] = {"leaf": TEXT, "number": COUNT, "accuracy": NUMBER, "loss": NUMBER}


def write_selection(path: str | Path, ranking: Sequence[LeafScore], *, keep: int, key: str, **lineage: Any) -> None:
    """Write the judged leaves, whole or not at all; errors as `write_json`."""
    content = {"format": FORMAT, "version": VERSION, "keep": keep, "key": key, **lineage_of(**lineage)}
    write_json(path, content | {"ranking": [asdict(judged) for judged in ranking]}, _problems)


def read_selection(path: str | Path) -> Selection:
    """Return the judged leaves; errors as `read_json`."""
    content = read_json(path, FORMAT, VERSION, _problems)
    ranking = tuple(LeafScore(**{name: one[name] for name in OF_LEAF}) for one in content["ranking"])
    return Selection(ranking, content["keep"], content["key"])


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    yield from broken_rules(content, {"ranking": LEAVES})
    for i, one in enumerate(content["ranking"]):
        yield from broken_rules(one, OF_LEAF, f"ranking[{i}].")
    last, (_, is_count) = len(content["ranking"]), COUNT
    keep = (f"1 to {last}", lambda value: is_count(value) and 1 <= value <= last)
    yield from broken_rules(content, {"keep": keep, "key": TEXT})
