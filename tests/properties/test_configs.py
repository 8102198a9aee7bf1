"""The config: whatever it holds, it is refused with its key named, or it can run; nothing else happens, and no hang."""

import copy
import datetime
import hashlib
import itertools
import json
import math
import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from snakemake.io import PeriodicityDetector

from fsnas import metrics
from fsnas.errors import ConfigError
from fsnas.seeding import generator
from tests.properties.settings import repeatable
from tests.support.config import DEFAULT, ROOT, laid_over
from workflow_scripts import _captions
from workflow_scripts._config import check, check_files, leaf_methods, proxy_metrics, rungs_of, truth_column
from workflow_scripts._config_model import model_of
from workflow_scripts._config_schema import schema_of, typed
from workflow_scripts._config_values import shown
from workflow_scripts._defaults import completed

RULES = schema_of(model_of())
TINY = laid_over(DEFAULT, yaml.safe_load((ROOT / "configs/tiny.yaml").read_text(encoding="utf-8")))
CSV = b"ArchitectureString,accuracy,x,test\n"
RICH = {
    "methods": [
        *("gm", "ntk", "random"),
        {"wide": {"metric": "ntk", "policy": "schedule", "schedule": [2, 3], "options": {"samples": 8}}},
        {"few-shot": {"policy": "exhaustive", "warmup_epochs": [1], "edge": "first"}},
    ],
    "metric_paths": ["metrics"],
    "data": {"source": "imagefolder", "folder": "images", "split_file": "split.txt", "image_size": 16},
    "leaves": {"methods": ["wide"], "selection": "successive_halving", "epochs": 8, "total_epochs": None},
    "truth": {"source": "csv", "file": "truth.csv", "column": "accuracy", "sha256": hashlib.sha256(CSV).hexdigest()},
    "proxies": {"metrics": "all", "channels": 4, "cells": 1, "seeds": [0, 7]},
}
BASES = {"tiny": TINY, "default": DEFAULT, "rich": laid_over(DEFAULT, RICH)}
TEMPORARY = 14  # bytes: what the name of a file has around it while it is written


def itself():
    """A list that holds itself, as YAML's aliases can make it."""
    found: list = []
    found.append(found)
    return found


def nested(depth):
    found: list = []
    for _ in range(depth):
        found = [found]
    return found


def bomb():
    """A billion numbers in a few lines of YAML."""
    found = [0] * 1000
    for _ in range(2):
        found = [found] * 1000
    return found


JUNK = {
    **{repr(number): lambda number=number: number for number in (math.nan, math.inf, -math.inf, 1.5, 1e308, 5e-324)},
    **{repr(number): lambda number=number: number for number in (-1, 0, 1, 2, 10**6, 10**9, 10**12, 2**32, 2**63)},
    **{repr(constant): lambda constant=constant: constant for constant in (None, True, False)},
    **{f"10**{n}": lambda n=n: 10**n for n in (30, 400, 5000)},
    **{
        repr(text): lambda text=text: text
        for text in ("", " ", "a/b", "../x", "..", ".", "/", "/etc/passwd", "/dev/zero", "~", "~nobody-of-this-name/x")
        + ("{seed}", "{", "}{", "$HOME", "a\nb", "digits\n", "snip\n", "\0", "\t", "-x", "*", "a//b", "./x", "x/", "é")
        + ("😀", "\u202etxt", "e\u0301", "\ud800", "\u200b", "nan", "1e-3", "0", "all", "none", "null", "random", "x")
        + ("truth.csv", "truth.csv/x", "metrics", "results", "s3://bucket/x", "%s", "a b", "snip", "SNIP", "c:\\x")
    },
    **{f"{n} letters": lambda n=n: "x" * n for n in (65, 300, 5000)},
    "300 bytes": lambda: "é" * 150,
    "names of 200": lambda: "/".join(["x" * 200] * 4),
    "[]": list,
    "{}": dict,
    "a list of lists": lambda: nested(5),
    "deep": lambda: nested(5000),
    "itself": itself,
    "a bomb": bomb,
    "100,000 numbers": lambda: list(range(100_000)),
    "900 of all types": lambda: [0, "x", None, {}, [], 1.5] * 150,
    "900 numbers": lambda: list(range(900)),
    "60 methods": lambda: [{f"m{i}": {"metric": "snip"}} for i in range(60)],
    "a rhythm": lambda: ["snip", {"x" + "ab" * 20: {"metric": "snip"}}],
    "a date": lambda: datetime.date(2026, 1, 1),
    "bytes": lambda: b"bytes",
    "a set": lambda: {1, 2},
    "a tuple": lambda: (1, 2),
    "other keys": lambda: {1: 2, None: 3, 1.5: [], (1, 2): 0},
    "a mapping": lambda: {"x": {"y": [1]}},
    "odd names": lambda: [{"a/b": None}, {"": {}}, {"nan": {"metric": "snip"}}, {"m\n": {}}, {"x" * 300: {}}],
}
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANY = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner))
NAMES = st.sampled_from(["x", "epoch", "seed", "", "a.b", "a\nb", "\ud800", "😀", "x" * 5000, "{seed}", "../x"])


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """A working folder with the files that the configs name."""
    made = tmp_path_factory.mktemp("configs")
    (made / "truth.csv").write_bytes(CSV)
    for name in ("metrics", "images/train", "images/test"):
        (made / name).mkdir(parents=True)
    made_up = (
        "from fsnas.metrics import metric\n\n\n"
        '@metric(direction="none", paper="-", equation="-")\ndef made_up(model, batch, *, scale: float = 1.0): ...\n'
    )
    (made / "metrics/made_up.py").write_text(made_up)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        yield made


