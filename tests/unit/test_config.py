"""The config: complete, checked, and every problem named with its key, what was found and what is allowed."""

import copy
from pathlib import Path

import pytest
import yaml

from fsnas.data import make_dataset
from fsnas.errors import ConfigError
from fsnas.metrics import declaration, known
from workflow_scripts._config import SCHEMA, TRAIN_IMAGES, caption, check, typed

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
PRESETS = sorted((ROOT / "configs").glob("*.yaml"))


def laid_over(config: dict, changes: dict) -> dict:
    """Return ``config`` with ``changes`` laid over it, as Snakemake does."""
    merged = copy.deepcopy(config)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


def keys_of(schema: dict, prefix: str = "") -> set[str]:
    """Return every key of a schema, with its path."""
    found = set()
    for key, below in schema.get("properties", {}).items():
        found |= {prefix + key} | keys_of(below, f"{prefix}{key}.")
    return found


def keys_in(config: dict, prefix: str = "") -> set[str]:
    found = set()
    for key, value in config.items():
        found.add(prefix + key)
        if isinstance(value, dict) and prefix + key != "metrics":
            found |= keys_in(value, f"{prefix}{key}.")
    return found


def test_the_default_config_holds_every_key_of_the_schema():
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    assert keys_in(DEFAULT) == keys_of(schema)
    options = {metric: declaration(metric).options for metric in known() if declaration(metric).options}
    listed = {metric: set(options) for metric, options in DEFAULT["metrics"].items()}
    assert listed == {metric: set(declared) for metric, declared in options.items()}


def test_every_level_of_the_schema_refuses_unknown_keys():
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    objects = [schema, *(s for s in schema["properties"].values() if s.get("type") == "object")]
    assert all("additionalProperties" in s for s in objects)
    assert [s for s in objects if s["additionalProperties"] is not False] == [schema["properties"]["metrics"]]


def test_the_default_run_has_every_metric_and_depth_3():
    methods = check(DEFAULT)
    assert sorted(methods) == known()
    assert {method.policy.depth for method in methods.values()} == {3}
    assert len(DEFAULT["seeds"]) >= 3


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_presets_are_valid_and_have_their_own_outdir(preset):
    changes = yaml.safe_load(preset.read_text(encoding="utf-8"))
    check(laid_over(DEFAULT, changes))
    others = [yaml.safe_load(other.read_text(encoding="utf-8"))["outdir"] for other in PRESETS if other != preset]
    assert changes["outdir"] not in [*others, DEFAULT["outdir"]]


def test_the_paper_preset_is_the_papers_experiment():
    config = laid_over(DEFAULT, yaml.safe_load((ROOT / "configs/paper.yaml").read_text(encoding="utf-8")))
    methods = check(config)
    eight = {"gm", "gradnorm", "snip", "grasp", "synflow", "jacobcov", "ntk", "lr"}
    assert set(methods) == eight | {"random"} and len(config["seeds"]) == 10
    assert (config["supernet"]["channels"], config["supernet"]["cells"], config["supernet"]["epochs"]) == (16, 5, 200)
    assert all(m.policy.depth == 3 and m.policy.branching(0) == 2 for m in methods.values())
    assert config["data"]["source"] == "cifar10" and config["data"]["split"] == "nasbench201"


def test_a_method_differs_from_the_defaults_in_what_its_entry_says():
    methods = check({**DEFAULT, "methods": ["gm", {"gm-equal": {"metric": "gm", "balance": "equal"}}]})
    plain, equal = methods["gm"], methods["gm-equal"]
    assert equal.metric == "gm" and equal.choices == {**plain.choices, "balance": "equal"}


def test_what_the_command_line_gives_has_the_types_of_yaml():
    given = {"method": {"max_leaves": "4", "policy": "none"}, "seeds": ["0", "1"], "data": {"folder": "null"}}
    assert typed(given) == {"method": {"max_leaves": 4, "policy": "none"}, "seeds": [0, 1], "data": {"folder": None}}
    assert typed({"outdir": "4"}["outdir"]) == "4"  # Snakemake has tried the types of a plain value itself


def test_a_caption_says_settings_and_what_each_method_has_of_its_own():
    entries = ["gm", "ntk", {"wide": {"metric": "gm", "policy": "schedule", "schedule": [2, 3], "edge": "first"}}]
    config = laid_over(DEFAULT, {"methods": entries, "seeds": [7]})
    methods = check(config)
    together, alone = (caption(config, chosen, config["seeds"]) for chosen in (methods.values(), [methods["wide"]]))
    assert together.startswith("n = 1 seed (7). Data: digits. Supernet: C = 4, N = 1, superposition, mixing mean")
    assert "policy constant, branching 2, max leaves 8, edge best" in together
    assert together.endswith(
        " Split distance corrected. ntk: samples 16. wide: policy schedule, schedule [2, 3], edge first."
    )
    assert "gm:" not in together
    assert "policy schedule, schedule [2, 3], edge first, objective mean, balance none. Split distance" in alone


def test_few_shot_nas_needs_no_metric():
    method = check({**DEFAULT, "methods": [{"few-shot": {"policy": "exhaustive"}}]})["few-shot"]
    assert method.metric == "random" and method.policy.branching(0) == 5


