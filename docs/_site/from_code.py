"""What the site says of the config and of the command line: read from the code while it is built."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from fsnas import cli
from workflow_scripts._config_model import model_of
from workflow_scripts._config_schema import schema_of

TYPES = {"array": "list", "object": "keys with values", "string": "text", "boolean": "true, false", "number": "number"}
TYPES |= {"integer": "whole number"}
LONG = 60  # characters of a default that a table still shows
BOUNDS = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most", "exclusiveMaximum": "less than"}


def config_page() -> Iterator[str]:
    """Return the lines of the config's reference: a table for each section."""
    keys = schema_of(model_of())["properties"]
    plain = {name: key for name, key in keys.items() if not _is_section(key)}
    yield from ("## Keys of their own", "", *_table(plain), "")
    for name, section in keys.items():
        if _is_section(section):
            yield from (f"## {name}", "", section.get("description", ""), "", *_table(section["properties"]), "")


def _is_section(key: Mapping[str, Any]) -> bool:
    return bool(key.get("properties"))


def _table(keys: Mapping[str, Any]) -> Iterator[str]:
    yield from ("| key | default | what it may be | what it says |", "| --- | --- | --- | --- |")
    for name, key in keys.items():
        default = json.dumps(key.get("default"))
        shown = "see config.yaml" if len(default) > LONG else f"`{default}`"
        cells = (f"`{name}`", shown, _allowed(key), key.get("description", "").replace("\n", " "))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _allowed(key: Mapping[str, Any]) -> str:
    """Return the choices of a key, or its types and bounds."""
    if "enum" in key:
        return ", ".join(f"`{choice}`" for choice in key["enum"])
    kinds = [key["type"]] if isinstance(key.get("type"), str) else key.get("type", ["any"])
    bounds = [f"{words} {key[name]}" for name, words in BOUNDS.items() if name in key]
    return ", ".join([*(TYPES[kind] for kind in kinds if kind in TYPES), *bounds]) or "anything"


def command_page() -> Iterator[str]:
    """Return the lines of the command line's reference: the help of ``fsnas`` and of each of its commands."""
    parser = cli._parser()
    yield from _help(parser)
    for action in parser._actions:
        for command in (action.choices or {}).values() if isinstance(action.choices, dict) else ():
            yield from _help(command)


def _help(parser: Any) -> Iterator[str]:
    yield from (f"## {parser.prog}", "", "```text", *parser.format_help().splitlines(), "```", "")


class FromCode(SphinxDirective):
    """A directive that stands for lines of Markdown."""

    lines = staticmethod(config_page)

    def run(self) -> list[nodes.Node]:
        """Return the nodes of these lines."""
        node = nodes.Element()
        self.state.nested_parse(StringList(list(self.lines()), source=__name__), self.content_offset, node, True)
        return node.children


class Commands(FromCode):
    """The command line."""

    lines = staticmethod(command_page)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register ``config-keys`` and ``commands``."""
    app.add_directive("config-keys", FromCode)
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
