"""Metrics of a perturbed supernet, one file each: a file in this folder whose function has its name is a metric.

So is one in a folder that `add_folders` adds to this package. A file is imported only when its metric is used; what it
declares (direction, options, source) is read from its syntax tree, so that a config can be checked without importing
torch.
"""

import functools
from collections.abc import Callable
from typing import Any

from fsnas.metrics._spec import MetricSpec, read_spec
from fsnas.registry import Registry

__all__ = ["MetricSpec", "add_folders", "known", "load", "metric", "metric_spec", "path_of", "registry"]
registry = Registry(__name__, "metric", option="metric_paths")
add_folders, known, path_of = registry.add_folders, registry.known, registry.path_of


def metric(
    *, direction: str, paper: str, equation: str, kind: str = "score", needs: str = ""
) -> Callable[[Callable], Callable]:
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


def load(name: str) -> Callable:
    """Return the function of the metric ``name`` (imports its file, and so torch).

    The import draws from seeded generators, too, and leaves settings as they were.
    """
    from fsnas.metrics._isolation import undisturbed

    path_of(name)
    with undisturbed(seed=0):
        return getattr(registry.module(name), name)


def metric_spec(name: str) -> MetricSpec:
    """Return what the metric ``name`` declares, without importing it.

    Raises
    ------
    ConfigError
        If the file has no function of its own name under ``@metric(...)``, or declares what cannot be.
    """
    return _spec_of(name, path_of(name))


_spec_of = functools.cache(read_spec)
