"""Progress on stderr: a bar on a terminal, a line now and then elsewhere.

A terminal that was closed or a full disk with the log ends no work: what cannot be told is not.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from tqdm import tqdm

from cube_console.amounts import size_text, time_text
from cube_console.plain_text import plain_text

if TYPE_CHECKING:
    from cube_airgap.progress import Progress

_LINE_SECONDS = 5.0
_BAR = (
    "{desc} {percentage:3.0f} % |{bar:20}| {n_fmt}/{total_fmt}B  {rate_fmt}  "
    "{remaining} left{postfix}"
)
_ITEMS_BAR = "{desc} |{bar:20}| {n_fmt}/{total_fmt}"


def shown_progress(verb: str, items: str, stream: TextIO | None = None) -> Progress:
    """Progress for people at `stream`, stderr by default.

    `verb` names the work, `items` what its parts are.
    """
    out = stream or sys.stderr
    return Bar(verb, items, out) if out.isatty() else Lines(verb, items, out)


class Bar:
    """A bar with bytes, rate, time left and items done; with items alone where no bytes count."""

    def __init__(self, verb: str, items: str, stream: TextIO) -> None:
        self._verb = verb
        self._items = items
        self._stream = stream
        self._lock = threading.Lock()
        self._bar: tqdm[Any] | None = None
        self._by_bytes = True
        self._done = 0
        self._total = 0

    def start(self, total_bytes: int, done_bytes: int, total_items: int) -> None:
        """See cube_airgap.progress.Progress."""
        if not total_bytes and not total_items:
            return
        self._by_bytes = total_bytes > 0
        self._done, self._total = 0, total_items
        self._bar = tqdm(
            total=total_bytes if self._by_bytes else total_items,
            initial=done_bytes,
            desc=self._verb,
            unit="B" if self._by_bytes else "",
            unit_scale=self._by_bytes,
            bar_format=_BAR if self._by_bytes else _ITEMS_BAR,
            file=self._stream,
            mininterval=0.2,
            dynamic_ncols=True,
        )

    def advance(self, count: int) -> None:
        """See cube_airgap.progress.Progress."""
        with self._lock:
            if self._bar is not None and self._by_bytes:
                self._bar.update(count)

    def item_done(self, name: str) -> None:  # noqa: ARG002 - a bar has no room for names
        """See cube_airgap.progress.Progress."""
        with self._lock:
            self._done += 1
            if self._bar is None:
                return
            if self._by_bytes:
                told = f"{self._done}/{self._total} {self._items}"
                self._bar.set_postfix_str(told, refresh=False)
            else:
                self._bar.update(1)

    def note(self, text: str) -> None:
        """See cube_airgap.progress.Progress."""
        with self._lock, suppress(OSError):
            tqdm.write(f"note: {plain_text(text)}", file=self._stream)

    def close(self) -> None:
        """See cube_airgap.progress.Progress."""
        with self._lock:
            if self._bar is not None:
                self._bar.close()
                self._bar = None


class Lines:
    """A line every few seconds and one at the end, for logs and pipes."""

    def __init__(self, verb: str, items: str, stream: TextIO) -> None:
        self._verb = verb
        self._items = items
        self._stream = stream
        self._lock = threading.Lock()
        self._open = False
        self._done = self._total = self._first = 0
        self._items_done = self._items_total = 0
        self._began = self._told = 0.0

    def start(self, total_bytes: int, done_bytes: int, total_items: int) -> None:
        """See cube_airgap.progress.Progress."""
        self._done = self._first = done_bytes
        self._total = total_bytes
        self._items_done, self._items_total = 0, total_items
        self._began = self._told = time.monotonic()
        self._open = bool(total_bytes or total_items)

    def advance(self, count: int) -> None:
        """See cube_airgap.progress.Progress."""
        with self._lock:
            self._done += count
            self._tell_now_and_then()

    def item_done(self, name: str) -> None:  # noqa: ARG002 - lines are few, names many
        """See cube_airgap.progress.Progress."""
        with self._lock:
            self._items_done += 1
            self._tell_now_and_then()

    def note(self, text: str) -> None:
        """See cube_airgap.progress.Progress."""
        with self._lock:
            self._write(f"note: {plain_text(text)}")

    def close(self) -> None:
        """See cube_airgap.progress.Progress."""
        with self._lock:
            if self._open:
                self._open = False
                self._tell()

    def _tell_now_and_then(self) -> None:
        now = time.monotonic()
        if now - self._told >= _LINE_SECONDS:
            self._told = now
            self._tell()

    def _tell(self) -> None:
        items = f"{self._items_done} of {self._items_total} {self._items}"
        told = f"{self._bytes_told()}, {items}" if self._total else items
        self._write(f"{self._verb}: {told}")

    def _write(self, line: str) -> None:
        with suppress(OSError):
            self._stream.write(f"{line}\n")
            self._stream.flush()

    def _bytes_told(self) -> str:
        seconds = time.monotonic() - self._began
        rate = (self._done - self._first) / seconds if seconds > 0 else 0.0
        told = f"{size_text(self._done)} of {size_text(self._total)}"
        if rate <= 0:
            return told
        told += f", {size_text(rate)}/s"
        if self._done >= self._total:
            return told
        return f"{told}, {time_text((self._total - self._done) / rate)} left"