def places(value, at=()):
    """Yield the place of everything in a config: keys, and numbers in lists."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*at, key)
        yield from places(item, (*at, key))


@st.composite
def mutated(draw, base, count=1):
    """Return ``base`` with things replaced, removed, added, doubled or misspelt in ``count`` sections, and where."""
    config = copy.deepcopy(base)
    sections = draw(st.lists(st.sampled_from(list(base)), min_size=count, max_size=count, unique=True))
    changed = []
    for section in sections:
        place = draw(st.sampled_from([(section,), *places(base[section], (section,))]))
        changed.append(mutate(draw, config, place))
    return config, changed


def mutate(draw, config, place):
    """Change one thing, and return the place of it."""
    *above, last = place
    inside = config
    for key in above:
        inside = inside[key]
    what = draw(st.sampled_from(["replace", "replace", "replace", "remove", "add", "double", "misspell"]))
    if what == "remove":
        del inside[last]
    elif what == "add" and isinstance(inside, dict):
        place = (*above, draw(NAMES))
        inside[place[-1]] = 0
    elif what == "double" and isinstance(inside, list):
        inside.append(inside[last])
    elif what == "misspell" and isinstance(inside, dict):
        place = (*above, f"{last}s")
        inside[place[-1]] = inside.pop(last)
    else:
        named = st.sampled_from(list(JUNK)).map(lambda name: JUNK[name]())
        inside[last] = draw(named | named | ANY)
    return place


def refusal(config):
    """Return why a config is refused by what rules/common.smk calls, or None for one that can run."""
    before = list(metrics.__path__)
    try:
        config = completed(config) if isinstance(config, dict) else config
        methods = check(config)
        leaves, proxies = leaf_methods(config, methods), proxy_metrics(config)
        if leaves or proxies:
            check_files(config)
        column = truth_column(config) if leaves or proxies else None
        can_run(config, methods, leaves, column)
    except ConfigError as error:
        return str(error)
    finally:
        metrics.__path__[:] = before
        metrics._spec_of.cache_clear()
    return None


def can_run(config, methods, leaves, column):
    """Assert what the rules take for granted."""
    json.dumps(config, allow_nan=False)  # every file keeps its settings
    seeds = [*config["seeds"], *config["proxies"]["seeds"], config["data"]["seed"], config["truth"]["seed"]]
    assert all(0 <= seed < 2**32 and 0 <= generator(seed, "x").random() < 1 for seed in seeds)
    captions = [
        _captions.about_trees(config, methods.values(), config["seeds"]),
        _captions.about_search(config, config["seeds"], leaves.values()),
        _captions.tree_caption(config, config["seeds"], methods.values()),
        _captions.search_caption(config, config["seeds"]),
        *(of(config) for of in (_captions.about_proxies, _captions.proxies_caption)),
        *(of(config, column) for of in (_captions.about_truth, _captions.truth_caption) if column),
    ]
    assert all(said.isprintable() for said in captions)
    for method in methods.values():
        assert method.policy.leaves <= 15_625 and 0 <= method.policy.rounds <= 15_625
        assert all(isinstance(method.warmup_epochs(level), int) for level in range(min(method.policy.rounds, 10)))
        assert all(isinstance(method.edge(level), str) for level in range(min(method.policy.rounds, 10)))
    assert all(rung.epochs >= 0 < rung.leaves for method in leaves.values() for rung in rungs_of(config, method))
    assert not any(map(PeriodicityDetector().is_periodic, methods))
    inside(config, methods)


def inside(config, methods):
    """Assert that no name leaves its folder, and that files can have it."""
    out = os.path.normpath(config["outdir"])
    assert not Path.cwd().resolve().is_relative_to(Path(out).resolve()) and not re.search(r"[{}$]|^~|^//", out)
    files = [f"data/{config['data']['name']}.h5"]
    for method, seed in itertools.product(methods, config["seeds"]):
        files += [f"seed-{seed}/{method}/leaves/000000.pt", f"figures/trees/{method}-seed-{seed}.png"]
        files += [f".state/seed-{seed}-{method}-found-100.pt"]
    for file in files:
        path = f"{out}/{file}"
        assert os.path.normpath(path) == path and path.isprintable()
        assert path[len(out) + 1 :].count("/") == file.count("/") <= 3 and file.isascii()
        assert max(len(os.fsencode(part)) for part in path.split("/")) <= 255 - TEMPORARY * ("x" in file)


def names(message, place):
    """Say whether a message names a place: its section, or the last key on the way to it."""
    keys = [place[0], next(key for key in reversed(place) if not isinstance(key, int))]
    words = {form[:20] for key in keys for form in (str(key), shown(key).strip("'"))}
    return any(re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}", message) for word in words)


def assert_said_or_runs(config, *changed):
    message = refusal(config)
    if message is None:
        return
    assert any(names(message, place) for place in changed), message
    assert all(line.isprintable() and len(line) <= 2500 for line in message.split("\n")), message
    assert len(message) <= 10_000 and "Traceback" not in message


@settings(repeatable, max_examples=500)
@given(st.tuples(st.sampled_from([*BASES.values()]), st.integers(1, 2)).flatmap(lambda drawn: mutated(*drawn)))
def test_a_mutated_config_is_refused_with_its_key_or_runs(drawn):
    config, changed = drawn
    assert_said_or_runs(config, *changed)


@pytest.mark.parametrize("base", BASES)
def test_the_good_configs_run(base):
    assert refusal(BASES[base]) is None


@pytest.mark.parametrize("config", [*map(JUNK.get, ("[]", "a date", "itself", "deep", "other keys", "None"))])
def test_what_is_no_config_is_refused(config):
    with pytest.raises(ConfigError, match="the config"):
        check(config())


def values_of(schema):
    """Draw values that one part of the schema takes."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([value_of(kind, schema) for kind in kinds])


