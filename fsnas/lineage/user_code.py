"""What the code of a user does that decides a result: read from syntax trees, before anything of it runs.

Whatever cannot be followed is refused, with the file, the line and what to write instead: a result whose code is not
known could not be told from another one.
"""

import ast
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from fsnas.lineage.syntax import base_of, bound_names, dotted, parsed, refuse

_LOADERS = {"importlib.import_module", "importlib.__import__", "__import__", "builtins.__import__"}
_HIDDEN = ("runpy", "imp", "pkgutil", "zipimport", "importlib.machinery", "torch.hub")
_HIDDEN_NAMES = {
    *("exec", "eval", "builtins.exec", "builtins.eval"),
    *("importlib.util.spec_from_file_location", "importlib.util.spec_from_loader", "importlib.util.module_from_spec"),
}
_PATHS = {"sys.path", "sys.meta_path", "sys.path_hooks", "site.addsitedir"}
_UNSEEDED = {
    *(f"numpy.random.{name}" for name in ("default_rng", "RandomState", "SeedSequence", "MT19937", "PCG64", "Philox")),
    "random.Random",
}
_UNKNOWABLE = {"os.urandom", "uuid.uuid4", "random.SystemRandom", "torch.seed", "torch.random.seed"}
_LONGEST = 255  # of a text that may name a file


class Import(NamedTuple):
    """A module that is imported, in a line; ``needed`` unless the code goes on without it."""

    module: str
    line: int
    needed: bool


def imports(path: Path, package: tuple[str, ...]) -> Iterator[Import]:
    """Yield every module that a file in ``package`` imports by a statement, anywhere in it."""
    tree = parsed(path)
    nodes = list(ast.walk(tree))
    optional = set(_optional(nodes))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, node not in optional) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, package)
            yield Import(base, node.lineno, node not in optional)
            yield from (Import(f"{base}.{alias.name}", node.lineno, False) for alias in node.names)


def imports_fsnas(path: Path) -> bool:
    """Return whether a file imports fsnas as a whole, and so may use any of its names."""
    nodes = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Import))
    return any(alias.name == "fsnas" for node in nodes for alias in node.names)


def loads(path: Path, package: tuple[str, ...]) -> Iterator[Import]:
    """Yield every module that a file imports by a call with its name, like ``import_module("mylib")``.

    Raises
    ------
    ConfigError
        If it runs or imports code in a way that cannot be followed.
    """
    tree = parsed(path)
    names, optional = bound_names(tree, package), set(_optional(ast.walk(tree)))
    known = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func, names) in _LOADERS and node.args:
            module = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
            if isinstance(module, str) and module.strip(".") == module:
                known.add(node.func)
                yield Import(module, node.lineno, node not in optional)
    for node in ast.walk(tree):
        name = dotted(node, names)
        if name in _LOADERS and node not in known:
            text = f"{name}() imports a module that this line does not name"
        elif name in _HIDDEN_NAMES or name.startswith(tuple(f"{module}." for module in _HIDDEN)):
            text = f"{name} runs code that cannot be followed"
        elif name in _PATHS:
            text = f"{name} decides what other lines import"
        else:
            continue
        raise refuse(
            path,
            node,
            f"{text}, so an edit there would go unnoticed; import it by its name, from a file beside it with "
            "an underscore in front (from fsnas.metrics._mine import f) or from a folder of PYTHONPATH",
        )


def _optional(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield what stands where a module may be missing: in a ``try`` that catches it, or for type checkers."""
    for node in nodes:
        caught = isinstance(node, ast.Try) and any(_catches_imports(handler) for handler in node.handlers)
        caught = caught or isinstance(node, ast.With) and "suppress" in ast.dump(node.items[0])
        if caught or isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from (inner for statement in node.body for inner in ast.walk(statement))  # type: ignore[attr-defined]


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    caught = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return handler.type is None or bool(caught & {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)})


def check_draws(path: Path, package: tuple[str, ...]) -> None:
    """Check that generators that a file makes are seeded.

    Raises
    ------
    ConfigError
        If one is not: its numbers would differ from run to run.
    """
    tree = parsed(path)
    names = bound_names(tree, package)
    for node in ast.walk(tree):
        name = dotted(node.func, names) if isinstance(node, ast.Call) else ""
        bare = isinstance(node, ast.Call) and not node.keywords and all(_is_none(value) for value in node.args)
        if name in _UNKNOWABLE or name.startswith("secrets.") or name in _UNSEEDED and bare:
            raise refuse(
                path,
                node,
                f"{name}() gives other numbers in every run; seed it with the batch's seed, e.g. "
                "numpy.random.default_rng(batch.seed); in a policy with that of the scores",
            )


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def named_files(path: Path) -> Iterator[Path]:
    """Yield the files that a text in the code names: beside the file, in the working directory, or by a whole path."""
    tree = parsed(path)
    statements = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node in statements:
            continue
        if not 0 < len(node.value) <= _LONGEST or not node.value.isprintable():
            continue
        for place in (path.parent / node.value, Path(node.value)):
            if place.is_file():
                yield Path(os.path.abspath(place))
                break
