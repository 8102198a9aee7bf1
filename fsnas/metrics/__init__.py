"""Metrics of a perturbed supernet, one file each: a file in this folder whose function has its name is a metric.

So is one in a folder that `add_folders` adds to this package. A file is imported only when its metric is used; what it
declares (direction, options, source) is read from its syntax tree, so that a config can be checked without importing
torch.
"""

import functools
import importlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from fsnas.errors import ConfigError
from fsnas.metrics._spec import MetricSpec, read_spec
from fsnas.registry import Registry
from fsnas.registry import files as _files

__all__ = ["MetricSpec", "add_folders", "known", "load", "metric", "metric_spec", "path_of"]

NAME = re.compile("[a-z][a-z0-9_]*")
_registry = Registry("metric", __name__, __path__)
known, path_of = _registry.known, _registry.path_of


def metric(*, direction: str, paper: str, equation: str, kind: str = "score") -> Callable[[Callable], Callable]:
    """Declare a metric: its function runs on copies, with gradients on and seeded generators (`_toolkit`).

    The arguments must be literals (`metric_spec` reads them without importing the file).
    """

    def declare(function: Callable) -> Callable:
        """Return ``function``, which leaves everything as it was and returns what its kind says."""

        @functools.wraps(function)
        def evaluated(*arguments: Any, **options: Any) -> Any:
            from fsnas.metrics._toolkit import evaluate

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
        taken = {path.stem: path for other in __path__ for path in _modules(Path(other))}
        for path in _modules(folder):
            if path.stem in taken:
                raise ConfigError(
                    f"metric_paths: {path} has the name of {taken[path.stem]}: of two fsnas.metrics.{path.stem} only "
                    "one would be imported; rename one of them"
                )
            ours = globals().get(path.stem)  # also a metric that was imported
            if ours is not None and getattr(ours, "__name__", "") != f"{__name__}.{path.stem}":
                raise ConfigError(f"metric_paths: {path} has a name that fsnas.metrics uses itself; rename it")
            taken[path.stem] = path
        __path__.append(str(folder.resolve()))
    importlib.invalidate_caches()


def users_folders() -> list[Path]:
    """Return the folders that `add_folders` has added."""
    return [Path(folder) for folder in __path__[1:]]


def _modules(folder: Path) -> list[Path]:
    """Return what can be imported from a folder: files, and packages."""
    packages = [path for path in sorted(folder.iterdir()) if path.is_dir() and any(path.glob("*.py"))]
    return [path for path in sorted(folder.glob("*.py")) if path.stem != "__init__"] + packages


def load(name: str) -> Callable:
    """Return the function of the metric ``name`` (imports its file, and so torch).

    The import draws from seeded generators, too, and leaves settings as they were.
    """
    from fsnas.metrics._isolation import undisturbed

    path_of(name)
    with undisturbed(seed=0):
        return getattr(importlib.import_module(f"fsnas.metrics.{name}"), name)


def metric_spec(name: str) -> MetricSpec:
    """Return what the metric ``name`` declares, without importing it.

    Raises
    ------
    ConfigError
        If the file has no function of its own name under ``@metric(...)``, or declares what cannot be.
    """
    return _declaration(name, path_of(name))


_declaration = functools.cache(read_spec)
