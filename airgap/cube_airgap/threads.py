"""Workers in threads that never keep the process from ending."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PATIENCE = 0.5


class Workers:
    """Threads that work side by side until one fails or the caller is interrupted.

    A worker can be stuck in a read that no event ends. The threads are daemons, and the work may be
    killed at any moment without loss, so after an error or Ctrl-C they are waited for shortly only.
    """

    def __init__(self, count: int) -> None:
        """`count` is how many threads the user allows."""
        self.count = count
        self.stop = threading.Event()
        self._errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._ended = threading.Semaphore(0)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
            self._errors.append(error)
            self.stop.set()
        finally:
            self._ended.release()

    @property
    def idle(self) -> bool:
        """Whether every thread has ended."""
        return not any(thread.is_alive() for thread in self._threads)

    def run(self, works: Iterable[Callable[[], None]]) -> None:
        """Run each of `works` in a thread of its own, and wait for all.

        They should return soon after `stop` is set. Raises the first error.
        """
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in works
        ]
        for thread in self._threads:
            thread.start()
        try:
            for _ in self._threads:
                self._ended.acquire()
                if self.stop.is_set():
                    break
        except BaseException:  # Ctrl-C
            self.stop.set()
            raise
        finally:
            self._wait_shortly()
        if self._errors:
            raise self._errors[0]

    def _wait_shortly(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
