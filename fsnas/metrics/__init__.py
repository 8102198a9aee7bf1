"""Metrics of a perturbed supernet, one file each: a file in this folder whose function has its name is a metric.

A file is imported only when its metric is used; what it declares (direction, options, source) is read from its
syntax tree, so that a config can be checked without importing torch.
"""

import ast
import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsnas.errors import ConfigError, nearest

FOLDER = Path(__file__).parent


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
    """Declare a metric: evaluate it with gradients on, and leave RNG, flags and weights as they were.

    The arguments must be literals (`declaration` reads them without importing the file).
    """

    def declare(function: Callable) -> Callable:
        """Return ``function``, which leaves everything as it was."""

        @functools.wraps(function)
        def evaluate(*args: Any, **options: Any) -> Any:
            from fsnas.evaluation import unchanged

            with unchanged(args[0]):
                return function(*args, **options)

        return evaluate

    return declare


def known() -> list[str]:
    """Return the names of all metrics: the files of this folder without an underscore in front."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def path_of(name: str) -> Path:
    """Return the file of the metric ``name``.

    Raises
    ------
    ConfigError
        If there is none; the message lists the known ones and the nearest spelling.
    """
    if name not in known():
        raise ConfigError(f"there is no metric {name!r}{nearest(name, known())}. Known metrics: {', '.join(known())}")
    return FOLDER / f"{name}.py"


def load(name: str) -> Callable:
    """Return the function of the metric ``name`` (imports its file, and so torch)."""
    path_of(name)
    return getattr(importlib.import_module(f"fsnas.metrics.{name}"), name)


@functools.cache
def declaration(name: str) -> Declaration:
    """Return what the metric ``name`` declares, without importing it.

    Raises
    ------
    ConfigError
        If the file has no function of its own name under ``@metric(...)``, or declares no literal.
    """
    path = path_of(name)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "metric":
                    said = {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg}
                    arguments = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                    options = {a.arg: ast.literal_eval(d) for a, d in arguments if d is not None}
                    return Declaration(
                        name, said["direction"], said.get("kind", "score"), said["paper"], said["equation"], options
                    )
    raise ConfigError(f"{path}: expected a function {name}() under @metric(...), found none; see CONTRIBUTING.md")