def test_training_images_are_those_of_the_data_set():
    data = {k: v for k, v in DEFAULT["data"].items() if k not in ("crop_padding", "flip")}
    assert len(make_dataset(**data).splits["train"]) == TRAIN_IMAGES["digits"]


BAD = {
    "unknown key": ({"suprnet": {}}, r"suprnet: unknown key \(did you mean 'supernet'\?\)\. Allowed: outdir, seeds"),
    "unknown key below": (
        {"supernet": {"epoch": 3}},
        r"supernet\.epoch: unknown key \(did you mean 'epochs'\?\)\. Allowed in supernet: channels",
    ),
    "wrong type": ({"supernet": {"epochs": "ten"}}, r"supernet\.epochs: found 'ten' \(str\), expected integer"),
    "not allowed": (
        {"method": {"balance": "equall"}},
        r"method\.balance: found 'equall', allowed are none, equal \(did you mean 'equal'\?\)",
    ),
    "too small": ({"supernet": {"batch_size": 0}}, r"supernet\.batch_size: found 0: 0 is less than the minimum of 2"),
    "same seed twice": ({"seeds": [1, 1]}, r"seeds: found \[1, 1\].*non-unique"),
    "no such metric": (
        {"methods": ["snp"]},
        r"methods\.snp: there is no metric of this name \(did you mean 'snip'\?\)",
    ),
    "no such metric in a method": (
        {"methods": [{"mine": {"metric": "synflo"}}]},
        r"methods\.mine: there is no metric 'synflo' \(did you mean 'synflow'\?\)",
    ),
    "unknown key of a method": (
        {"methods": [{"mine": {"metric": "snip", "objektive": "sum"}}]},
        r"methods\.mine\.objektive: unknown key \(did you mean 'objective'\?\)",
    ),
    "same method twice": ({"methods": ["snip", "snip"]}, r"methods: 'snip' stands there twice"),
    "name with a slash": ({"methods": [{"../snip": {"metric": "snip"}}]}, r"methods\.\.\./snip.*does not match"),
    "1 < N < b": (
        {"method": {"branching": 3, "max_leaves": 2}},
        r"^method\.policy and method\.branching and method\.max_leaves: max_leaves is 2 and branching 3",
    ),
    "b = 1": ({"method": {"branching": 1}}, r"method\.branching.*: branching is 1; expected 2 to 5"),
    "b above the operations": (
        {"method": {"branching": 6, "max_leaves": 6}},
        r"method\.branching.*: branching is 6; expected 2 to 5",
    ),
    "more levels than edges": (
        {"method": {"max_leaves": 128}},
        r"method\.max_leaves: the policy has 7 levels, but there are 6 edges",
    ),
    "batch above the data": (
        {"supernet": {"batch_size": 1000}},
        r"supernet\.batch_size: found 1000 images, but the training part of digits has 753",
    ),
    "scoring batches above the data": (
        {"method": {"batch_size": 400}},
        r"method\.batch_size and method\.repetitions: found 800 images, but the training part of digits has 753",
    ),
    "scoring batches of one method above the data": (
        {"methods": [{"big": {"metric": "snip", "repetitions": 30}}]},
        r"method\.batch_size and methods\.big\.repetitions: found 960 images",
    ),
    "b = 1, N = 1": ({"method": {"branching": 1, "max_leaves": 1}}, "branching is 1; expected 2 to 5"),
    "no whole number": ({"supernet": {"epochs": 1.0}}, r"supernet\.epochs: found 1\.0 \(float\), expected integer"),
    "not finite": ({"supernet": {"lr": float("nan")}}, r"supernet\.lr: found nan \(float\), expected number"),
    "a mirrored digit": ({"data": {"flip": True}}, r"data\.flip: found true.*use false with source digits"),
    "resized digits": (
        {"data": {"image_size": 16}},
        r"data\.image_size: found 16, but only data\.source 'imagefolder'",
    ),
    "a metric under another's name": (
        {"methods": [{"random": {"metric": "snip"}}]},
        r"methods\.random\.metric: found 'snip', but random is a metric itself",
    ),
    "unknown option": (
        {"metrics": {"ntk": {"sample": 3}}},
        r"metrics\.ntk\.sample: unknown option \(did you mean 'samples'\?\)",
    ),
    "option of a wrong type": (
        {"metrics": {"ntk": {"samples": "all"}}},
        r"metrics\.ntk\.samples: found 'all' \(str\), expected int",
    ),
    "options of no metric": (
        {"metrics": {"snipp": {}}},
        r"metrics\.snipp: there is no metric 'snipp' \(did you mean 'snip'\?\)",
    ),
    "no folder": (
        {"data": {"source": "imagefolder"}},
        r"data\.folder: found null, but data\.source 'imagefolder' needs",
    ),
    "no split file": ({"data": {"split": "nasbench201"}}, r"data\.split: 'nasbench201' needs data\.source 'cifar10'"),
    "warm-up of the wrong length": ({"method": {"warmup_epochs": [1]}}, r"warmup_epochs: found 1 numbers, expected 3"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_config_is_refused_with_its_key(changes, message):
    with pytest.raises(ConfigError, match=message):
        check(laid_over(DEFAULT, changes))


def test_a_missing_key_is_named():
    config = {key: value for key, value in DEFAULT.items() if key != "seeds"}
    with pytest.raises(ConfigError, match="seeds: missing"):
        check(config)
