"""Texts that are known in part, and the names that stand for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

MOST_VALUES = 64
_LONGEST = 64 << 10


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a text that cannot be told; `is_variable` if the environment decides it."""

    name: str
    is_variable: bool = False


Text: TypeAlias = tuple[str | Hole, ...]


def shown(text: Text) -> str:
    """The text with its holes as `${NAME}`."""
    return "".join(part if isinstance(part, str) else f"${{{part.name}}}" for part in text)


def is_whole(text: Text) -> bool:
    """Whether all of the text is known."""
    return all(isinstance(part, str) for part in text)


def chained(pieces: Iterable[list[Text]]) -> list[Text]:
    """Every text that begins with one of the first piece's values, then one of the second's, ..."""
    chosen = islice(product(*pieces), MOST_VALUES)
    return [_joined(part for text in texts for part in text) for texts in chosen]


def _joined(parts: Iterable[str | Hole]) -> Text:
    """The parts with strings that touch made one; a text that grows too long is a hole."""
    text: list[str | Hole] = []
    for part in parts:
        if isinstance(part, str) and text and isinstance(text[-1], str):
            text[-1] += part
        else:
            text.append(part)
    length = sum(len(part) for part in text if isinstance(part, str))
    if length > _LONGEST or len(text) > MOST_VALUES:
        return (Hole("..."),)
    return tuple(text)


@dataclass(frozen=True)
class Assignment:
    """A value given to a name from `line` on; `always` unless a branch decides."""

    line: int
    value: ast.expr
    always: bool


@dataclass(eq=False)
class Scope:
    """The assignments of a module, class or function, in order."""

    outer: Scope | None = None
    assigned: dict[str, list[Assignment]] = field(default_factory=dict)

    def assign(self, name: str, assignment: Assignment) -> None:
        """Remember what `name` is from that line on."""
        self.assigned.setdefault(name, []).append(assignment)

    def values(self, name: str, line: int) -> list[tuple[ast.expr, Scope]]:
        """What `name` can be in `line`, with the scope in which each is to be read.

        In the same scope only earlier lines count; of an outer scope all do, as it ran before.
        """
        if name not in self.assigned:
            return self.outer.values(name, 1 << 30) if self.outer else []
        found = []
        for assignment in sorted(self.assigned[name], key=lambda given: -given.line):
            if assignment.line < line:
                found.append((assignment.value, self))
                if assignment.always:
                    break
        return found
