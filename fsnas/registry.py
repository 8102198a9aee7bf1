"""Parts that are found by their being there: every file of a package without an underscore in front is one.

So is one in a folder of the user's own that is added to the package. A part is imported only when it is used.
"""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_type_hints

from fsnas.errors import ConfigError, nearest
from fsnas.lineage.syntax import parsed

NAME = re.compile("[a-z][a-z0-9_]*")
TYPES: dict[str, Any] = {"Annotated": Annotated, **{kind.__name__: kind for kind in (bool, int, float, str, list)}}


@dataclass(frozen=True)
class Option:
    """What a part can be told: a keyword-only argument of its function.

    The config takes its type, bounds, meaning and default from there, where the annotation says them:
    ``samples: Annotated[int, {"ge": 0, "le": 65536}, "images of a batch; 0 for all"] = 16``. A bound that is a text is
    a number that the search space has: ``edges``, ``operations`` or ``architectures``.
    """

    type: Any
    default: Any = ...

    @property
    def needed(self) -> bool:
        """Return whether it must be given."""
        return self.default is ...


def options_of(function: Callable) -> dict[str, Option]:
    """Return the options of a function, by name."""
    hints, arguments = get_type_hints(function, include_extras=True), inspect.signature(function).parameters
    named = {name: each.default for name, each in arguments.items() if each.kind is Parameter.KEYWORD_ONLY}
    defaults = {name: ... if value is Parameter.empty else value for name, value in named.items()}
    return {name: Option(hints.get(name, type(value)), value) for name, value in defaults.items()}


def taken(options: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of what is ``given`` that are options."""
    return {option: given[option] for option in options if option in given}


def options_in(function: ast.FunctionDef) -> dict[str, Option]:
    """Return the options of a function that is not imported, by name; of a default that is computed only that it is."""
    named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {each.arg: _read(each.annotation, default) for each, default in named}


def _read(annotation: ast.expr | None, default: ast.expr | None) -> Option:
    try:
        value = ... if default is None else ast.literal_eval(default)
    except ValueError:
        value = None
    try:
        kind = eval(ast.unparse(annotation), {"__builtins__": {}, **TYPES}) if annotation else type(value)
    except Exception:  # names that only the file itself knows
        kind = type(value)
    return Option(kind, value)


class Registry:
    """The parts in a package, by name.

    Parameters
    ----------
    package
        Its name.
    what
        What a part is, in messages.
    function
        Name of the one function of a part, whose keyword-only arguments are its options.
    option
        Key of the config that names folders of the user's own, where it may.
    hyphens
        Whether a name has hyphens where its file has underscores.
    """

    def __init__(self, package: str, what: str, function: str = "", *, option: str = "", hyphens: bool = False) -> None:
        self.package, self.what, self.function = sys.modules[package], what, function
        self.option, self.hyphens = option, hyphens

    def add_folders(self, folders: Iterable[str | Path]) -> None:
        """Make the files in ``folders`` parts, too; what they share lies beside them, with an underscore in front.

        This is how users' code gets in: a file is run when its part is used, and only then.

        Raises
        ------
        ConfigError
            If a folder is none, a file cannot be a part by its name, or another folder has one of the same name.
        """
        for folder in map(Path, folders):
            if not folder.is_dir():
                raise ConfigError(f"{self.option}: there is no folder {str(folder)!r}; correct or remove it")
            if str(folder.resolve()) not in self.package.__path__:
                self._check(folder)
                self.package.__path__.append(str(folder.resolve()))
        importlib.invalidate_caches()

    def _check(self, folder: Path) -> None:
        for path in _files(folder):
            if not NAME.fullmatch(path.stem):
                raise ConfigError(
                    f"{self.option}: {path} cannot be a {self.what}, expected a name of a-z, 0-9 and _ that begins "
                    f"with a letter; rename the file, or put an underscore in front of one that is no {self.what}"
                )
        taken = {path.stem: path for other in self.package.__path__ for path in _modules(Path(other))}
        package = self.package.__name__
        for path in _modules(folder):
            if path.stem in taken:
                raise ConfigError(
                    f"{self.option}: {path} has the name of {taken[path.stem]}: of two {package}.{path.stem} only one "
                    "would be imported; rename one of them"
                )
            ours = vars(self.package).get(path.stem)  # also a part that was imported
            if ours is not None and getattr(ours, "__name__", "") != f"{package}.{path.stem}":
                raise ConfigError(f"{self.option}: {path} has a name that {package} uses itself; rename it")
            taken[path.stem] = path

    def users_folders(self) -> list[Path]:
        """Return the folders that `add_folders` has added."""
        return [Path(folder) for folder in list(self.package.__path__)[1:]]

    def known(self) -> list[str]:
        """Return the names of all parts."""
        return sorted(self._name(path) for folder in self.package.__path__ for path in _files(Path(folder)))

    def _name(self, path: Path) -> str:
        return path.stem.replace("_", "-") if self.hyphens else path.stem

    def path_of(self, name: str) -> Path:
        """Return the file of the part ``name``.

        Raises
        ------
        ConfigError
            If there is none; the message lists the known ones and the nearest spelling.
        """
        found = {self._name(path): path for folder in self.package.__path__ for path in _files(Path(folder))}
        if name not in found:
            known, plural = self.known(), re.sub("y$", "ie", self.what) + "s"
            raise ConfigError(
                f"there is no {self.what} {name!r}{nearest(name, known)}. Known {plural}: {', '.join(known)}"
            )
        return found[name]

    def module(self, name: str) -> ModuleType:
        """Import the file of the part ``name``; errors as `path_of`."""
        return importlib.import_module(f"{self.package.__name__}.{self.path_of(name).stem}")

    def attribute(self, name: str, attribute: str, default: Any = None) -> Any:
        """Return what the file of the part ``name``, which is imported, calls ``attribute``."""
        return getattr(self.module(name), attribute, default)

    def load(self, name: str) -> Callable[..., Any]:
        """Return the function of the part ``name``, which is imported."""
        self.options(name)
        return self.attribute(name, self.function)

    def options(self, name: str) -> dict[str, Option]:
        """Return the options that the part ``name`` takes; nothing is imported."""
        path = self.path_of(name)
        for node in parsed(path).body:
            if isinstance(node, ast.FunctionDef) and node.name == self.function:
                return options_in(node)
        raise ConfigError(f"{path}: expected a function {self.function}(), found none; see CONTRIBUTING.md")

    def taken(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the ``given`` options that the part ``name`` takes."""
        return taken(self.options(name), given)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")]


def _modules(folder: Path) -> list[Path]:
    """Return what can be imported from a folder: files, and packages."""
    packages = [path for path in sorted(folder.iterdir()) if path.is_dir() and any(path.glob("*.py"))]
    return [path for path in sorted(folder.glob("*.py")) if path.stem != "__init__"] + packages
