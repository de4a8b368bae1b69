"""Running a program on many nodes, by whatever way leads to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from cube_airgap.errors import AirgapError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Program:
    """A POSIX shell program for one node, and its argument; it may hold secrets."""

    text: str = field(repr=False)
    argument: str = ""


@dataclass(frozen=True)
class Ran:
    """A program that ended: its exit code and what it printed."""

    code: int
    output: str = field(repr=False)

    def told(self, kind: str) -> str:
        """The text of its last line of that kind; empty where there is none."""
        lines = [line.partition("\t") for line in self.output.splitlines()]
        return next((text for name, _, text in reversed(lines) if name == kind), "")


Outcome = Ran | AirgapError


class Nodes(Protocol):
    """Nodes by name, each of which runs programs as root."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, in the order in which changes are made."""

    def run(self, programs: Mapping[str, Program]) -> dict[str, Outcome]:
        """Run each node's program, side by side. What fails is the node's outcome, not raised."""
