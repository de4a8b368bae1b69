"""Python's two ways to fill values into a pattern, `%` and `format`, over texts known in part."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from cube_scan.python.text import Hole, Text, chained

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?([sdrif%])")
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(?:![rsa])?(?::[^{}]*)?\}")


def percent(pattern: str, right: ast.expr, texts: Callable[[ast.expr], list[Text]]) -> list[Text]:
    """All that `pattern % right` can be."""
    values = list(right.elts) if isinstance(right, ast.Tuple) else [right]
    named = _by_name(right)
    pieces: list[list[Text]] = []
    last = used = 0
    for match in _PERCENT.finditer(pattern):
        pieces.append([(pattern[last : match.start()],)])
        last = match.end()
        if match[2] == "%":
            pieces.append([("%",)])
            continue
        if match[1]:
            value = named.get(match[1])
        else:
            value = values[used] if used < len(values) else None
            used += 1
        pieces.append(texts(value) if value is not None else [(Hole(match[1] or "..."),)])
    return chained([*pieces, [(pattern[last:],)]])


def braces(pattern: str, call: ast.Call, texts: Callable[[ast.expr], list[Text]]) -> list[Text]:
    """All that `pattern.format(...)` can be."""
    named = {word.arg: word.value for word in call.keywords if word.arg}
    pieces: list[list[Text]] = []
    last = used = 0
    for match in _FIELD.finditer(pattern):
        pieces.append([(pattern[last : match.start()],)])
        last = match.end()
        if match[1] is None:
            pieces.append([(match[0][0],)])
            continue
        if match[1] == "":
            value = _numbered(call, used)
            used += 1
        else:
            value = _numbered(call, int(match[1])) if match[1].isdigit() else named.get(match[1])
        pieces.append(texts(value) if value is not None else [(Hole(match[1] or "..."),)])
    return chained([*pieces, [(pattern[last:],)]])


def constant_keys(node: ast.Dict) -> dict[object, ast.expr]:
    """The values of a dict display whose keys are constants, by key."""
    pairs = zip(node.keys, node.values, strict=True)
    return {key.value: value for key, value in pairs if isinstance(key, ast.Constant)}


def _by_name(node: ast.expr) -> Mapping[object, ast.expr]:
    """The values of `{...}`, or of `dict(...)`, by name."""
    if isinstance(node, ast.Dict):
        return constant_keys(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        return {word.arg: word.value for word in node.keywords}
    return {}


def _numbered(call: ast.Call, number: int) -> ast.expr | None:
    return call.args[number] if number < len(call.args) else None
