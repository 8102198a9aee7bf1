"""Python files as syntax trees: parsed, with the names that their imports bind, and errors that name a line."""

import ast
from collections.abc import Mapping
from pathlib import Path

from fsnas.errors import ConfigError


def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file, decoded as Python decodes it.

    Raises
    ------
    ConfigError
        If it is no Python; the message names the line.
    """
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        line, text = getattr(error, "lineno", None) or 1, getattr(error, "msg", str(error))
        raise ConfigError(f"{path}, line {line}: expected Python, found an error in it ({text}); correct it") from error


def refuse(path: Path, node: ast.AST, text: str) -> ConfigError:
    """Return the error for a line of a file."""
    return ConfigError(f"{path}, line {getattr(node, 'lineno', 1)}: {text}")


def bound_names(tree: ast.Module, package: tuple[str, ...]) -> dict[str, str]:
    """Return what the imports of a file in ``package`` bind: local name to dotted name."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, package)
            names |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
    return names


def base_of(node: ast.ImportFrom, package: tuple[str, ...]) -> str:
    """Return the absolute name of the module that a ``from`` imports from."""
    return ".".join([*package[: len(package) + 1 - node.level if node.level else 0], *filter(None, [node.module])])


def dotted(node: ast.AST, names: Mapping[str, str]) -> str:
    """Return the dotted name of an expression like ``np.random.rand``, or nothing."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute) and (base := dotted(node.value, names)):
        return f"{base}.{node.attr}"
    return ""
