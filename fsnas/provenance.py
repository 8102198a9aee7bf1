"""What an artifact is made from: digests of the code that a script reaches, and keys over settings and inputs."""

import ast
import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@functools.cache
def digest(path: Path) -> str:
    """Return 12 hexadecimal digits over the syntax tree of a Python file, without comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                del body[0]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:12]


def _file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


@functools.cache
def _imports(path: Path) -> tuple[str, ...]:
    """Return the modules of fsnas that a file imports anywhere, packages on the way included."""
    found: dict[str, None] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parts[: -node.level] if node.level and path.is_relative_to(ROOT) else ()
            module = ".".join([*package, *filter(None, [node.module])])
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            if parts[0] == "fsnas":
                found |= {".".join(parts[:i]): None for i in range(1, len(parts) + 1)}
    return tuple(found)


@functools.cache
def reached(path: Path) -> frozenset[Path]:
    """Return the files inside fsnas that a Python file reaches through its imports, itself included."""
    found, todo = {path}, [path]
    while todo:
        for module in _imports(todo.pop()):
            file = _file_of(module)
            if file is not None and file not in found:
                found.add(file)
                todo.append(file)
    return frozenset(found)


def entries(*paths: Path, packages: Iterable[str] = ()) -> list[str]:
    """Return one line ``path digest`` for every file that ``paths`` reach, and ``name version`` per package.

    Parameters
    ----------
    paths
        A workflow script, and files that it loads by name (a metric).
    packages
        Installed packages whose version decides the result (torch).
    """
    files = sorted(frozenset().union(*(reached(path.resolve()) for path in paths)))
    lines = [f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name} {digest(file)}" for file in files]
    return lines + [f"{name} {importlib.metadata.version(name)}" for name in packages]


def key(*parts: Any) -> str:
    """Return the key of an artifact: 32 hexadecimal digits over its entries, settings and the keys of its inputs."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
