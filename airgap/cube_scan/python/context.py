"""Where an expression stands: under which name, in which container, in which scope."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_scan.findings import Claim
from cube_scan.python.evaluator import called

if TYPE_CHECKING:
    from cube_scan.python.text import Scope
    from cube_scan.vocabulary import Vocabulary

# Calls whose first argument names what the others are.
_NAMING = {"set", "config", "setdefault", "get", "getenv", "pop", "put", "option", "setenv", "env"}
_CONTAINERS = {"list", "tuple", "dict", "set", "frozenset", "OrderedDict"}
_ADDING = {"append", "extend", "insert", "add", "update", "setdefault"}


@dataclass(frozen=True)
class Context:
    """An expression's path, the name that it has, how much that name claims, and its scope."""

    scope: Scope
    path: str = ""
    name: str = ""
    claim: Claim = Claim.MAYBE

    @property
    def is_for_images(self) -> bool:
        """Whether the place says that images are here."""
        return self.claim is not Claim.MAYBE

    def bare(self) -> Context:
        """The same scope, in a place that says nothing."""
        return Context(self.scope)

    def under(self, name: str, vocabulary: Vocabulary) -> Context:
        """The place of a value called `name`: its own name counts, or an outer container's."""
        below = replace(self, path=f"{self.path}.{name}" if self.path else name, name=name)
        if vocabulary.is_image_flag(name):
            return replace(below, claim=Claim.IMAGE)
        return replace(below, claim=Claim.CONTAINED if self.is_for_images else Claim.MAYBE)

    def item(self, number: int) -> Context:
        """The place of an item of a list."""
        claim = Claim.CONTAINED if self.claim is Claim.IMAGE else self.claim
        return replace(self, path=f"{self.path}[{number}]", claim=claim)


def image_named_by(node: ast.expr, vocabulary: Vocabulary) -> str:
    """The name of an image that a call's first argument gives: `getenv("X_IMAGE")`, `"--image"`."""
    if (
        not isinstance(node, ast.Call)
        or not node.args
        or not isinstance(node.args[0], ast.Constant)
    ):
        return ""
    name = node.args[0].value
    if not isinstance(name, str) or not (called(node) in _NAMING or name.startswith("-")):
        return ""
    return name if vocabulary.is_image_flag(name) else ""


def filled_by(node: ast.Call, context: Context, vocabulary: Vocabulary) -> Context:
    """The place of a call's arguments: a container's, if the call makes or fills one."""
    if called(node) in _CONTAINERS:
        return context
    if isinstance(node.func, ast.Attribute) and called(node) in _ADDING:
        name = target_name(node.func.value)
        if vocabulary.names_image(name):
            return context.bare().under(name, vocabulary).item(0)
    return context.bare()


def target_name(node: ast.expr) -> str:
    """The name that an assignment gives a value."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return ""


def has_string(node: ast.expr) -> bool:
    """Whether a text is written anywhere in the expression."""
    return any(
        isinstance(below, ast.JoinedStr)
        or (isinstance(below, ast.Constant) and isinstance(below.value, str))
        for below in ast.walk(node)
    )
