"""What a metric says of itself, read from its syntax tree: all of it is checked without importing the file."""

import ast
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsnas.errors import ConfigError, nearest
from fsnas.lineage.syntax import bound_names, dotted, parsed, refuse
from fsnas.registry import Option, options_in

PACKAGE = ("fsnas", "metrics")
DIRECTIONS = ["higher", "lower", "none"]
KINDS = {"score": ["model", "batch"], "affinity": ["models", "edge", "batch"]}  # and what the function is called with
REQUIRED = ["direction", "paper", "equation"]
OPTIONAL = {"kind": "score", "needs": ""}
BOUNDS, COUNTS = ("ge", "gt", "le", "lt"), ("edges", "operations", "architectures")  # COUNTS: of the search space
NEEDS = ["thin_network"]  # what not every search space has
_OTHERS = {ast.AsyncFunctionDef: "an async def", ast.ClassDef: "a class", ast.Import: "an import"}


@dataclass(frozen=True)
class MetricSpec:
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
    declared
        Keyword arguments of the function that a config may set.
    needs
        What it needs of the search space: ``thin_network``, or nothing.
    """

    name: str
    direction: str
    kind: str
    paper: str
    equation: str
    declared: dict[str, Option]
    needs: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """Return the defaults of its options."""
        return {name: option.default for name, option in self.declared.items()}


def read_spec(name: str, path: Path) -> MetricSpec:
    """Return what the metric ``name`` in the file ``path`` declares.

    Raises
    ------
    ConfigError
        If the file has no function of that name under ``@metric(...)``, or declares what cannot be; the message names
        file and line.
    """
    tree = parsed(path)
    function = _function(name, path, tree)
    said = _said(path, _call(path, tree, function))
    _check_arguments(path, function, said["kind"])
    declared = options_in(function)
    for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        _check_default(path, argument, default)
        _check_bounds(path, argument, declared[argument.arg])
    return MetricSpec(name, declared=declared, **said)


def _function(name: str, path: Path, tree: ast.Module) -> ast.FunctionDef:
    """Return the one function ``name`` of a file."""
    bound = [node for node in tree.body if name in _binds(node)]
    if not bound:
        inner = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name]
        if inner:
            raise refuse(path, inner[0], f"{name}() stands inside another statement; put it at the top of the file")
        others = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.decorator_list]
        found = f"{others[0].name}() in line {others[0].lineno}; give file and function one name" if others else "none"
        raise ConfigError(
            f"{path}: expected a function {name}() under @metric(...), found {found}; see CONTRIBUTING.md"
        )
    if len(bound) > 1:
        raise refuse(
            path, bound[1], f"{name} was defined in line {bound[0].lineno} already, expected one; rename or remove one"
        )
    if not isinstance(bound[0], ast.FunctionDef):
        found = _OTHERS.get(type(bound[0]), "no function")
        raise refuse(path, bound[0], f"{name} is {found}, expected `def {name}(...)` under @metric(...)")
    return bound[0]


def _binds(node: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a file binds."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)]
    return []


def _call(path: Path, tree: ast.Module, function: ast.FunctionDef) -> ast.Call:
    """Return the call of ``@metric(...)`` above a function."""
    names = bound_names(tree, PACKAGE)
    for node in function.decorator_list:
        found = dotted(node.func if isinstance(node, ast.Call) else node, names)
        if found == "fsnas.metrics.metric":
            if isinstance(node, ast.Call):
                return node
            raise refuse(
                path, node, "@metric has no arguments, expected @metric(direction=..., paper=..., equation=...)"
            )
        if found.rpartition(".")[2] == "metric":
            raise refuse(path, node, f"@{found} is not the one of fsnas; write `from fsnas.metrics import metric`")
    raise ConfigError(
        f"{path}: expected a function {function.name}() under @metric(...), found no such decorator above line "
        f"{function.lineno}; see CONTRIBUTING.md"
    )


def _said(path: Path, call: ast.Call) -> dict[str, str]:
    """Return the arguments of ``@metric(...)``, all of them checked."""
    allowed = [*REQUIRED, *OPTIONAL]
    if call.args or any(keyword.arg is None for keyword in call.keywords):
        raise refuse(
            path, call, "@metric(...) takes keyword arguments only; name them: direction=..., paper=..., equation=..."
        )
    for keyword in call.keywords:
        if keyword.arg not in allowed:
            near = nearest(str(keyword.arg), allowed)
            raise refuse(path, keyword, f"@metric(...) has no {keyword.arg!r}{near}, expected {', '.join(allowed)}")
    said = {str(keyword.arg): (keyword.value, _literal(path, keyword.value)) for keyword in call.keywords}
    for name in REQUIRED:
        if name not in said:
            raise refuse(path, call, f"@metric(...) lacks {name}; add {name}='...'")
    choices = {"direction": DIRECTIONS, "kind": list(KINDS), "needs": NEEDS}
    for name, (node, value) in said.items():
        if not isinstance(value, str) or not value.strip():
            raise refuse(path, node, f"{name} is {value!r}, expected a text that is not empty")
        if name in choices and value not in choices[name]:
            near = nearest(value, choices[name])
            raise refuse(path, node, f"{name} is {value!r}{near}, expected one of {', '.join(choices[name])}")
    return {**OPTIONAL, **{name: value for name, (_, value) in said.items()}}


def _check_arguments(path: Path, function: ast.FunctionDef, kind: str) -> None:
    """Check that a function can be called as its kind is, and that its options have names."""
    arguments, expected = function.args, KINDS[kind]
    form = f"def {function.name}({', '.join(expected)}, *, option=default)"
    named = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    if arguments.vararg or arguments.kwarg:
        raise refuse(path, function, f"{function.name}() takes any arguments, expected {form}; name its options")
    with_default = named[len(named) - len(arguments.defaults) :]
    if len(named) > len(expected) and named[len(expected)] in with_default:
        option = named[len(expected)]
        raise refuse(path, function, f"the option {option!r} is not keyword-only, expected {form}; put `*` before it")
    if len(named) != len(expected) or set(named) == set(expected) and named != expected:
        found = f"def {function.name}({', '.join(named)})"
        raise refuse(path, function, f"found {found}, expected {form} for a metric of the kind {kind!r}")


def _check_default(path: Path, argument: ast.arg, default: ast.expr | None) -> None:
    """Check that an option has a default, of a type that a config can have."""
    expected = "expected a number, a text, True or False, by whose type a config is checked"
    if default is None:
        raise refuse(path, argument, f"the option {argument.arg!r} has no default; {expected}")
    value = _literal(path, default)
    if not isinstance(value, (bool, int, float, str)) or isinstance(value, float) and not math.isfinite(value):
        raise refuse(path, default, f"the default of the option {argument.arg!r} is {value!r}; {expected}")


def _check_bounds(path: Path, argument: ast.arg, option: Option) -> None:
    """Check that bounds can be compared with."""
    for given in (said for said in getattr(option.type, "__metadata__", ()) if isinstance(said, dict)):
        for name, bound in given.items():
            if name not in BOUNDS or not (isinstance(bound, int | float) or name == "le" and bound in COUNTS):
                expected = f"expected {', '.join(BOUNDS)} with a number, or le with {', '.join(COUNTS)}"
                raise refuse(
                    path, argument, f"the option {argument.arg!r} has the bound {name!r}: {bound!r}; {expected}"
                )


def _literal(path: Path, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        text = ast.unparse(node)
        raise refuse(path, node, f"found {text}, expected a literal: it is read without running the file") from None
