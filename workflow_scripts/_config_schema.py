"""What the model of the config is used for: checks with messages for a person, config.yaml, and the JSON Schema.

``python -m workflow_scripts._config_schema`` writes both files (``make config``).
"""

import functools
import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from fsnas.errors import nearest
from fsnas.spaces import SearchSpace
from fsnas.spaces.nas_bench_201 import space as nas_bench_201
from workflow_scripts._config_model import METHODS, Config, model_of, numbers_of
from workflow_scripts._config_values import PROBLEMS, below, refuse, shown, shown_key, typed_by, written

ROOT = Path(__file__).resolve().parent.parent
CONFIG, SCHEMA = ROOT / "config.yaml", ROOT / "rules" / "schemas" / "config.schema.json"
UNKNOWN, LONG = "extra_forbidden", 30  # LONG: more of a line does not move what is said beside the others
YAML_NAMES = {"array": "a list", "object": "keys with values"}  # of JSON's types
EXPECTED = {
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "greater_than": "more than {gt}",
    "less_than": "less than {lt}",
    "too_short": "at least {min_length} in the list",
    "too_long": "at most {max_length} in the list",
    "string_too_short": "a text that is not empty",
    "string_too_long": "at most {max_length} characters",
}


@functools.cache
def _adapter(kind: Any) -> TypeAdapter:
    return TypeAdapter(kind)


def validated(kind: Any, value: Any, at: str = "", space: SearchSpace = nas_bench_201) -> Any:
    """Return ``value`` as a section or type of the model has it: plain values, defaults for what is not there.

    `ConfigError` if it does not fit; the message lists every problem with the key below ``at``, what was found, what
    is allowed, and the nearest spelling.
    """
    try:
        found = _adapter(kind).validate_python(value, context=numbers_of(space))
    except ValidationError as error:
        refuse(_explained(error, schema_of(kind, space), at))
    return _adapter(kind).dump_python(found, by_alias=True)


