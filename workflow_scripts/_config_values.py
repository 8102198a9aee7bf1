"""The values of a config, whatever YAML or the command line made of them, and the messages about them."""

import math
import reprlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from fsnas.errors import ConfigError

DEEPEST, MOST, LONGEST, VALUES = 10, 1000, 1000, 20_000  # levels, entries of one, characters of a text, values in all
PROBLEMS = 10  # that one message lists
BOOLEANS = {True: "yes, on and true", False: "no, off and false"}  # as YAML reads them
NULLS = ("null", "Null", "NULL", "~", "")


class _Short(reprlib.Repr):
    """What a message repeats of a value, however long, deep or huge it is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, 160, 60

    def repr_int(self, value: int, level: int) -> str:
        return f"a number of {value.bit_length()} bits" if value.bit_length() > 128 else repr(value)

    def repr_OrderedDict(self, value: Mapping[Any, Any], level: int) -> str:  # noqa: N802 - what JSON configs hold
        return self.repr_dict(dict(value), level)


def shown(value: Any) -> str:
    """Return ``value`` for a message: as Python writes it, shortened.

    >>> shown([0] * 10**6), shown(10**400)
    ('[0, 0, 0, 0, 0, 0, ...]', 'a number of 1329 bits')
    """
    text = _Short().repr(value)
    return text if len(text) <= 200 else f"{text[:120]}...{text[-60:]}"


def shown_key(key: Any) -> str:
    """Return a key for a message: as it stands in the config, unless that cannot be read."""
    return key if isinstance(key, str) and key.isprintable() and 0 < len(key) <= 64 else shown(key)


def typed_by(schema: Mapping[str, Any], value: Any, depth: int = 0) -> Any:
    """Return what ``--config`` gave, with the types of YAML: Snakemake leaves what stands inside braces texts.

    Where the config holds a text, a text stays one; elsewhere a number that YAML takes for another one does.
    """
    if depth > DEEPEST:  # a list may hold itself
        return shown(value)
    if isinstance(value, Mapping):
        return {key: typed_by(below(schema, key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [typed_by(below(schema, 0), item, depth + 1) for item in value]
    if not isinstance(value, str) or not depth:
        return value
    kinds = schema.get("type", [])
    if "string" in kinds:
        return None if "null" in kinds and value in NULLS else value
    try:
        read = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):  # a text that is no YAML by itself, a date that is none
        return value
    plain = read is None or isinstance(read, (bool, int, float))
    return read if plain and not _is_another_number(value, read) else value


def below(schema: Mapping[str, Any], key: Any) -> Any:
    """Return the schema of what stands under ``key``, or at it in a list; an empty one where there is none."""
    others = schema.get("items", {}) if isinstance(key, int) else schema.get("additionalProperties")
    return schema.get("properties", {}).get(key) or (others if isinstance(others, Mapping) else {})


def _is_another_number(text: str, value: Any) -> bool:
    """Say whether YAML 1.1 makes another number of a text than the one that stands there: 8 of 010, 90 of 1:30.

    >>> _is_another_number("010", 8), _is_another_number("1:30", 90), _is_another_number("0x10", 16)
    (True, True, False)
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (isinstance(value, float) and math.isfinite(value)):
        return False
    digits = text.replace("_", "").lower()
    if digits.lstrip("+-").startswith(("0x", "0b")):
        return False
    try:
        return (int(digits) if isinstance(value, int) else float(digits)) != value
    except ValueError:  # a colon
        return True


def check_texts(files: Iterable[str | Path]) -> None:
    """Check what YAML would silently change: a key that stands twice, and a number that it takes for another one.

    `ConfigError` if there is one; the message says where.
    """
    for file in map(Path, files):
        try:
            scalars = list(_scalars(yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader), "", set()))
        except (OSError, ValueError, RecursionError, yaml.YAMLError):  # Snakemake has read it, and says so otherwise
            continue
        lines = [(f"{file}, line {node.start_mark.line + 1}: {at}", node, first) for at, node, first in scalars]
        if twice := [f"{line} stands in line {first}, too" for line, _, first in lines if first]:
            raise ConfigError("\n  ".join(["only the last one would count; remove the others:", *twice[:PROBLEMS]]))
        if others := [f"{line}: {found}" for line, node, _ in lines if (found := _other_number(node))]:
            raise ConfigError("\n  ".join(["YAML takes what is written for another number:", *others[:PROBLEMS]]))


def _scalars(node: yaml.Node | None, at: str, seen: set[int]) -> Iterator[tuple[str, yaml.ScalarNode, int]]:
    """Yield every key and value with its place and, of a key that stands there already, the line where."""
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        yield at, node, 0
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _scalars(item, f"{at}.{number}", seen)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            place = f"{at}.{shown_key(key.value)}".removeprefix(".")
            if isinstance(key, yaml.ScalarNode):
                yield place, key, lines.get(key.value, 0)
                lines.setdefault(key.value, key.start_mark.line + 1)
            yield from _scalars(value, place, seen)


