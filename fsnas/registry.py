"""Registries without a list: a file in the folder of a package is one of its kind, by being there."""

import ast
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsnas.errors import ConfigError, nearest
from fsnas.lineage.syntax import parsed


@dataclass(frozen=True)
class Registry:
    """The files of a package without an underscore in front, each with one function of the same signature.

    ``kind`` is what messages call one; ``package`` and ``folders`` are name and ``__path__`` of the package. The
    keyword-only arguments of ``function`` are the options that a file takes.
    """

    kind: str
    package: str
    folders: list[str]
    function: str = ""

    def known(self) -> list[str]:
        """Return the names of all files; nothing is imported."""
        return sorted(path.stem for folder in self.folders for path in files(Path(folder)))

    def path_of(self, name: str) -> Path:
        """Return the file ``name``; a `ConfigError` lists the known ones and the nearest spelling."""
        known = self.known()
        if name not in known:
            raise ConfigError(
                f"there is no {self.kind} {name!r}{nearest(name, known)}. Known {self.kind}s: {', '.join(known)}"
            )
        return next(path for folder in self.folders if (path := Path(folder, f"{name}.py")).is_file())

    def attribute(self, name: str, attribute: str, default: Any = None) -> Any:
        """Return what the file ``name``, which is imported, calls ``attribute``."""
        self.path_of(name)
        return getattr(importlib.import_module(f"{self.package}.{name}"), attribute, default)

    def load(self, name: str) -> Callable[..., Any]:
        """Return the function of the file ``name``, which is imported."""
        self.options(name)
        return self.attribute(name, self.function)

    def options(self, name: str) -> dict[str, bool]:
        """Return the options that the file ``name`` takes, and whether they must be given; nothing is imported."""
        path = self.path_of(name)
        for node in parsed(path).body:
            if isinstance(node, ast.FunctionDef) and node.name == self.function:
                options = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                return {option.arg: default is None for option, default in options}
        raise ConfigError(f"{path}: expected a function {self.function}(), found none; see CONTRIBUTING.md")

    def taken(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the ``given`` options that the file ``name`` takes."""
        return {option: given[option] for option in self.options(name) if option in given}


def files(folder: Path) -> list[Path]:
    """Return the Python files in ``folder`` without an underscore in front."""
    return [path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")]
