"""Metrics of a perturbed supernet, one file each: a file in this folder whose function has its name is a metric.

So is one in a folder that `add_folders` adds to this package. A file is imported only when its metric is used; what it
declares (direction, options, source) is read from its syntax tree, so that a config can be checked without importing
torch.
"""

import ast
import functools
import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsnas.errors import ConfigError, nearest

NAME = re.compile("[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Declaration:
    """What a metric says of itself.

    Attributes
    ----------
    name
        Of the metric, its function and its file.
    direction
        ``higher``, ``lower`` or ``none``: which scores go with better networks.
    kind
        ``score`` (one number per perturbed supernet) or ``affinity`` (a matrix over the operations of an edge).
    paper, equation
        The source.
    options
        Keyword arguments of the function that a config may set, with their defaults.
    """

    name: str
    direction: str
    kind: str
    paper: str
    equation: str
    options: dict[str, Any]


def metric(*, direction: str, paper: str, equation: str, kind: str = "score") -> Callable[[Callable], Callable]:
    """Declare a metric: its function runs on copies, with gradients on and seeded generators (`fsnas.evaluation`).

    The arguments must be literals (`declaration` reads them without importing the file).
    """

    def declare(function: Callable) -> Callable:
        """Return ``function``, which leaves everything as it was and returns what its kind says."""

        @functools.wraps(function)
        def evaluated(*arguments: Any, **options: Any) -> Any:
            from fsnas.evaluation import evaluate

            return evaluate(function, kind, *arguments, **options)

        return evaluated

    return declare


def add_folders(folders: Iterable[str | Path]) -> None:
    """Make the files in ``folders`` metrics, too; what they share lies beside them, with an underscore in front.

    This is how users' code gets in: a file is run when its metric is used, and only then.

    Raises
    ------
    ConfigError
        If a folder is none, a file cannot be a metric by its name, or another folder has one of the same name.
    """
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise ConfigError(f"metric_paths: there is no folder {str(folder)!r}; correct or remove it")
        if str(folder.resolve()) in __path__:
            continue
        for path in _files(folder):
            if not NAME.fullmatch(path.stem):
                raise ConfigError(
                    f"metric_paths: {path} cannot be a metric, expected a name of a-z, 0-9 and _ that begins with a "
                    "letter; rename the file, or put an underscore in front of one that is no metric"
                )
            if path.stem in known():
                raise ConfigError(f"metric_paths: {path} has the name of {path_of(path.stem)}; rename one of them")
        __path__.append(str(folder.resolve()))
    importlib.invalidate_caches()


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")]


def known() -> list[str]:
    """Return the names of all metrics: the files of all folders without an underscore in front."""
    return sorted(path.stem for folder in __path__ for path in _files(Path(folder)))


def path_of(name: str) -> Path:
    """Return the file of the metric ``name``.

    Raises
    ------
    ConfigError
        If there is none; the message lists the known ones and the nearest spelling.
    """
    if name not in known():
        raise ConfigError(f"there is no metric {name!r}{nearest(name, known())}. Known metrics: {', '.join(known())}")
    return next(path for folder in __path__ if (path := Path(folder, f"{name}.py")).is_file())


def load(name: str) -> Callable:
    """Return the function of the metric ``name`` (imports its file, and so torch)."""
    path_of(name)
    return getattr(importlib.import_module(f"fsnas.metrics.{name}"), name)


def declaration(name: str) -> Declaration:
    """Return what the metric ``name`` declares, without importing it.

    Raises
    ------
    ConfigError
        If the file has no function of its own name under ``@metric(...)``, or declares no literal.
    """
    return _declaration(name, path_of(name))


@functools.cache
def _declaration(name: str, path: Path) -> Declaration:
    try:
        said = _declared(name, path)
    except (SyntaxError, ValueError, KeyError) as error:
        raise ConfigError(
            f"{path}: cannot be read as a metric ({error!r}); expected Python whose @metric(...) states direction, "
            "paper and equation as literals; see CONTRIBUTING.md"
        ) from error
    if said is None:
        raise ConfigError(f"{path}: expected a function {name}() under @metric(...), found none; see CONTRIBUTING.md")
    return said


def _declared(name: str, path: Path) -> Declaration | None:
    for node in ast.parse(path.read_text(encoding="utf-8"), filename=str(path)).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "metric":
                    said = {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg}
                    arguments = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                    options = {a.arg: ast.literal_eval(d) for a, d in arguments if d is not None}
                    return Declaration(
                        name, said["direction"], said.get("kind", "score"), said["paper"], said["equation"], options
                    )
    return None
