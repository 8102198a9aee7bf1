"""What of a Python file decides a result: its syntax tree without comments, docstrings, annotations and messages."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

_LOGS = {"log", "logger", "logging", "warnings"}
_LEVELS = {"debug", "info", "warn", "warning", "error", "exception", "critical", "log"}  # log.info(...)
_SAYING = {"print", "progress"}
_ERROR = re.compile(r"(Error|Exception|Warning|Stopped|Exit)$")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def decisive(text: str, path: str) -> str:
    """Return what decides a result in the ``text`` of a Python file, in a spelling that all versions of Python share.

    Docstrings and other texts that stand by themselves are taken out, and so are calls that log or print, the message
    of an ``assert``, and annotations, but for those of a class, which make its fields. Texts in what is raised are
    emptied, in the constructor of any exception, and in local variables that end up in messages only.

    Raises
    ------
    SyntaxError
        If the text is no Python; ``path`` is named as its file.
    """
    tree = ast.parse(text, filename=path)
    for function in [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]:
        for node in _in_messages_only(function):
            _empty_texts(node)
    return repr(_spelt(_Decisive().visit(tree)))


def _spelt(node: Any) -> Any:
    """Return a syntax tree as tuples; unlike `ast.dump` without empty fields, of which new versions bring more."""
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if value is not None and value != [])
        return (type(node).__name__, *((name, _spelt(value)) for name, value in fields))
    return tuple(map(_spelt, node)) if isinstance(node, list) else node


class _Decisive(ast.NodeTransformer):
    """Takes out, node by node, what `decisive` says."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:  # noqa: N802 - as ast names its nodes
        """Keep the types of fields, but not what `Annotated` says of them: bounds and meaning, for the config."""
        node.body = [part for part in node.body if not _is_said(part)]
        for part in node.body:
            if not isinstance(part, ast.AnnAssign):
                self.visit(part)
            else:
                part.annotation = _without_words(part.annotation)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # noqa: N802
        """Forget the annotations of a function."""
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return self.generic_visit(node)

    visit_AsyncFunctionDef: Any = visit_FunctionDef  # noqa: N815

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:  # noqa: N802
        """Make an annotated assignment a plain one."""
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign(targets=[node.target], value=node.value))

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:  # noqa: N802
        """Leave out what is only said."""
        return None if _is_said(node) else self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:  # noqa: N802
        """Forget the message."""
        node.msg = None
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:  # noqa: N802
        """Empty the texts of what is raised."""
        if node.exc is not None:
            _empty_texts(node.exc)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:  # noqa: N802
        """Empty the texts of an exception."""
        if _ERROR.search(_name(node.func)):
            _empty_texts(node)
        return self.generic_visit(node)


def _without_words(annotation: ast.expr) -> ast.expr:
    """Return the type in an ``Annotated``, and every other annotation as it is."""
    if not isinstance(annotation, ast.Subscript) or not isinstance(annotation.slice, ast.Tuple):
        return annotation
    return annotation.slice.elts[0] if _name(annotation.value) == "Annotated" else annotation


def _is_said(node: ast.AST) -> bool:
    """Return whether a statement is a text by itself, or a call that logs or prints."""
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str)
    if not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    logs = isinstance(function, ast.Attribute) and _name(function.value) in _LOGS and function.attr in _LEVELS
    return logs or _name(function) in _SAYING


def _name(node: ast.AST) -> str:
    """Return the last name of ``a.b.c``."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _empty_texts(node: ast.AST) -> None:
    """Make every text within ``node`` the empty one, whatever it is put together from."""
    for parent in ast.walk(node):
        for field, value in ast.iter_fields(parent):
            if isinstance(value, list):
                setattr(parent, field, [_emptied(part) for part in value])
            elif isinstance(value, ast.AST):
                setattr(parent, field, _emptied(value))


def _emptied(value: ast.AST) -> ast.AST:
    text = isinstance(value, ast.Constant) and isinstance(value.value, str) or isinstance(value, ast.JoinedStr)
    return ast.Constant("") if text else value


def _messages(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield what is raised, logged, printed, or made an exception of by one of these nodes."""
    for node in nodes:
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield node.exc
        elif isinstance(node, ast.Assert) and node.msg is not None:
            yield node.msg
        elif _is_said(node) or isinstance(node, ast.Call) and _ERROR.search(_name(node.func)):
            yield node


def _in_messages_only(function: ast.AST) -> list[ast.Assign | ast.AnnAssign]:
    """Return the assignments to local variables that are read in messages only, or in other such assignments."""
    nodes = list(ast.walk(function))
    messages = list(_messages(nodes))
    if not messages:
        return []
    reads = {id(node): node.id for node in nodes if _is_read(node)}
    own = {*reads.values()}.difference(*(node.names for node in nodes if isinstance(node, (ast.Global, ast.Nonlocal))))
    assigned = [
        (target.id, node)
        for node in nodes
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id in own
    ]
    found: dict[int, ast.Assign | ast.AnnAssign] = {}
    while True:
        said = {id(node) for node in _reads([*messages, *(node.value for node in found.values())])}
        elsewhere = {name for node, name in reads.items() if node not in said}
        more = {id(node): node for name, node in assigned if name not in elsewhere and id(node) not in found}
        if not more:
            return list(found.values())
        found |= more


def _reads(nodes: Iterable[ast.AST | None]) -> Iterator[ast.Name]:
    """Yield every name that is read within ``nodes``."""
    return (part for node in nodes if node is not None for part in ast.walk(node) if _is_read(part))


def _is_read(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
