"""Finding images in a Python file: settings, containers, arguments, environment fall-backs."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from cube_scan.findings import Claim
from cube_scan.python.context import (
    Context,
    filled_by,
    has_string,
    image_named_by,
    target_name,
)
from cube_scan.python.evaluator import Evaluator, called
from cube_scan.python.scopes import scopes_of
from cube_scan.python.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_scan.findings import Sighting
    from cube_scan.python.text import Scope
    from cube_scan.structured import InnerText
    from cube_scan.vocabulary import Vocabulary

_TEXT_METHODS = {"format", "join", "get", "getenv", "setdefault", "strip", "rstrip", "replace"}
_DOCUMENTING = {"help", "description", "doc"}

_Assignment: TypeAlias = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class PythonFinder:
    """Finds in one module; `inner` looks into texts with more than one word."""

    def __init__(
        self, vocabulary: Vocabulary, inner: InnerText, settings: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._words = vocabulary
        self._inner = inner
        self._settings = settings
        self._telling = Telling(vocabulary, inner)
        self._evaluator = Evaluator(settings)
        self._scopes: dict[ast.AST, Scope] = {}

    def find(self, module: ast.Module) -> Iterator[Sighting]:
        """All that the module's expressions may ask for."""
        self._scopes = scopes_of(module)
        yield from self._visit(module, Context(self._scopes[module]))

    def nested(self, module: ast.Module) -> Iterator[Sighting]:
        """The same of a module that stands in a text of another."""
        return PythonFinder(self._words, self._inner, self._settings).find(module)

    def _visit(self, node: ast.AST, context: Context) -> Iterator[Sighting]:
        if node in self._scopes:
            context = Context(self._scopes[node])
        if isinstance(node, _Function):
            yield from self._defaults(node.args, context)
        if isinstance(node, _Assignment):
            yield from self._assignment(node, context)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        elif isinstance(node, ast.expr) and not isinstance(node, ast.Lambda):
            yield from self._expression(node, context)
        else:
            for child in ast.iter_child_nodes(node):
                if not isinstance(child, ast.arguments):
                    yield from self._visit(child, context.bare())

    def _assignment(self, node: _Assignment, context: Context) -> Iterator[Sighting]:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if node.value is None:
            return
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=False))
        for name, value in pairs:
            yield from self._expression(value, context.under(target_name(name), self._words))

    def _defaults(self, arguments: ast.arguments, context: Context) -> Iterator[Sighting]:
        placed = [*arguments.posonlyargs, *arguments.args]
        pairs = [*zip(placed[::-1], arguments.defaults[::-1], strict=False)]
        by_name = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        pairs.extend((argument, default) for argument, default in by_name if default is not None)
        for argument, default in pairs:
            yield from self._expression(default, context.bare().under(argument.arg, self._words))

    def _expression(self, node: ast.expr, context: Context) -> Iterator[Sighting]:
        if isinstance(node, ast.Dict):
            yield from self._dict(node, context)
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            yield from self._items(node.elts, context)
        elif isinstance(node, ast.IfExp | ast.BoolOp):
            yield from self._branches(node, context)
        elif self._is_text(node, context):
            yield from self._text(node, context)
        elif isinstance(node, ast.Call):
            yield from self._call(node, context)
        else:
            yield from self._other(node, context)

    def _other(self, node: ast.expr, context: Context) -> Iterator[Sighting]:
        """Comprehensions, assignments in expressions, and whatever has expressions inside."""
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            yield from self._expression(node.elt, context.item(0))
            for generator in node.generators:
                yield from self._expression(generator.iter, context.bare())
        elif isinstance(node, ast.NamedExpr | ast.Lambda):
            yield from self._visit(node, context)
        else:
            for child in ast.iter_child_nodes(node):
                yield from self._visit(child, context.bare())

    def _branches(self, node: ast.IfExp | ast.BoolOp, context: Context) -> Iterator[Sighting]:
        """The branches of a choice; a variable that is looked up first names them all."""
        branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        if any(image_named_by(branch, self._words) for branch in branches):
            context = replace(context, claim=Claim.IMAGE)
            branches = [one for one in branches if _says_more(one)] or branches
        for branch in branches:
            yield from self._expression(branch, context)

    def _dict(self, node: ast.Dict, context: Context) -> Iterator[Sighting]:
        for key, value in zip(node.keys, node.values, strict=True):
            name = key.value if isinstance(key, ast.Constant) else None
            has_tag = isinstance(name, str) and ":" in name.rpartition("/")[2]
            if key is not None and has_tag:
                yield from self._expression(key, context.item(0))
            yield from self._expression(value, context.under(str(name or "*"), self._words))

    def _items(self, items: list[ast.expr], context: Context) -> Iterator[Sighting]:
        """Items of a list; beside a reference, a second text is its label."""
        previous = ""
        for number, item in enumerate(items):
            value = item.value if isinstance(item, ast.Constant) else ""
            text = value if isinstance(value, str) else ""
            is_label = number == 1 == len(items) - 1 and any(mark in previous for mark in ":/")
            below = context.item(number)
            if previous.startswith("-") and self._words.is_image_flag(previous):
                below = replace(below, claim=Claim.IMAGE, name=previous)
            if not (is_label and text and not any(mark in text for mark in ":/")):
                yield from self._expression(item, below)
            previous = text

    def _call(self, node: ast.Call, context: Context) -> Iterator[Sighting]:
        """Arguments by their names; a first argument that names an option or key names the rest."""
        yield from self._visit(node.func, context.bare())
        named = image_named_by(node, self._words)
        below = filled_by(node, context, self._words)
        for argument in node.args[1:] if named else node.args:
            place = context.bare().under(named, self._words) if named else below
            yield from self._expression(argument, place)
        for keyword in node.keywords:
            place = below.under(keyword.arg or "*", self._words)
            if named and keyword.arg in {"default", "value", "const"}:
                place = replace(place, claim=Claim.IMAGE, name=named)
            elif context.is_for_images and keyword.arg == "default":
                place = replace(place, claim=Claim.CONTAINED, name=context.name)
            if keyword.arg not in _DOCUMENTING:
                yield from self._expression(keyword.value, place)

    def _is_text(self, node: ast.expr, context: Context) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str | bytes)
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.Add | ast.Mod) and has_string(node)
        if isinstance(node, ast.Call):
            return called(node) in _TEXT_METHODS and (context.is_for_images or has_string(node))
        is_name = isinstance(node, ast.Name | ast.Subscript | ast.Attribute)
        return isinstance(node, ast.JoinedStr) or (is_name and context.claim is Claim.IMAGE)

    def _text(self, node: ast.expr, context: Context) -> Iterator[Sighting]:
        if image_named_by(node, self._words):
            context = replace(context, claim=Claim.IMAGE)
        for text in self._evaluator.texts(node, context.scope):
            yield from self._telling.of(text, node, context)
        if isinstance(node, ast.Call):
            for argument in node.args[1:]:
                if isinstance(argument, ast.Dict | ast.List | ast.Tuple):
                    yield from self._expression(argument, context)


def _says_more(node: ast.expr) -> bool:
    """Whether a branch says more than which variable to look up."""
    return not (isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords)
