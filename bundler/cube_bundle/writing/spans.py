"""Which frames of which blob each worker fetches next.

A worker fetches one span of one blob over one stream. A worker without work takes the rear half of
the longest span that another one is at, so that a huge last blob is fetched by all of them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAST_TO_SPLIT = 16
"""Frames that must be left of a span before it is worth a second connection (64 MiB)."""


@dataclass(eq=False)
class Span:
    """Frames `next` up to `end` of the stored member of that number."""

    member: int
    next: int
    end: int

    @property
    def left(self) -> int:
        """Frames still to fetch."""
        return self.end - self.next


class SpanQueue:
    """Spans that wait and spans under way. Safe for threads."""

    def __init__(self, spans: Iterable[Span]) -> None:
        """`spans` are given out in their order."""
        self._waiting = list(spans)[::-1]
        self._under_way: list[Span] = []
        self._lock = threading.Lock()

    def take(self) -> Span | None:
        """The next span, or half of another worker's, or None when nothing is left to share."""
        with self._lock:
            span = self._waiting.pop() if self._waiting else self._split()
            if span:
                self._under_way.append(span)
            return span

    def _split(self) -> Span | None:
        longest = max(self._under_way, key=lambda span: span.left, default=None)
        if longest is None or longest.left < LEAST_TO_SPLIT:
            return None
        middle = longest.end - longest.left // 2
        rear = Span(longest.member, middle, longest.end)
        longest.end = middle
        return rear

    def advance(self, span: Span) -> bool:
        """Count a fetched frame; whether any is left, now that another may have taken the rear."""
        with self._lock:
            span.next += 1
            return span.left > 0

    def release(self, span: Span) -> None:
        """The worker is done with `span`."""
        with self._lock:
            self._under_way.remove(span)

    def put_back(self, span: Span) -> None:
        """Give out `span` next."""
        with self._lock:
            self._waiting.append(span)


def runs(member: int, frames: Iterable[int]) -> list[Span]:
    """The ascending `frames` of a member as spans of consecutive ones."""
    spans: list[Span] = []
    for frame in frames:
        if spans and spans[-1].end == frame:
            spans[-1].end += 1
        else:
            spans.append(Span(member, frame, frame + 1))
    return spans
