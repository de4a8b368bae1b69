"""Finding images in a Python file: settings, containers, arguments, environment fall-backs."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_bundle.scan.findings import Claim, Sighting, Way
from cube_bundle.scan.lines import images_in_value
from cube_bundle.scan.python.evaluator import Evaluator, called
from cube_bundle.scan.python.scopes import scopes_of
from cube_bundle.scan.python.text import Hole, Scope, Text, is_whole, shown
from cube_bundle.scan.tree import Scalar
from cube_bundle.scan.urls import urls_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_bundle.scan.structured import InnerText
    from cube_bundle.scan.vocabulary import Vocabulary

_STRINGS = (ast.JoinedStr, ast.BinOp)
_TEXT_METHODS = {"format", "join", "get", "getenv", "setdefault", "strip", "rstrip", "replace"}
# Calls whose first argument names what the others are.
_NAMING = {"set", "config", "setdefault", "get", "getenv", "pop", "put", "option", "setenv", "env"}
_IMAGE_END = re.compile(r"/[\w.-]+:[\w.-]*$|:\$\{[^}]*\}$")


class PythonTextError(ValueError):
    """The text is not Python; `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True)
class _Context:
    """Where an expression stands: its path, the name that it has, the container's claim."""

    path: str = ""
    name: str = ""
    claim: Claim = Claim.MAYBE
    scope: Scope | None = None

    def under(self, key: str) -> _Context:
        return replace(self, path=f"{self.path}.{key}" if self.path else key, name=key)

    def item(self, number: int) -> _Context:
        claim = Claim.CONTAINED if self.claim is Claim.IMAGE else self.claim
        return replace(self, path=f"{self.path}[{number}]", claim=claim)


def parse_python(text: str) -> ast.Module:
    """The syntax tree. Raises PythonTextError."""
    try:
        return ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        raise PythonTextError(error.lineno or 1, f"it is not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise PythonTextError(1, f"it is not Python: {error}") from None


class PythonFinder:
    """Finds in one module; `inner` looks into texts with more than one word."""

    def __init__(
        self, vocabulary: Vocabulary, inner: InnerText, settings: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._words = vocabulary
        self._inner = inner
        self._settings = settings
        self._evaluator = Evaluator(settings)
        self._scopes: dict[ast.AST, Scope] = {}

    def find(self, module: ast.Module) -> Iterator[Sighting]:
        """All that the module's expressions may ask for."""
        self._scopes = scopes_of(module)
        yield from self._visit(module, _Context(scope=self._scopes[module]))

    def nested(self, module: ast.Module) -> Iterator[Sighting]:
        """The same of a module that stands in a text of another."""
        return PythonFinder(self._words, self._inner, self._settings).find(module)

    def _visit(self, node: ast.AST, context: _Context) -> Iterator[Sighting]:
        if node in self._scopes:
            context = _Context(scope=self._scopes[node])
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from self._defaults(node, context)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            yield from self._assignment(node, context)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        elif isinstance(node, ast.expr):
            yield from self._expression(node, context)
        else:
            for child in ast.iter_child_nodes(node):
                if not isinstance(child, ast.arguments):
                    yield from self._visit(child, replace(context, path="", name=""))

    def _assignment(
        self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, context: _Context
    ) -> Iterator[Sighting]:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if node.value is None:
            return
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for name, value in zip(target.elts, node.value.elts, strict=False):
                yield from self._expression(value, self._named(context, _target_name(name)))
            return
        yield from self._expression(node.value, self._named(context, _target_name(target)))

    def _defaults(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, context: _Context
    ) -> Iterator[Sighting]:
        arguments = node.args
        placed = [*arguments.posonlyargs, *arguments.args]
        pairs = [*zip(placed[::-1], arguments.defaults[::-1], strict=False)]
        pairs += [
            (a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d
        ]
        for argument, default in pairs:
            yield from self._expression(default, self._named(context, argument.arg))

    def _named(self, context: _Context, name: str) -> _Context:
        """The context of a value under `name`: only its own name or an outer container's counts."""
        below = context.under(name)
        if self._words.is_image_flag(name):
            return replace(below, claim=Claim.IMAGE)
        claim = Claim.CONTAINED if context.claim is not Claim.MAYBE else Claim.MAYBE
        return replace(below, claim=claim)

    def _expression(self, node: ast.expr, context: _Context) -> Iterator[Sighting]:
        if isinstance(node, ast.Dict):
            yield from self._dict(node, context)
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            yield from self._items(node.elts, context)
        elif isinstance(node, ast.IfExp | ast.BoolOp):
            branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
            for branch in branches:
                yield from self._expression(branch, context)
        elif self._is_text(node, context):
            yield from self._text(node, context)
            yield from self._arguments(node, context)
        elif isinstance(node, ast.Call):
            yield from self._call(node, context)
        else:
            bare = _Context(scope=context.scope)
            for child in ast.iter_child_nodes(node):
                yield from self._visit(child, bare)

    def _dict(self, node: ast.Dict, context: _Context) -> Iterator[Sighting]:
        for key, value in zip(node.keys, node.values, strict=True):
            name = key.value if isinstance(key, ast.Constant) else None
            has_tag = isinstance(name, str) and ":" in name.rpartition("/")[2]
            if key is not None and has_tag:
                yield from self._expression(key, context.item(0))
            yield from self._expression(value, self._named(context, str(name or "*")))

    def _items(self, items: list[ast.expr], context: _Context) -> Iterator[Sighting]:
        """Items of a list; beside a reference, a second text is its label."""
        previous = ""
        for number, item in enumerate(items):
            text = item.value if isinstance(item, ast.Constant) else ""
            is_label = number == 1 == len(items) - 1 and any(mark in previous for mark in ":/")
            below = context.item(number)
            if previous.startswith("-") and self._words.is_image_flag(previous):
                below = replace(below, claim=Claim.IMAGE, name=previous)
            elif is_label and isinstance(text, str) and not any(mark in text for mark in ":/"):
                continue
            yield from self._expression(item, below)
            previous = text if isinstance(text, str) else ""

    def _call(self, node: ast.Call, context: _Context) -> Iterator[Sighting]:
        """Arguments by their names; a first argument that names an option or key names the rest."""
        bare = _Context(scope=context.scope)
        yield from self._visit(node.func, bare)
        first = node.args[0] if node.args else None
        named = first.value if isinstance(first, ast.Constant) else ""
        names_value = called(node) in _NAMING or (isinstance(named, str) and named.startswith("-"))
        is_image = names_value and isinstance(named, str) and self._words.is_image_flag(named)
        inherits = context.claim is not Claim.MAYBE and called(node) in {
            "list",
            "tuple",
            "dict",
            "set",
        }
        for argument in node.args[1:] if is_image else node.args:
            below = replace(self._named(bare, str(named)), claim=Claim.IMAGE) if is_image else bare
            yield from self._expression(argument, context if inherits else below)
        for keyword in node.keywords:
            below = self._named(context if inherits else bare, keyword.arg or "*")
            if is_image and keyword.arg in {"default", "value"}:
                below = replace(below, claim=Claim.IMAGE, name=str(named))
            if keyword.arg in {"help", "description"}:
                continue
            yield from self._expression(keyword.value, below)

    def _arguments(self, node: ast.expr, context: _Context) -> Iterator[Sighting]:
        """What stands inside the arguments of a text's method, a list of texts for one."""
        if isinstance(node, ast.Call):
            for argument in node.args[1:]:
                if isinstance(argument, ast.Dict | ast.List | ast.Tuple):
                    yield from self._expression(argument, context)

    def _is_text(self, node: ast.expr, context: _Context) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str)
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.Add | ast.Mod) and _has_string(node)
        if isinstance(node, ast.Call):
            return called(node) in _TEXT_METHODS and (
                context.claim is not Claim.MAYBE or _has_string(node)
            )
        is_name = isinstance(node, ast.Subscript | ast.Attribute)
        return isinstance(node, _STRINGS) or (is_name and context.claim is Claim.IMAGE)

    def _text(self, node: ast.expr, context: _Context) -> Iterator[Sighting]:
        assert context.scope is not None  # noqa: S101 - every context but a default one has it
        for text in self._evaluator.texts(node, context.scope):
            if is_whole(text):
                yield from self._known(shown(text), node, context)
            elif self._is_worth_telling(text, context):
                yield Sighting(
                    shown(text), node.lineno, context.path, Way.PYTHON, Claim.PARTIAL,
                    note="it is put together from what this file does not say",
                )  # fmt: skip

    def _known(self, text: str, node: ast.expr, context: _Context) -> Iterator[Sighting]:
        if any(char.isspace() for char in text.strip()):
            yield from self._words_of(text, node, context)
        elif context.claim is not Claim.MAYBE:
            found = Sighting(text, node.lineno, context.path, Way.PYTHON, context.claim)
            yield from images_in_value(found, is_block=False)
        elif not self._words.is_document_key(context.name):
            yield Sighting(text, node.lineno, context.path, Way.PYTHON, context.claim)
        yield from urls_in(text, node.lineno, context.path, context.name, way=Way.PYTHON)

    def _words_of(self, text: str, node: ast.expr, context: _Context) -> Iterator[Sighting]:
        """A text of several words: where it is written over lines, each stands in its own."""
        if context.claim is not Claim.MAYBE:
            found = Sighting(text, node.lineno, context.path, Way.PYTHON, context.claim)
            yield from images_in_value(found, is_block=False)
            return
        is_spread = (node.end_lineno or node.lineno) > node.lineno and "\n" in text
        scalar = Scalar(text, node.lineno - 1 if is_spread else node.lineno, block=is_spread)
        yield from self._inner(scalar, context.path, context.name)

    def _is_worth_telling(self, text: Text, context: _Context) -> bool:
        """Whether a partly known text may be an image: by its name, or by what is known of it."""
        holes = [part for part in text if isinstance(part, Hole)]
        known = "".join(part for part in text if isinstance(part, str))
        if any(char.isspace() for char in known) or "://" in known or known.startswith("/"):
            return False
        if context.claim is not Claim.MAYBE:
            return bool(known.strip(":/")) or any(hole.is_variable for hole in holes)
        host = known.partition("/")[0]
        if "/" in known and self._words.is_registry(host):
            return True
        return bool(_IMAGE_END.search(shown(text))) and "/" in known


def _target_name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return ""


def _has_string(node: ast.expr) -> bool:
    return any(
        isinstance(below, ast.JoinedStr)
        or (isinstance(below, ast.Constant) and isinstance(below.value, str))
        for below in ast.walk(node)
    )
