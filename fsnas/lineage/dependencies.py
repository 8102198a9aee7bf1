"""The code that a script depends on: every file that it reaches through imports, with a digest, and packages."""

import functools
import hashlib
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterable
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from importlib.util import decode_source
from pathlib import Path
from typing import Any

from fsnas import HOMES, metrics, spaces
from fsnas.errors import ConfigError
from fsnas.lineage.decisive import decisive
from fsnas.lineage.user_code import check_draws, imports, imports_fsnas, loads, named_files
from fsnas.places import PACKAGE, WORKFLOW
from fsnas.splitting import policies

ROOTS = (WORKFLOW, PACKAGE.parent)  # where workflow_scripts/ and fsnas/ lie: in a checkout it is one folder
HUGE = 2**30  # bytes
MOST = 12  # files of a user that have a line each
# Packages of fsnas to which users add folders.
REGISTRIES = {"metrics": metrics.registry, "spaces": spaces.registry, "splitting.policies": policies.registry}


# What was read from files of fsnas, by their content: in this run, and in the one that has kept it.
KNOWN: dict[str, Any] = {}
KEPT: dict[str, Any] = {}


def _known(what: str, content: bytes, read: Callable[[], Any]) -> Any:
    name = f"{what} {hashlib.sha256(content).hexdigest()}"
    if name not in KNOWN:
        KNOWN[name] = KEPT[name] if name in KEPT else read()
    return KNOWN[name]


@functools.cache
def digest(path: Path) -> str:
    """Return 12 hexadecimal digits over what of a Python file decides a result (`fsnas.lineage.decisive`)."""
    content = path.read_bytes()

    def read() -> str:
        return hashlib.sha256(decisive(decode_source(content), str(path)).encode()).hexdigest()[:12]

    return _known("digest", content, read) if _is_ours(path) else read()


def _is_ours(file: Path) -> bool:
    return _root(file) is not None


@functools.cache
def _root(file: Path) -> Path | None:
    """Return the folder below which a file of ours has its name in the project; None of a user's file."""
    inside = (root for root in ROOTS if file.is_relative_to(root))
    return next((root for root in inside if file.relative_to(root).parts[0] in ("fsnas", "workflow_scripts")), None)


def users_folders() -> dict[Path, str]:
    """Return the folders of users, and the package of fsnas that each is part of."""
    return {folder: package for package, registry in REGISTRIES.items() for folder in registry.users_folders()}


def _packages(path: Path) -> tuple[str, ...]:
    """Return the packages that a file lies in."""
    for folder, package in users_folders().items():
        if path.is_relative_to(folder):
            return "fsnas", *package.split("."), *path.relative_to(folder).parts[:-1]
    return path.relative_to(_root(path) or _base(path)).parts[:-1]


def _base(file: Path) -> Path:
    """Return the folder from which a user's file is imported: the one above its packages."""
    base = file.parent
    while (base / "__init__.py").is_file() and base not in users_folders():
        base = base.parent
    return base


@functools.cache
def _imports(path: Path) -> tuple[str, ...]:
    """Return the modules of fsnas that a file imports anywhere, packages on the way included; of a user's file all.

    Raises
    ------
    ConfigError
        If a user's file imports what cannot be found, or in a way that cannot be followed.
    """
    package = _packages(path)
    if _is_ours(path):

        def read() -> list[str]:
            modules = [module for module, *_ in imports(path, package) if module.partition(".")[0] == "fsnas"]
            return list(dict.fromkeys(name for module in modules for name in _on_the_way(module)))

        return tuple(_known(f"imports {'.'.join(package)}", path.read_bytes(), read))
    found: dict[str, None] = dict.fromkeys(HOMES.values() if imports_fsnas(path) else ())
    for module, line, needed in [*imports(path, package), *loads(path, package)]:
        if needed and located(module) is None:
            raise ConfigError(
                f"{path}, line {line}: there is no module {module!r}; install it, or correct the name. A file beside "
                f"it has an underscore in front and is imported as {'.'.join(package or ('fsnas', 'metrics'))}._mine; "
                "others are found in the folders of PYTHONPATH"
            )
        found |= dict.fromkeys(_on_the_way(module))
    return tuple(found)


def _on_the_way(module: str) -> list[str]:
    """Return a module, or the one that a name of fsnas stands in, and the packages on the way, the outermost first."""
    parts = HOMES.get(module.removeprefix("fsnas."), module).split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts) + 1)]


@functools.cache
def reached(path: Path) -> frozenset[Path]:
    """Return the files that a Python file reaches through its imports, itself included.

    Inside fsnas these are files of fsnas. A user's file reaches all that is not installed, and the files of data whose
    names stand in it.
    """
    found, todo = {path}, [path]
    while todo:
        file = todo.pop()
        if file.suffix == ".py":
            new = _reached_at_once(file) - found
            found |= new
            todo += new
    return frozenset(found)


@functools.cache  # of a file that many scripts reach
def _reached_at_once(path: Path) -> frozenset[Path]:
    """Return the files that a Python file imports or, if it is a user's, names."""
    files = frozenset(place for module in _imports(path) for place in _files_of(module))
    return files.union(() if _is_ours(path) else named_files(path))


