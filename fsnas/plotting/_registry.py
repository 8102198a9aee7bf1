"""Which figures are drawn from tables, and what they declare: read from syntax trees, so that nothing is imported."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsnas.lineage.syntax import bound_names, dotted, parsed, refuse
from fsnas.plotting import from_tables

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class FigureSpec:
    """What a figure says of itself: the arguments of `from_tables`, and the tables that its function takes.

    Attributes
    ----------
    path
        Its file.
    function
        As ``package.module:name``.
    tables
        Their names, in the order in which the function takes them.
    """

    path: Path
    function: str
    tables: list[str]
    name: str
    category: str
    label: str
    over_seeds: bool
    arguments: dict[str, Any]


def figures() -> list[FigureSpec]:
    """Return all figures that are drawn from tables, by the names of their files.

    Raises
    ------
    ConfigError
        If a figure declares what cannot be; the message names file and line.
    """
    return [spec for path in sorted(FOLDER.glob("[!_]*.py")) for spec in _figures_of(path)]


def _figures_of(path: Path) -> Iterator[FigureSpec]:
    tree = parsed(path)
    names = bound_names(tree, ("fsnas", "plotting"))
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        tables = [one.arg for one in function.args.args]
        for node in function.decorator_list:
            if isinstance(node, ast.Call) and dotted(node.func, names) == "fsnas.plotting.from_tables":
                said = _said(path, node)
                yield FigureSpec(path, f"fsnas.plotting.{path.stem}:{function.name}", tables, **said)


def _said(path: Path, call: ast.Call) -> dict[str, Any]:
    try:
        given = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
        said = inspect.signature(from_tables).bind(*map(ast.literal_eval, call.args), **given)
    except (TypeError, ValueError) as error:
        raise refuse(
            path, call, f"@from_tables(...) cannot be read without running the file ({error}); expected literals, as "
            '@from_tables("found", category="4 Few-shot NAS", label="Figure: what the searches found")'
        ) from None  # fmt: skip
    said.apply_defaults()
    return said.arguments
