"""The scopes of a module: which name is given which value, where, and whether always."""

from __future__ import annotations

import ast
from collections import deque

from cube_scan.python.text import Assignment, Scope

_NEW_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.AsyncWith, ast.Match)


def scopes_of(module: ast.Module) -> dict[ast.AST, Scope]:
    """A scope for the module and for each class and function in it."""
    scopes: dict[ast.AST, Scope] = {module: Scope()}
    _fill(module, scopes, always=True)
    return scopes


def constants_of(module: ast.Module) -> list[tuple[str, ast.expr]]:
    """The capitalised names that the module, or a class of settings in it, gives a value."""
    found = []
    for node in [
        *module.body,
        *(n for c in module.body if isinstance(c, ast.ClassDef) for n in c.body),
    ]:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            name, value = node.target.id, node.value
        else:
            continue
        if name.isupper():
            found.append((name, value))
    return found


def _fill(owner: ast.AST, scopes: dict[ast.AST, Scope], *, always: bool) -> None:
    pending = deque((child, always, scopes[owner]) for child in ast.iter_child_nodes(owner))
    while pending:
        node, certain, scope = pending.popleft()
        if isinstance(node, _NEW_SCOPE):
            below = scopes[node] = Scope(scope)
            pending.extend((child, True, below) for child in ast.iter_child_nodes(node))
            continue
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            _assign(node, scope, always=certain)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            _loop(node, scope)
        certain = certain and not isinstance(node, _BRANCHES)
        pending.extend((child, certain, scope) for child in ast.iter_child_nodes(node))


def _loop(node: ast.For | ast.AsyncFor | ast.comprehension, scope: Scope) -> None:
    """A loop's variable is each item of what it goes through, where that is written out."""
    if isinstance(node.iter, ast.List | ast.Tuple | ast.Set):
        # A comprehension uses its variable before it says what it goes through, often in one line.
        line = 0 if isinstance(node, ast.comprehension) else node.lineno
        for item in node.iter.elts:
            _give(node.target, item, scope, Assignment(line, item, always=False))


def _assign(
    node: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: Scope, *, always: bool
) -> None:
    if isinstance(node, ast.AugAssign):
        name = node.target
        if isinstance(name, ast.Name) and isinstance(node.op, ast.Add):
            read = ast.copy_location(ast.Name(name.id, ast.Load()), name)
            value = ast.copy_location(ast.BinOp(read, node.op, node.value), node)
            scope.assign(name.id, Assignment(node.lineno, value, always))
        return
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        _give(target, node.value, scope, Assignment(node.lineno, ast.Constant(None), always))


def _give(target: ast.expr, value: ast.expr | None, scope: Scope, like: Assignment) -> None:
    if value is None:
        return
    if isinstance(target, ast.Name):
        scope.assign(target.id, Assignment(like.line, value, like.always))
    elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        if target.value.id in {"self", "cls"} and scope.outer is not None:
            scope.outer.assign(target.attr, Assignment(0, value, always=False))
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for name, item in zip(target.elts, value.elts, strict=False):
            _give(name, item, scope, like)