def check_users_code(*paths: Path) -> None:
    """Check that what files of a user do can be followed and repeated; ours are.

    Raises
    ------
    ConfigError
        If a file that they reach imports or runs what cannot be found or followed, or draws numbers without a seed; the
        message names file and line.
    """
    importlib.invalidate_caches()  # a file may be new
    for file in sorted({file for path in paths if not _is_ours(path) for file in reached(path)}):
        if any(file.is_relative_to(folder) for folder in users_folders()) and file.suffix == ".py":
            check_draws(file, _packages(file))


def _files_of(module: str) -> list[Path]:
    """Return the files that a module adds; ``package.*`` adds all modules of a package that is not installed."""
    base, star, _ = module.partition(".*")
    file = located(base)
    if not isinstance(file, Path):
        return []
    return sorted(file.parent.glob("*.py")) if star and file.name == "__init__.py" and not _is_ours(file) else [file]


def located(module: str) -> Path | str | None:
    """Return the file of a module; the name of a folder, or of what is installed; None if there is no such module."""
    top, *rest = module.split(".")
    if top == "fsnas":  # a folder of the user is part of its package
        users = [(folder, package.split(".")) for folder, package in users_folders().items()]
        inside = [(folder, rest[len(of) :]) for folder, of in users if rest[: len(of)] == of]
        ours = [root.joinpath(top, *rest) for root in ROOTS]
        places = [*ours, *(folder.joinpath(*part) for folder, part in inside if part)]
        files = [file for place in places for file in (place / "__init__.py", place.with_name(f"{place.name}.py"))]
        found = next((file for file in files if file.is_file()), None)
        return found or (module if any(place.is_dir() for place in places) else None)
    if top in sys.stdlib_module_names:
        return top
    spec = _found(top, None)
    for i in range(2, len(rest) + 2):
        if spec is None or _is_installed(spec):
            break
        folders = spec.submodule_search_locations
        spec = None if folders is None else _found(".".join([top, *rest][:i]), list(folders))
    if spec is None:
        return None
    by_name = _is_installed(spec) or not os.path.isfile(spec.origin or "")
    return top if by_name else Path(os.path.abspath(str(spec.origin)))


def _found(module: str, folders: list[str] | None) -> ModuleSpec | None:
    """Return where a job finds a module, without an import; ``folders`` are those of its package.

    A job has neither the working directory nor the folder of Snakemake's own script among the places of modules.
    """
    if folders is not None:
        return PathFinder.find_spec(module, folders)
    given = [os.path.abspath(place) for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    not_in_jobs = {"", os.getcwd(), os.path.dirname(os.path.abspath(sys.argv[0]))} - {*given}
    spec = PathFinder.find_spec(module, [*map(str, ROOTS), *(place for place in sys.path if place not in not_in_jobs)])
    others = (finder for finder in sys.meta_path if finder not in (PathFinder, BuiltinImporter, FrozenImporter))
    return spec or next(filter(None, (finder.find_spec(module, None) for finder in others)), None)


def _is_installed(spec: ModuleSpec) -> bool:
    place = Path(spec.origin or next(iter(spec.submodule_search_locations or ()), ""))
    return bool({"site-packages", "dist-packages"} & {*place.parts})


def _installed(path: Path) -> set[str]:
    """Return ``name version`` of every package that a user's files import."""
    tops = {
        module.partition(".")[0]
        for file in reached(path)
        if file.suffix == ".py" and not _is_ours(file)
        for module in _imports(file)
    }
    return {f"{name} {_version(name)}" for top in tops if located(top) == top for name in _distributions(top)}


def _distributions(top: str) -> list[str]:
    """Return the names under which a module is installed, none for Python's own."""
    if top in sys.stdlib_module_names or top == "fsnas":
        return []
    try:
        _version(top)
        return [top]
    except importlib.metadata.PackageNotFoundError:  # of another name than its module
        return sorted(set(importlib.metadata.packages_distributions().get(top, [])))


@functools.cache
def _content(file: Path) -> str:
    """Return a digest of a file: of what runs for Python, else of its bytes, or of its size where it is huge."""
    if file.suffix == ".py":
        return digest(file)
    if file.stat().st_size > HUGE:
        return f"{file.stat().st_size} bytes"
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:12]


def _named(file: Path) -> str:
    """Return the place of a file in the project; of a user's only that in its packages: moving it changes nothing."""
    return str(file.relative_to(_root(file) or _base(file)))


def entries(*paths: Path, packages: Iterable[str] = ()) -> list[str]:
    """Return one line ``path digest`` for every file that ``paths`` reach, and ``name version`` per package.

    Packages that a user's files import have a line as well.

    Parameters
    ----------
    paths
        A workflow script, and files that it loads by name (a metric).
    packages
        Installed packages whose version decides the result (torch).
    """
    places = [Path(os.path.abspath(path)) for path in paths]
    files = frozenset().union(*map(reached, places))
    ours = sorted(f"{_named(file)} {_content(file)}" for file in files if _is_ours(file))
    users = sorted({f"{_named(file)} {_content(file)}" for file in files if not _is_ours(file)})
    if len(users) > MOST:
        rest = hashlib.sha256("\n".join(users[MOST:]).encode()).hexdigest()[:12]
        users[MOST:] = [f"{len(users) - MOST} more files {rest}"]
    named = [f"{name} {_version(name)}" for name in packages]
    return sorted(ours + users) + named + sorted(set().union(*map(_installed, places)) - {*named})


_version = functools.cache(importlib.metadata.version)
