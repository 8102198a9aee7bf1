"""The lineage of a file, which is all that it was made from, and the key, which decides its content."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

LONGEST = 80  # characters of an option in a message
_DIGEST = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Lineage:
    """All that a file was made from.

    Attributes
    ----------
    code
        A line ``path digest`` for every file of code, and ``name version`` for every package
        (`fsnas.lineage.dependencies.entries`).
    settings
        The options that decide what is in the file, nested.
    inputs
        The key over the digests of the inputs' lineages.
    device
        ``cpu`` or ``cuda``: which one computed, where the file says so; no part of the digest.
    """

    code: tuple[str, ...]
    settings: Mapping[str, Any]
    inputs: str
    device: str | None = field(default=None, compare=False)

    @property
    def digest(self) -> str:
        """Return 32 hexadecimal digits over all of it; the order of code and settings does not matter.

        >>> one = Lineage(("a.py 0123", "b.py 4567"), {"seed": 1, "cut": {"balance": "none"}}, "fedc")
        >>> other = Lineage(("b.py 4567", "a.py 0123"), {"cut": {"balance": "none"}, "seed": 1}, "fedc")
        >>> one.digest == other.digest
        True
        """
        options = (f"option {name}: {value}" for name, value in flat(self.settings))
        return key(sorted([*self.code, *options, f"inputs: {self.inputs}"]))

    def causes(self, now: "Lineage") -> list[str]:
        """Return what of code, packages and options is another one ``now``, a line each.

        >>> before = Lineage(("cuts.py 0123456789ab", "torch 2.11"), {"lr": 0.1}, "fedc")
        >>> before.causes(Lineage(("cuts.py ba9876543210", "torch 2.12"), {"lr": 0.1, "mixing": "sum"}, "0123"))
        ['cuts.py', 'torch: 2.11 -> 2.12', 'option mixing: sum, new']
        """
        was, is_now = self._named(), now._named()
        names = [name for name in {**was, **is_now} if was.get(name) != is_now.get(name)]
        return [_cause(name, was.get(name), is_now.get(name)) for name in names]

    def _named(self) -> dict[str, str]:
        options = {f"option {name}": str(value) for name, value in flat(self.settings)}
        return {**dict(line.rsplit(" ", 1) for line in self.code), **options}


def _cause(name: str, before: str | None, after: str | None) -> str:
    was, is_now = (shorten(value or "", LONGEST, placeholder="...") for value in (before, after))
    if after is None:
        return f"{name}: {was}, no longer there"
    if before is None:
        return f"{name}: {is_now}, new"
    return name if _DIGEST.fullmatch(before) and _DIGEST.fullmatch(after) else f"{name}: {was} -> {is_now}"


def flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield name and value of everything in nested ``settings``.

    >>> list(flat({"seed": 1, "cut": {"balance": "none"}}))
    [('seed', 1), ('cut.balance', 'none')]
    """
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def key(*parts: Any) -> str:
    """Return the key of an artifact: 32 hexadecimal digits over its code, settings and the keys of its inputs."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
