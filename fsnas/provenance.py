"""What an artifact is made from: digests of the code that a script reaches, and keys over settings and inputs."""

import ast
import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fsnas import metrics
from fsnas.decisive import decisive

ROOT = Path(__file__).resolve().parent.parent


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@functools.cache
def digest(path: Path) -> str:
    """Return 12 hexadecimal digits over what of a Python file decides a result (`fsnas.decisive`)."""
    return hashlib.sha256(decisive(path.read_text(encoding="utf-8"), str(path)).encode()).hexdigest()[:12]


def _file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    places = [path.with_suffix(".py"), path / "__init__.py"]
    package, _, name = module.rpartition(".")
    if package == "fsnas.metrics":  # a user's folder is part of this package
        places += [Path(folder, f"{name}.py") for folder in metrics.__path__]
    return next((place for place in places if place.is_file()), None)


def _packages(path: Path) -> tuple[str, ...]:
    """Return the packages that a file lies in; a user's folder of metrics is part of ``fsnas.metrics``."""
    if str(path.parent) in metrics.__path__:
        return "fsnas", "metrics"
    return path.relative_to(ROOT).parts[:-1] if path.is_relative_to(ROOT) else ()


@functools.cache
def _imports(path: Path) -> tuple[str, ...]:
    """Return the modules of fsnas that a file imports anywhere, packages on the way included."""
    found: dict[str, None] = {}
    for node in ast.walk(_parsed(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = _packages(path)
            module = ".".join(
                [*package[: len(package) + 1 - node.level if node.level else 0], *filter(None, [node.module])]
            )
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


def _named(file: Path) -> str:
    """Return the place of a file in the project; of a user's only the name, because moving it changes nothing."""
    ours = file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in ("fsnas", "workflow_scripts")
    return str(file.relative_to(ROOT)) if ours else file.name


def entries(*paths: Path, packages: Iterable[str] = ()) -> list[str]:
    """Return one line ``path digest`` for every file that ``paths`` reach, and ``name version`` per package.

    Parameters
    ----------
    paths
        A workflow script, and files that it loads by name (a metric).
    packages
        Installed packages whose version decides the result (torch).
    """
    files = frozenset().union(*(reached(path.resolve()) for path in paths))
    digests = sorted(f"{_named(file)} {digest(file)}" for file in files)
    return digests + [f"{name} {_version(name)}" for name in packages]


_version = functools.cache(importlib.metadata.version)


def lines(code: Iterable[str], settings: Mapping[str, Any], inputs: str) -> list[str]:
    """Return all that a file is made from as lines that can be compared: code, options, inputs.

    >>> lines(["fsnas/cuts.py 0123456789ab"], {"seed": 1, "cut": {"balance": "none"}}, "fedc")
    ['fsnas/cuts.py 0123456789ab', 'option seed: 1', 'option cut.balance: none', 'inputs: fedc']
    """
    return [*code, *(f"option {name}: {value}" for name, value in _flat(settings)), f"inputs: {inputs}"]


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def key(*parts: Any) -> str:
    """Return the key of an artifact: 32 hexadecimal digits over its entries, settings and the keys of its inputs."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
