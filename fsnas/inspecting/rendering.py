"""Plain dicts drawn for a person, by their shape alone.

What has one value is a line. A dict of lines is a list of names and values, a dict or list of such dicts is a table, a
list of dicts with ``children`` is a tree, and everything else has headings.
"""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

LISTED = 8  # of a list in one place, before the rest is counted
WIDE = 100_000  # characters: where no terminal cuts lines


def show(document: Mapping[str, Any], *, full: bool = False, folded: Collection[str] = ()) -> None:
    """Print ``document`` to the standard output, as wide as it needs to be where that is no terminal.

    Parameters
    ----------
    full
        Lists are not shortened, and nothing is folded.
    folded
        Names of sections of which only the number of entries is said.
    """
    console = Console(
        markup=False, highlight=False, emoji=False, soft_wrap=False, width=None if sys.stdout.isatty() else WIDE
    )
    with console.capture() as capture:
        console.print(Group(*_Drawing(full, () if full else folded).parts(document)))
    lines = capture.get().removesuffix("\n").split("\n")
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))


class _Drawing:
    def __init__(self, full: bool, folded: Collection[str]) -> None:
        self.listed, self.folded = (None if full else LISTED), folded

    def parts(self, document: Mapping[str, Any]) -> Iterator[RenderableType]:
        """Yield the lines of ``document``, then its sections."""
        sections = {name: value for name, value in document.items() if _is_section(value) and name not in self.folded}
        lines = {name: value for name, value in document.items() if name not in sections}
        if lines:
            grid = Table.grid(padding=(0, 2))
            for _ in range(2):
                grid.add_column(overflow="fold")
            for name, value in lines.items():
                folded = f"{len(value)} (--full lists them)" if _is_section(value) else self.text(value)
                grid.add_row(Text(name, "cyan"), folded)
            yield grid
        for i, (name, value) in enumerate(sections.items()):
            if lines or i:
                yield ""
            yield Text(name, "bold")
            yield Padding(self.section(value), (0, 0, 0, 2))

    def section(self, value: Any) -> RenderableType:
        if isinstance(value, Mapping) and all(map(_is_row, value.values())):
            return self.table(list(value.values()), list(value))
        if isinstance(value, Mapping):
            return Group(*self.parts(value))
        if "children" in value[0]:
            return Group(*map(self.tree, value))
        return self.table(value)

    def table(self, rows: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> Table:
        """Return a table with a column for every name in ``rows``; numbers stand below each other."""
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
        if names:
            table.add_column("", style="cyan", overflow="fold")
        columns = list(dict.fromkeys(name for row in rows for name in row))
        for name in columns:
            numbers = all(isinstance(row.get(name), (int, float, type(None))) for row in rows)
            table.add_column(name, justify="right" if numbers else "left", overflow="fold")
        for i, row in enumerate(rows):
            table.add_row(*names[i : i + 1], *(self.text(row[name]) if name in row else "" for name in columns))
        return table

    def tree(self, item: Mapping[str, Any]) -> Tree:
        """Return a node with all below it; a list ends its line."""
        (_, title), *entries = ((name, value) for name, value in item.items() if name != "children")
        label = Text().append(self.text(title), "bold")
        gap = "  "
        for name, value in entries:
            label.append(gap).append(name, "cyan").append(f" {self.text(value)}")
            gap = "\n" if isinstance(value, list) else "  "
        tree = Tree(label)
        tree.children += [self.tree(child) for child in item["children"]]
        return tree

    def text(self, value: Any) -> str:
        """Return a value in a line or a cell."""
        if value is None or value in ("", [], {}):
            return "-"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float):
            return f"{value:.6g}"
        if not isinstance(value, list):
            return str(value)
        if all(isinstance(one, list) for one in value):
            return " | ".join(" ".join(map(str, one)) for one in value)
        shown = [self.text(one) for one in value[: self.listed]]
        if len(shown) < len(value):
            shown.append(f"and {len(value) - len(shown)} more")
        return ("\n" if any(" " in one for one in shown[:-1]) else ", ").join(shown)


def _is_section(value: Any) -> bool:
    """Return whether a value has parts with names."""
    return bool(value) and (isinstance(value, Mapping) or (isinstance(value, list) and isinstance(value[0], Mapping)))


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping) and not any(map(_is_section, value.values()))
