"""How much of a blob goes into one request: all of it, or less where a proxy limits requests."""

from __future__ import annotations

import threading

# The last is below the limit that nginx has by default (client_max_body_size 1m).
_LIMITS = (64 << 20, 16 << 20, 4 << 20, 1_000_000)


class UploadSizing:
    """The most bytes of one request, learnt by all uploads to one registry together.

    `limit` is None while nothing limits it. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._level = -1

    @property
    def limit(self) -> int | None:
        """Bytes of one request at most."""
        return None if self._level < 0 else _LIMITS[self._level]

    def shrink(self, refused: int) -> bool:
        """A request with `refused` bytes did not get through: send less, and tell if that is less.

        False where it is the least already.
        """
        with self._lock:
            while self._level + 1 < len(_LIMITS):
                if self.limit is not None and self.limit < refused:
                    return True
                self._level += 1
            return _LIMITS[-1] < refused
