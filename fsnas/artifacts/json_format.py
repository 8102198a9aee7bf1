"""A JSON format, stated by the type that its files hold: its annotations are what is checked and what a schema says."""

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from fsnas.artifacts.files import json_text, load_json, space_of, unfit, write_json
from fsnas.errors import ArtifactError
from fsnas.fields import Matches
from fsnas.spaces import SearchSpace

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError  # its import takes 0.2 s, and not every job reads or writes JSON

IN_FILES = {"splits": "nodes", "space": "search_space"}  # fields that a file calls otherwise than the type


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What every JSON file says of itself; what is not needed, an older file may lack."""

    settings: dict[str, Any]
    code: tuple[str, ...]
    inputs: str
    commit: str = ""
    checksum: Annotated[str, Matches("^sha256:[0-9a-f]{64}$")] = ""


def variant(name: str, holds: type, *bases: type, extra: str = "forbid", **others: Any) -> Any:
    """Return ``holds`` as files have it: a dataclass of its fields, all needed, with ``others`` in place or beside.

    In it and below it numbers are finite, and no type stands for another one.
    """
    hints = get_type_hints(holds, include_extras=True)
    own = {IN_FILES.get(each.name, each.name): hints[each.name] for each in fields(holds)}
    config = {"strict": True, "allow_inf_nan": False, "extra": extra}
    about = {"__doc__": holds.__doc__, "__pydantic_config__": config}
    return make_dataclass(name, (own | others).items(), bases=bases, namespace=about, frozen=True, kw_only=True)


@dataclass(frozen=True)
class JsonFormat:
    """A JSON format.

    Attributes
    ----------
    name, version
        As its files state them.
    holds
        The type whose fields a file has, besides those of `Origin`.
    misfits
        Yields what no type can say of what a file has and its search space: the field, and what is wrong with it.
    others
        The types of fields that a file has otherwise, or has alone.
    extra
        Whether a field that is not known is refused (``forbid``) or left alone (``ignore``).
    """

    name: str
    version: int
    holds: type
    misfits: Callable[[Any, Any], Iterable[tuple[str, str]]] = lambda found, space: ()
    others: Mapping[str, Any] = field(default_factory=dict)
    extra: str = "forbid"

    @cached_property
    def adapter(self) -> "TypeAdapter[Any]":
        """Return what checks the content of a file."""
        from pydantic import TypeAdapter

        stated = {"format": Literal[self.name], "version": Literal[self.version]}
        return TypeAdapter(variant(self.holds.__name__, self.holds, Origin, extra=self.extra, **stated, **self.others))

    def read(self, path: str | Path, space: SearchSpace | None = None) -> Any:
        """Return what the file in ``path`` holds, of ``space``; without it, of the space that the file describes.

        Errors as `load_json` and `space_of`, and if a field does not fit.
        """
        content = load_json(path, self.name, self.version)
        found, space = self._checked(path, content, space, partial(unfit, path))
        values = {each.name: getattr(found, IN_FILES.get(each.name, each.name)) for each in fields(self.holds)}
        return self.holds(**values | ({"space": space} if "space" in values else {}))

    def write(self, path: str | Path, content: Mapping[str, Any], space: SearchSpace | None = None) -> None:
        """Write the fields ``content`` and what else a file of this format, and of ``space``, has; as `write_json`.

        `ArtifactError` if `read` would refuse the file; an older file stays as it was.
        """
        content = {**content, "format": self.name, "version": self.version}
        content |= {"search_space": space.described()} if space else {}
        self._checked(path, content, space, lambda problem: ArtifactError(f"{path}: cannot be written, {problem}"))
        write_json(path, content)

    def _checked(self, path: str | Path, content: Mapping[str, Any], space: Any, refusal: Callable) -> tuple[Any, Any]:
        """Return the fields of a file, and its search space; raise what ``refusal`` makes of a field that is wrong."""
        from pydantic import ValidationError

        try:
            found = self.adapter.validate_json(json_text(path, content, allow_nan=True))
        except ValidationError as error:
            raise refusal(_explained(error)) from error
        space = space_of(path, content, space) if hasattr(found, "search_space") else None
        for name, problem in self.misfits(found, space):
            raise refusal(f"field {name!r}: {problem}")
        return found, space


def _explained(error: "ValidationError") -> str:
    """Return the first field that does not fit, what was found in its place, and what is expected."""
    problem = error.errors(include_url=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).lstrip(".")
    if problem["type"] == "missing":
        return f"field {place!r} is missing"
    if problem["type"] == "unexpected_keyword_argument":
        return f"field {place!r} is none of this format"
    expected = re.sub(r"^\w+ should | after validation, not \d+$", "", problem["msg"])
    return f"field {place!r} is {textwrap.shorten(repr(problem['input']), 200)}, expected to {expected}"
