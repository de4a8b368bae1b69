"""A progress that notes what it is told."""

from __future__ import annotations

import threading


class NotingProgress:
    """`done` counts from `done_before` on; `total` is in bytes."""

    def __init__(self) -> None:
        self.total = self.done = self.done_before = self.total_items = 0
        self.items: list[str] = []
        self.notes: list[str] = []
        self._lock = threading.Lock()

    def start(self, total_bytes: int, done_bytes: int, total_items: int) -> None:
        self.total, self.done, self.done_before = total_bytes, done_bytes, done_bytes
        self.total_items = total_items

    def advance(self, count: int) -> None:
        with self._lock:
            self.done += count

    def item_done(self, name: str) -> None:
        self.items.append(name)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def close(self) -> None:
        pass
