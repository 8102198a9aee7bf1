"""Facts as plain dicts: what a file was made from, and nothing that JSON cannot hold."""

import math
from collections.abc import Mapping
from typing import Any


def lineage(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return key, digest of the inputs, commit, packages with their versions, and code files with their digests."""
    named = dict(line.rsplit(" ", 1) for line in fields.get("code", ()))
    code = {name: digest for name, digest in named.items() if name.endswith(".py")}
    packages = [f"{name} {version}" for name, version in named.items() if name not in code]
    said = {"key": fields.get("key"), "inputs": fields.get("inputs")}
    said |= {"commit": fields["commit"]} if fields.get("commit") else {}  # what a library call writes has none
    return {**said, "packages": packages, "code": code}


def plain(value: Any) -> Any:
    """Return ``value`` as strict JSON can hold it: arrays as lists, NaN as null, an infinity as text."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