def typed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``--config`` gave, with the types that the config has.

    >>> typed({"method": {"max_leaves": "4"}, "seeds": ["0", "010"], "data": {"name": "no", "folder": "null"}})
    {'method': {'max_leaves': 4}, 'seeds': [0, '010'], 'data': {'name': 'no', 'folder': None}}
    """
    return typed_by(schema_of(model_of()), config)


@functools.cache
def schema_of(kind: Any, space: SearchSpace | None = nas_bench_201) -> dict[str, Any]:
    """Return the JSON Schema of a section, without references; of no space, without the numbers of one."""
    schema = _adapter(kind).json_schema()
    return _plain(schema, schema.pop("$defs", {}), numbers_of(space) if space else {})


def _plain(node: Any, sections: Mapping[str, Any], numbers: Mapping[str, int]) -> Any:
    if isinstance(node, list):
        return [_plain(part, sections, numbers) for part in node]
    if not isinstance(node, dict):
        return node
    node = sections.get(node.get("$ref", "").rpartition("/")[2], {}) | node
    parts = [_plain(part, sections, numbers) for part in node.pop("anyOf", [])]
    for part in parts:
        node = part | node
    if parts:
        node["type"] = [part["type"] for part in parts]
    if isinstance(node.get("$comment"), str):
        for name, number in numbers.items():
            node["$comment"] = node["$comment"].replace(f"{{{name}}}", str(number))
    node |= {name: numbers.get(node[name]) for name in ("maximum", "maxItems") if isinstance(node.get(name), str)}
    left = ("title", "$ref", *(() if numbers else ("$comment",)))
    kept = {name: part for name, part in node.items() if part is not None and name not in left}
    return {name: _plain(part, sections, numbers) for name, part in kept.items()}


def _explained(error: ValidationError, schema: Mapping[str, Any], at: str) -> list[str]:
    """Return a line for every value, and for the unknown keys of every section."""
    problems: list[tuple[str, Any, Any]] = []
    unknown: dict[str, tuple[Any, list[Any]]] = {}
    for each in error.errors(include_url=False):
        place, node = [at] if at else [], schema
        for part in each["loc"]:
            if inside := below(node, part):  # else it is a key that is not there, or one type of several
                place, node = [*place, shown_key(str(part))], inside
        where = ".".join(place)
        if each["type"] == UNKNOWN:
            unknown.setdefault(where, (node, []))[1].append(each)
        else:
            problems.append((where, node, each))
    lines = {
        _line(where, node, each): None
        for where, node, each in problems
        if not _is_of_type(each)
        or not any(w.startswith(f"{where}.") or w == where and not _is_of_type(other) for w, _, other in problems)
    }
    return [*lines, *(_unknown(where, *keys) for where, keys in unknown.items())]


def _is_of_type(problem: Any) -> bool:
    """Say whether a value is of another type; where several are allowed, each of the others says so."""
    return problem["type"].endswith("_type")


def _unknown(where: str, node: Mapping[str, Any], problems: Any) -> str:
    """Return the keys of a section that are not there, the nearest spelling, and what is allowed."""
    prefix, allowed = f"{where}." if where else "", list(node.get("properties", {}))
    keys = [each["loc"][-1] for each in problems[:PROBLEMS]]
    said = "; ".join(f"{prefix}{shown_key(key)}: unknown key{nearest(key, allowed)}" for key in keys)
    return f"{said}. Allowed{' in ' + where if where else ''}: {', '.join(allowed) or 'none'}"


def _line(where: str, node: Mapping[str, Any], problem: Any) -> str:
    """Return one line: the key, what was found, what is allowed, the nearest spelling."""
    value, about = problem["input"], problem.get("ctx", {})
    found = f"{where or 'the config'}: found {shown(value)}"
    why = node.get("$comment") or node.get("description", "").partition("\n")[0] * (node.get("type") != "object")
    reason = f" ({why})" if why else ""
    if problem["type"] == "missing":
        return f"{where}: missing; the search space says no default"
    if problem["type"] == "value_error":
        return f"{found}, {about['error']}"
    if problem["type"] == "literal_error":
        return f"{found}, allowed are {', '.join(node['enum'])}{nearest(str(value), node['enum'])}"
    if problem["type"] == "string_pattern_mismatch":
        return f"{found}, expected {why}"
    if problem["type"] in EXPECTED:
        numbers = {name: str(number).removesuffix(".0") for name, number in about.items()}
        return f"{found}, expected {EXPECTED[problem['type']].format_map(numbers)}{reason}"
    kinds = [node["type"]] if isinstance(node["type"], str) else node["type"]
    item = below(node, 0).get("type")
    names = YAML_NAMES | ({"array": "a list of integers"} if item == "integer" else {})
    named = " or ".join(names.get(kind, kind) for kind in kinds)
    return f"{found} ({type(value).__name__}), expected {named}{reason}{written(value, kinds, item)}"


def as_yaml() -> str:
    """Return config.yaml: every key with its default, and what it is."""
    schema, values = schema_of(model_of()), validated(model_of(), {})
    plain = {key: value for key, value in values.items() if not isinstance(value, dict) and key != "methods"}
    parts = dict(zip(plain, _entries(plain, schema), strict=True)) | {"methods": f"\n{METHODS}"}
    for key in values.keys() - parts.keys():
        node = schema["properties"][key]
        inside = "".join(_entries(values[key], node, "  "))
        parts[key] = f"\n# {node['description']}\n{key}:\n{inside}"
    header = [f"# {line}\n" for line in inspect.cleandoc(str(Config.__doc__)).split("\n") if line]
    return "".join([*header, "\n", *(parts[key] for key in values)])


def _entries(values: Mapping[str, Any], schema: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Yield the line, or lines, of each key, with what it is beside it."""
    lines = {key: f"{indent}{key}: {_flow(value)}" for key, value in values.items()}
    column = max(len(line) for line in lines.values() if len(line) <= LONG)
    for key, line in lines.items():
        node = schema["properties"][key]
        inner = [part["description"] for part in node.get("properties", {}).values()]
        about = node.get("description", "; ".join(inner)).replace("\n", f"\n{'':{column}}  # ")
        yield f"{line:{column}}  # {about}\n" if about else f"{line}\n"


def _flow(value: Any) -> str:
    return yaml.safe_dump([value], default_flow_style=True, sort_keys=False, width=1000)[1:-2]


def as_json() -> str:
    """Return the JSON Schema of a config, or of a part of one, for editors: without the numbers of a search space."""
    return json.dumps(schema_of(model_of(), None), indent=1) + "\n"


if __name__ == "__main__":
    CONFIG.write_text(as_yaml(), encoding="utf-8")
    SCHEMA.write_text(as_json(), encoding="utf-8")
