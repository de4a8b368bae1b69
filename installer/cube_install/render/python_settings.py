"""Setting Python assignments by syntax tree, while every other byte of the file stays."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import UsageError
from cube_airgap.near_names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def with_settings(source: bytes, values: Mapping[str, Any], origin: str) -> bytes:
    """`source`, UTF-8 text, with each name's assigned value in place of the one there.

    Assignments of the module itself count, those in its branches too, and not those in functions
    and classes. Raises UsageError with `origin` and line where a name is not assigned, or in a way
    that leaves its value open.
    """
    module = _parsed(source, origin)
    found = _assignments(module)
    edits: list[tuple[int, int, bytes]] = []
    lines = _line_starts(source)
    for name, value in values.items():
        if name not in found:
            raise UsageError(f"{origin} assigns no {name}", remedy=did_you_mean(name, found))
        for statement in found[name]:
            node = _value_of(statement, name, origin)
            begin = lines[node.lineno - 1] + node.col_offset
            end = lines[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
            edits.append((begin, end, _literal(value, name, origin).encode()))
    for begin, end, text in sorted(edits, reverse=True):
        source = source[:begin] + text + source[end:]
    return source


def _parsed(source: bytes, origin: str) -> ast.Module:
    try:
        return ast.parse(source.decode())
    except UnicodeDecodeError:
        what, line = "it is not UTF-8", 1
    except (SyntaxError, ValueError, RecursionError) as error:
        what, line = str(getattr(error, "msg", error)), getattr(error, "lineno", None) or 1
    raise UsageError(
        f"{origin}:{line}: it is not Python: {what}", remedy="correct the file, and build again"
    )


def _assignments(module: ast.Module) -> dict[str, list[ast.stmt]]:
    """The statements that give each name of the module a value, in their order."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in _statements(module):
        for target in _targets(statement):
            for node in ast.walk(target):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found.setdefault(node.id, []).append(statement)
    return found


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            continue
        if isinstance(child, ast.stmt):
            yield child
        yield from _statements(child)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    if isinstance(statement, ast.AugAssign) or (
        isinstance(statement, ast.AnnAssign) and statement.value is not None
    ):
        return [statement.target]
    return []


def _value_of(statement: ast.stmt, name: str, origin: str) -> ast.expr:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        is_plain = isinstance(statement.targets[0], ast.Name)
    else:
        is_plain = isinstance(statement, ast.AnnAssign)
    if not is_plain:
        raise UsageError(
            f"{origin}:{statement.lineno}: {name} is not assigned by itself",
            remedy=f"write `{name} = ...` there, or do not set it in the stack",
        )
    assert isinstance(statement, ast.Assign | ast.AnnAssign)  # noqa: S101 - is_plain says so
    assert statement.value is not None  # noqa: S101 - _targets leaves bare annotations out
    return statement.value


def _literal(value: Any, name: str, origin: str) -> str:  # noqa: ANN401 - whatever YAML holds
    text = repr(value)
    try:
        ast.literal_eval(text)
    except ValueError:
        raise UsageError(
            f"{name} of {origin} is set to {text[:100]}, which no Python literal is",
            remedy="use texts, numbers, booleans, lists and mappings; put dates in quotes",
        ) from None
    return text


def _line_starts(source: bytes) -> list[int]:
    """Where the lines of Python begin: after each line feed, and each lone carriage return."""
    starts = [0]
    for position, byte in enumerate(source):
        is_pair = source[position : position + 2] == b"\r\n"
        if byte == 0x0A or (byte == 0x0D and not is_pair):
            starts.append(position + 1)
    return starts