def _other_number(node: yaml.ScalarNode) -> str:
    """Return what YAML takes a number for, if that is another one, or nothing."""
    if not node.tag.endswith((":int", ":float")):
        return ""
    try:
        value = yaml.SafeLoader("").construct_object(node)
    except ValueError:
        return ""
    if not _is_another_number(node.value, value):
        return ""
    return (
        f"{node.value} is {value} in YAML; write {value} if you mean that, a number without a 0 in front and without a "
        f'colon if you mean another one, and "{node.value}" if it is a text'
    )


def check_plain(config: Any) -> None:
    """Check what holds for every value, before anything else looks at it.

    YAML gives dates, sets, lists that hold themselves, numbers of any size, NaN, and texts with any character.
    """
    problems: list[str] = []
    todo: deque[tuple[tuple[str, ...], Any]] = deque([((), config)])
    looked_at = 0
    while todo and len(problems) <= PROBLEMS:
        at, value = todo.popleft()
        looked_at += 1
        expected = _plain(value, len(at))
        if expected:
            where = ".".join(map(shown_key, at)) or "the config"
            problems.append(f"{where}: found {shown(value)} ({type(value).__name__}), expected {expected}")
        elif isinstance(value, Mapping):
            todo.extend(((*at, key), item) for key, item in value.items())
        elif isinstance(value, list):
            todo.extend(((*at, str(number)), item) for number, item in enumerate(value))
        if looked_at + len(todo) > VALUES:
            raise ConfigError(
                f"{shown_key(at[0])}: expected at most {VALUES} values in the whole config; remove some here"
            )
    refuse(problems)


def _plain(value: Any, depth: int) -> str:
    """Return what is expected instead of ``value``, or nothing where it can be looked at further."""
    if isinstance(value, (Mapping, list)):
        if depth > DEEPEST:
            return f"at most {DEEPEST} levels, one inside another"
        if len(value) > MOST:
            return f"at most {MOST} entries, not {len(value)}"
        for key in value if isinstance(value, Mapping) else ():
            if not isinstance(key, str):
                read = f" (YAML reads {BOOLEANS[key]} as it)" if isinstance(key, bool) else ""
                return f"names as keys; put the key {shown(key)}{read} in quotes, or correct it"
            if not key.isprintable() or len(key) > LONGEST:
                return f"names as keys; correct or remove the key {shown(key)}"
        return ""
    if isinstance(value, str):
        if len(value) > LONGEST:
            return f"at most {LONGEST} characters, not {len(value)}"
        return "" if value.isprintable() else "text without line breaks and invisible characters"
    if isinstance(value, int):  # true and false, too
        return "" if value.bit_length() < 64 else "a number of at most 63 bits"
    if isinstance(value, float):
        return "" if math.isfinite(value) else "a finite number"
    return "" if value is None else "text, a number, true, false, null or a list; put what is text in quotes"


def refuse(problems: list[str]) -> None:
    """Raise `ConfigError` if there are problems; of many, the first ones are listed."""
    more = [f"and {len(problems) - PROBLEMS} more"] if len(problems) > PROBLEMS else []
    if problems:
        raise ConfigError("\n  ".join(["the config cannot be used:", *problems[:PROBLEMS], *more]))


def listing(names: Iterable[str]) -> str:
    """Return names with commas between them, in a length that a message can have."""
    text = ", ".join(map(shown_key, names))
    return text if len(text) <= 1000 else f"{text[:1000]}..."


def written(found: Any, kinds: Collection[str], item: Any = None) -> str:
    """Return how to write what was meant, where YAML made it another type: a number in quotes, a text without them.

    ``item`` is the type of what a list holds.

    >>> written("20", ["integer"]), written(20.0, ["integer"]), written(2024, ["string"]), written(0, ["array"])
    ('; this is text: write 20 without quotes', '; write 20', '; put what is text in quotes', '; write [0]')
    >>> written("0,1", ["array"], "integer"), written("zero", ["array"], "integer")
    ('; write [0, 1]', '')
    """
    if "array" in kinds and isinstance(found, (str, int, float)):
        items = [each.strip() for each in str(found).split(",")]
        return f"; write [{', '.join(items)}]" if item != "integer" or all(map(str.isdecimal, items)) else ""
    if "string" in kinds:
        if found is None or isinstance(found, bool):
            read = "null, ~ and nothing" if found is None else BOOLEANS[found]
            return f"; YAML reads {read} as this: put what is text in quotes"
        number = isinstance(found, (int, float)) and {*kinds} <= {"string", "null"}
        return "; put what is text in quotes" if number else ""
    if "boolean" in kinds and isinstance(found, str) and found.lower() in ("true", "false"):
        return f"; this is text: write {found.lower()} without quotes"
    if not isinstance(found, (str, float)) or not {"integer", "number"} & {*kinds}:
        return ""
    try:
        best = float(found) if "number" in kinds else int(float(found))
    except (ValueError, OverflowError):
        return ""
    if not math.isfinite(best) or float(found) != best:
        return ""
    return f"; this is text: write {best!r} without quotes" if isinstance(found, str) else f"; write {best!r}"
