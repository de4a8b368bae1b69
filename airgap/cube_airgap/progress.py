"""How far a long work is: the protocol by which the core tells, without knowing who shows it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told by a work as it goes on; the methods may be called from several threads."""

    def start(self, total_bytes: int, done_bytes: int, total_items: int) -> None:
        """The work begins, with `done_bytes` done already in an earlier run."""
        ...

    def advance(self, count: int) -> None:
        """`count` more bytes are done; negative where some must be done again."""
        ...

    def item_done(self, name: str) -> None:
        """One of the items is done."""
        ...

    def note(self, text: str) -> None:
        """Something that a person should know, and that stops nothing."""
        ...

    def close(self) -> None:
        """The work ended, well or not. May be called more than once."""
        ...


class NotesOf:
    """Passes on what a person should know, and nothing else, to another one."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def start(self, total_bytes: int, done_bytes: int, total_items: int) -> None:
        """Ignored."""

    def advance(self, count: int) -> None:
        """Ignored."""

    def item_done(self, name: str) -> None:
        """Ignored."""

    def note(self, text: str) -> None:
        """Passed on."""
        self._progress.note(text)

    def close(self) -> None:
        """Ignored."""


class Silent:
    """Shows nothing."""

    def start(self, total_bytes: int, done_bytes: int, total_items: int) -> None:
        """Ignored."""

    def advance(self, count: int) -> None:
        """Ignored."""

    def item_done(self, name: str) -> None:
        """Ignored."""

    def note(self, text: str) -> None:
        """Ignored."""

    def close(self) -> None:
        """Ignored."""
