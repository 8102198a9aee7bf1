"""The config as it counts: what is given, laid over config.yaml, whose defaults give way to it."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

import yaml
from snakemake.utils import update_config

from workflow_scripts._config import likely_space
from workflow_scripts._config_model import model_of
from workflow_scripts._config_schema import CONFIG, schema_of, validated
from workflow_scripts._config_values import check_plain


def completed(*given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole config: each of ``given`` over those before it and the defaults, and every ~ written out.

    What cannot stand beside a later word gives way to it: what a user would have to repeat otherwise. `ConfigError` on
    an unknown key or a wrong type.
    """
    config = validated(model_of(), {})
    update_config(config, yaml.safe_load(CONFIG.read_text(encoding="utf-8")))
    for said in given or ({},):
        check_plain(said)
        update_config(config, said)
        space = likely_space(config)
        _fit_space(config, said, schema_of(model_of(space), space))
        validated(model_of(space), config, space=space)
        _give_way(config, said)
    return validated(model_of(space), config, space=space)


def _fit_space(config: dict[str, Any], said: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Lower what was said before and is more than the search space of now has: 16 of 9 architectures."""
    for section, part in schema["properties"].items():
        for key, allowed in part.get("properties", {}).items():
            inside, now = config.get(section), said.get(section)
            if not isinstance(inside, dict) or isinstance(now, Mapping) and key in now:
                continue
            if isinstance(inside.get(key), int) and inside[key] > allowed.get("maximum", math.inf):
                inside[key] = allowed["maximum"]


def _give_way(config: dict[str, Any], said: Mapping[str, Any]) -> None:
    """Change what was said before and does not fit what is said now; the rest stays."""

    def default(*keys: str) -> bool:
        inside: Any = said
        for key in keys:
            if not inside or key not in inside:
                return True
            inside = inside[key]
        return False

    leaves, search, ntk = config["leaves"], config["search"], config["metrics"].get("ntk") or {}
    names = [entry if isinstance(entry, str) else next(iter(entry), "") for entry in config["methods"]]
    for section in ("leaves", "plotting"):
        if default(section, "methods") and not default("methods") and config[section]["methods"] != "all":
            config[section]["methods"] = [name for name in config[section]["methods"] if name in names]
    config["plotting"]["methods"] = config["plotting"]["methods"] or "all"
    if not (default("methods") and default("leaves", "methods")):
        names = names if leaves["methods"] == "all" else leaves["methods"]
        for name, entry in search["algorithms"].items():
            methods = entry.get("methods") if isinstance(entry, Mapping) else None
            if isinstance(methods, list) and default("search", "algorithms", name, "methods"):
                entry["methods"] = [method for method in methods if method in names]
    for budget, other in itertools.permutations(("epochs", "total_epochs")):
        if default("leaves", budget) and not default("leaves", other) and leaves[other] is not None:
            leaves[budget] = None
    if default("search", "population") and search["population"] >= search["evaluations"]:
        search["population"] = max(1, search["evaluations"] // 2)
    if default("search", "tournament"):
        search["tournament"] = min(search["tournament"], search["population"])
    if default("metrics", "ntk", "samples") and "samples" in ntk:
        ntk["samples"] = min(ntk["samples"], *(config[section]["batch_size"] for section in ("method", "proxies")))