def value_of(kind, schema):
    """Draw values of one type, their extremes often."""
    low, high = schema.get("minimum", schema.get("exclusiveMinimum", 0)), schema.get("maximum", 1)
    if kind == "object":
        parts = {key: values_of(below) for key, below in schema.get("properties", {}).items()}
        return st.fixed_dictionaries(parts)
    if kind == "array":
        return st.lists(values_of(schema["items"]), min_size=schema.get("minItems", 0), max_size=4)
    return {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": st.sampled_from([low, high]) | st.integers(low, high),
        "number": st.floats(low, high, exclude_min="exclusiveMinimum" in schema, exclude_max=high == 1),
        "string": st.from_regex(schema["pattern"]) if "pattern" in schema else st.text(min_size=1, max_size=9),
    }[kind]


@settings(repeatable, max_examples=100)
@given(st.data())
def test_a_config_drawn_from_the_schema_is_refused_or_runs(data):
    """Of everything that the schema allows for some sections; the others as they are in a good config."""
    sections = data.draw(st.lists(st.sampled_from(list(RULES["properties"])), min_size=1, max_size=4, unique=True))
    config = copy.deepcopy(TINY)
    for section in sections:
        config[section] = data.draw(values_of(RULES["properties"][section]))
    assert_said_or_runs(config, *((section,) for section in sections))


def numbers(schema, at=()):
    """Yield place and schema of every number."""
    if {"integer", "number"} & set([schema.get("type")] if isinstance(schema.get("type"), str) else schema["type"]):
        yield at, schema
    for key, below in schema.get("properties", {}).items():
        if "enum" not in below:
            yield from numbers(below, (*at, key))


def above(bound):
    """The next number above a bound."""
    return bound + 1 if isinstance(bound, int) else math.nextafter(bound, math.inf)


@pytest.mark.parametrize(("place", "schema"), [pytest.param(*n, id=".".join(n[0])) for n in numbers(RULES)])
def test_every_number_has_bounds_and_is_refused_outside(place, schema):
    if place == ("method", "branching"):  # of a constant policy alone, which knows its own bounds
        return
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    beside = [low - 1, above(high), *[low] * ("minimum" not in schema), *[high] * ("maximum" not in schema)]
    for value in [*beside, -(10**400), 10**400, math.nan, math.inf]:
        config = copy.deepcopy(TINY)
        inner = config
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        message = refusal(config)
        assert f"{'.'.join(place)}: found" in message and "expected" in message, (value, message)


@settings(repeatable, max_examples=200)
@given(st.dictionaries(st.text(max_size=3), st.text(max_size=12) | st.sampled_from([k for k in JUNK if "x" not in k])))
def test_what_the_command_line_gives_is_read_without_an_error(given_texts):
    read = typed({"data": given_texts})["data"]
    assert list(read) == list(given_texts)
    for text, value in zip(given_texts.values(), read.values(), strict=True):
        assert value is None or isinstance(value, (bool, int, float)) or value == text
