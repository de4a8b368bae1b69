"""What a Python expression's text can be."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from cube_scan.python.patterns import braces, constant_keys, percent
from cube_scan.python.text import MOST_VALUES, Hole, Scope, Text, chained, is_whole, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DEEPEST = 40
_MOST_SHOWN = 60
_LOOKUPS = {"get", "getenv", "setdefault", "pop"}
_METHODS: dict[str, Callable[..., str]] = {
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
    "lower": str.lower,
    "replace": str.replace,
    "removesuffix": str.removesuffix,
    "removeprefix": str.removeprefix,
}


class Evaluator:
    """Evaluates texts; `settings` are constants of settings modules, by name."""

    def __init__(self, settings: Mapping[str, tuple[str, ...]]) -> None:
        self._settings = settings
        self._scope = Scope()
        self._depth = 0
        self._known: dict[tuple[ast.expr, Scope], list[Text]] = {}
        self._rules: dict[type[ast.expr], Callable[[Any], list[Text]]] = {
            ast.Constant: self._constant,
            ast.JoinedStr: self._joined,
            ast.FormattedValue: self._formatted,
            ast.BinOp: self._operation,
            ast.Call: self._call,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.IfExp: self._condition,
            ast.BoolOp: self._alternatives,
        }

    def texts(self, node: ast.expr, scope: Scope) -> list[Text]:
        """All that `node` can be in `scope`, at most 64 values, at least one."""
        outer, self._scope = self._scope, scope
        try:
            return self._texts(node)
        finally:
            self._scope = outer

    def _texts(self, node: ast.expr) -> list[Text]:
        rule = self._rules.get(type(node))
        if rule is None or self._depth >= _DEEPEST:
            return [(_hole(node),)]
        # A name that is built from itself again and again would be evaluated exponentially often.
        known = self._known.get((node, self._scope))
        if known is not None:
            return known
        self._depth += 1
        try:
            found = list(dict.fromkeys(rule(node)))
        finally:
            self._depth -= 1
        result = found[:MOST_VALUES] or [(_hole(node),)]
        self._known[node, self._scope] = result
        return result

    def _constant(self, node: ast.Constant) -> list[Text]:
        value = node.value
        if isinstance(value, bytes):
            return [(value.decode(errors="replace"),)]
        is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
        return [(str(value),)] if is_text else []

    def _joined(self, node: ast.JoinedStr) -> list[Text]:
        return chained([self._texts(value) for value in node.values])

    def _formatted(self, node: ast.FormattedValue) -> list[Text]:
        return [] if node.format_spec else self._texts(node.value)

    def _operation(self, node: ast.BinOp) -> list[Text]:
        if isinstance(node.op, ast.Add):
            if _is_number(node.left) or _is_number(node.right):
                return []  # A sum: its digits side by side would be another tag.
            return chained([self._texts(node.left), self._texts(node.right)])
        if not isinstance(node.op, ast.Mod):
            return []
        patterns = [shown(text) for text in self._texts(node.left) if is_whole(text)]
        return [text for one in patterns for text in percent(one, node.right, self._texts)]

    def _call(self, node: ast.Call) -> list[Text]:
        name = called(node)
        if name in _LOOKUPS and node.args:
            return self._lookup(node)
        if name == "str" and len(node.args) == 1:
            return self._texts(node.args[0])
        if not isinstance(node.func, ast.Attribute):
            return []
        owner = node.func.value
        if name == "format":
            patterns = [shown(text) for text in self._texts(owner) if is_whole(text)]
            return [text for one in patterns for text in braces(one, node, self._texts)]
        if name == "join":
            return self._join(node, owner)
        return self._method(node, owner)

    def _lookup(self, node: ast.Call) -> list[Text]:
        """`os.getenv(NAME, default)`, `settings.get(NAME, default)`, or a dict that is known."""
        key = node.args[0]
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            return []
        found: list[Text] = [(value,) for value in self._settings.get(key.value, ())]
        if isinstance(node.func, ast.Attribute):
            found = found or self._item(node.func.value, key.value)
        fall_backs = [*node.args[1:2], *(word.value for word in node.keywords)]
        if not found and fall_backs:
            found = self._texts(fall_backs[0])
        is_variable = "env" in ast.unparse(node.func).lower()
        return found or [(Hole(key.value, is_variable),)]

    def _join(self, node: ast.Call, glue: ast.expr) -> list[Text]:
        """`"/".join([...])` and `os.path.join(...)`."""
        if ast.unparse(glue) in {"os.path", "path", "posixpath"}:
            items = [self._texts(item) for item in node.args]
            pieces = [[_with_slash(text) for text in texts] for texts in items[:-1]]
            return chained([*pieces, *items[-1:]])
        if len(node.args) != 1 or not isinstance(node.args[0], ast.List | ast.Tuple):
            return []
        between = self._texts(glue)
        joined: list[list[Text]] = []
        for item in node.args[0].elts:
            joined.extend([between, self._texts(item)])
        return chained(joined[1:])

    def _method(self, node: ast.Call, owner: ast.expr) -> list[Text]:
        """`strip`, `replace` and the like of a known text, with known arguments."""
        method = _METHODS.get(called(node))
        texts = self._texts(owner) if method else []
        values = [item.value for item in node.args if isinstance(item, ast.Constant)]
        if len(values) != len(node.args) or not all(is_whole(text) for text in texts):
            return []
        try:
            return [(method(shown(text), *values),) for text in texts] if method else []
        except TypeError:
            return []

    def _name(self, node: ast.Name) -> list[Text]:
        return self._named(node.id, node.lineno)

    def _attribute(self, node: ast.Attribute) -> list[Text]:
        if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
            return self._named(node.attr, node.lineno)
        return [(value,) for value in self._settings.get(node.attr, ())]

    def _named(self, name: str, line: int) -> list[Text]:
        found: list[Text] = []
        for value, scope in self._scope.values(name, line):
            found.extend(self.texts(value, scope))
        return found or [(value,) for value in self._settings.get(name, ())]

    def _subscript(self, node: ast.Subscript) -> list[Text]:
        if not isinstance(node.slice, ast.Constant):
            return []
        key = node.slice.value
        found = self._item(node.value, key)
        if found:
            return found
        if "environ" in ast.unparse(node.value):
            return [(Hole(str(key), is_variable=True),)]
        return [(value,) for value in self._settings.get(str(key), ())]

    def _item(self, node: ast.expr, key: object) -> list[Text]:
        """The item of a dict or list that a name, or an item of another, stands for."""
        found: list[Text] = []
        for value, scope in self._displays(node):
            item = _member(value, key)
            if item is not None:
                found.extend(self.texts(item, scope))
        return found

    def _displays(self, node: ast.expr) -> list[tuple[ast.expr, Scope]]:
        if isinstance(node, ast.Name):
            return self._scope.values(node.id, node.lineno)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            below = [
                (_member(value, node.slice.value), at) for value, at in self._displays(node.value)
            ]
            return [(value, at) for value, at in below if value is not None]
        return [(node, self._scope)]

    def _condition(self, node: ast.IfExp) -> list[Text]:
        return [*self._texts(node.body), *self._texts(node.orelse)]

    def _alternatives(self, node: ast.BoolOp) -> list[Text]:
        return [text for value in node.values for text in self._texts(value)]


def called(node: ast.Call) -> str:
    """The last word of what is called."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def _member(node: ast.expr, key: object) -> ast.expr | None:
    if isinstance(node, ast.Dict):
        return constant_keys(node).get(key)
    if isinstance(node, ast.List | ast.Tuple) and isinstance(key, int) and key < len(node.elts):
        return node.elts[key]
    return None


def _with_slash(text: Text) -> Text:
    return text if shown(text).endswith("/") else (*text, "/")


def _hole(node: ast.expr) -> Hole:
    if isinstance(node, ast.Name | ast.Attribute):
        return Hole(ast.unparse(node))
    text = "..." if sum(1 for _ in ast.walk(node)) > _MOST_SHOWN else ast.unparse(node)
    return Hole(" ".join(text.split())[:60])
