"""Parts that are found by their being there: every file of a package without an underscore in front is one.

So is one in a folder of the user's own that is added to the package. A part is imported only when it is used.
"""

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from fsnas.errors import ConfigError, nearest
from fsnas.lineage.syntax import parsed

NAME = re.compile("[a-z][a-z0-9_]*")


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
            known = self.known()
            raise ConfigError(
                f"there is no {self.what} {name!r}{nearest(name, known)}. Known {self.what}s: {', '.join(known)}"
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

    def options(self, name: str) -> dict[str, bool]:
        """Return the options that the part ``name`` takes, and whether they must be given; nothing is imported."""
        path = self.path_of(name)
        for node in parsed(path).body:
            if isinstance(node, ast.FunctionDef) and node.name == self.function:
                options = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                return {option.arg: default is None for option, default in options}
        raise ConfigError(f"{path}: expected a function {self.function}(), found none; see CONTRIBUTING.md")

    def taken(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the ``given`` options that the part ``name`` takes."""
        return {option: given[option] for option in self.options(name) if option in given}


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")]


def _modules(folder: Path) -> list[Path]:
    """Return what can be imported from a folder: files, and packages."""
    packages = [path for path in sorted(folder.iterdir()) if path.is_dir() and any(path.glob("*.py"))]
    return [path for path in sorted(folder.glob("*.py")) if path.stem != "__init__"] + packages
