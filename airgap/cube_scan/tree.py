"""The tree of one structured document, YAML or JSON, in which every value knows its line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]


@dataclass(slots=True, eq=False)
class Scalar:
    """A single value as text; `line` counts from 1.

    `quoted` is false where YAML may read the text as a number, a boolean or nothing.
    `block` is true where line N of the text stands in line `line + N` of the file.
    """

    text: str
    line: int
    quoted: bool = True
    block: bool = False


@dataclass(slots=True, eq=False)
class Sequence:
    """Values in order."""

    line: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Mapping:
    """Values by key, in the order of the file; a key may be there twice."""

    line: int
    items: list[tuple[Scalar, Node]] = field(default_factory=list)

    def get(self, key: str) -> Node | None:
        """The last value of `key`, as most readers take it."""
        found = None
        for name, value in self.items:
            if name.text == key:
                found = value
        return found

    def scalar(self, key: str) -> Scalar | None:
        """The value of `key` if it is a single one."""
        value = self.get(key)
        return value if isinstance(value, Scalar) else None

    def text(self, key: str) -> str:
        """The text of `key`, empty if it is absent or not a single value."""
        value = self.scalar(key)
        return value.text if value else ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something odd in a line: what, and whether the document could not be read because of it."""

    line: int
    what: str
    fatal: bool


Node: TypeAlias = Scalar | Sequence | Mapping


def spelled(path: Path) -> str:
    """A path as people write it: `spec.containers[0].image`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif "." in step or "/" in step or not step:
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text


def at(node: Node | None, path: Path) -> Node | None:
    """The value at `path` below `node`."""
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node
